package deploy

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"afterput/rules"
)

// checkFunction reports what keeps the function from running, its triggers left out.
func (m *Manifest) checkFunction(problems *problemList) {
	for _, field := range []string{"region", "functionName"} {
		if textAt(m.props, field) == "" {
			problems.add(m.props, "the function has no %s", field)
		}
	}
	checkVariables(without(m.props, "triggers"), problems)
	m.readSettings(problems)
	m.checkAccess(problems)
	m.checkRole(problems)
	m.checkRuntime(problems)
}

// checkAccess reports an alias that no credentials can have. `s init` writes one where it was given none, and `s config
// add` does not change it; Serverless Devs then stops with "config('AccountID') not found".
func (m *Manifest) checkAccess(problems *problemList) {
	if m.access != nil && (m.access.Value == "undefined" || strings.Contains(m.access.Value, "{{")) {
		problems.add(m.access, "access is %q, which is not the name of any credentials; write default, or another "+
			"name that `s config get` lists (`s config add` adds one)", m.access.Value)
	}
}

func (m *Manifest) checkRole(problems *problemList) {
	role := textAt(m.props, "role")
	name := role[strings.LastIndex(role, "/")+1:]
	switch {
	case role == "":
		problems.add(m.props, "the function has no role, so it cannot sign requests; "+
			"create one with the trust policy that `afterput policy --role` prints")
	case role == "auto":
		problems.add(m.field("role"), "role: auto means a role that is named auto; "+
			"write the name of the role that has the policy `afterput policy` prints")
	case !strings.Contains(name, "${") && strings.ToLower(name) != name:
		problems.add(m.field("role"), "Serverless Devs writes the role %s in lower case; "+
			"give it a name in lower case in RAM too", name)
	}
}

func (m *Manifest) checkRuntime(problems *problemList) {
	switch runtime := textAt(m.props, "runtime"); {
	case runtime == "go1":
		if textAt(m.props, "handler") == "" {
			problems.add(m.props, "the function has no handler; write the binary's path in the package: main")
		}
	case runtime == "custom-container" || !strings.HasPrefix(runtime, "custom"):
		problems.add(m.field("runtime"), "runtime %q does not run this function; "+
			"write go1, or custom.debian12 with customRuntimeConfig", runtime)
	default:
		command := m.startCommand()
		if len(command) != 2 || !strings.HasPrefix(command[0], codeFolder) || command[1] != "serve" {
			problems.add(m.field("customRuntimeConfig"), "runtime %s starts the function as %q; "+
				"write customRuntimeConfig.command: [/code/main, serve]", runtime, strings.Join(command, " "))
		}
	}
}

// checkVariables reports variables in a node that vars does not define. Those of triggers are reported where the
// triggers are read.
func checkVariables(n *yaml.Node, problems *problemList) {
	if n.Kind == yaml.ScalarNode {
		if found := undefinedVar.FindString(n.Value); found != "" {
			problems.add(n, "%s is not defined: there is no such name under vars", found)
		}
	}
	for _, inner := range n.Content {
		checkVariables(inner, problems)
	}
}

// checkFailures reports configurations that lose events after a failure.
func (m *Manifest) checkFailures(warnings *warningList) {
	config := at(m.props, "asyncInvokeConfig")
	if textAt(config, "destinationConfig", "onFailure", "destination") == "" {
		warnings.add(m.field("asyncInvokeConfig"), rules.NoFailureDestination, "asyncInvokeConfig."+
			"destinationConfig.onFailure.destination is not set: an event whose retries all fail would be lost")
	}
	if n := at(config, "maxAsyncRetryAttempts"); n != nil && n.Value == "0" {
		warnings.add(n, rules.NoRetries, "maxAsyncRetryAttempts: 0 turns retries off: a temporary failure would lose "+
			"a copy")
	}
}

// checkFields reports fields that the fc3 component does not know: it ignores them without a message.
func (m *Manifest) checkFields(warnings *warningList) {
	for i := 0; i+1 < len(m.props.Content); i += 2 {
		n := m.props.Content[i]
		if slices.Contains(functionFields, n.Value) {
			continue
		}
		fix := ""
		for _, known := range functionFields {
			if strings.EqualFold(known, n.Value) {
				fix = "; did you mean " + known + "?"
			}
		}
		warnings.add(n, rules.UnknownField, "the fc3 component has no field %q and would ignore it%s", n.Value, fix)
	}
}

// functionFields are the fields of a function that the fc3 component knows.
// Source: devsapp/fc3, src/schema.json.
var functionFields = []string{
	"annotations", "asyncInvokeConfig", "code", "concurrencyConfig", "cpu", "customContainerConfig", "customDNS",
	"customDomain", "customRuntimeConfig", "description", "diskSize", "enableLongLiving", "endpoint",
	"environmentVariables", "functionName", "gpuConfig", "handler", "instanceConcurrency", "instanceIsolationMode",
	"instanceLifecycleConfig", "internetAccess", "layers", "logConfig", "memorySize", "nasConfig", "ossMountConfig",
	"provisionConfig", "region", "resourceGroupId", "role", "runtime", "scalingConfig", "sessionAffinity",
	"sessionAffinityConfig", "supplement", "tags", "timeout", "tracingConfig", "triggers", "vpcBinding", "vpcConfig",
}

// codeFolder is where an instance finds the package.
// Source: FC user guide, custom runtimes.
const codeFolder = "/code/"

// startCommand returns the command that starts a custom runtime, with its arguments.
func (m *Manifest) startCommand() (words []string) {
	config := at(m.props, "customRuntimeConfig")
	for _, field := range []string{"command", "args"} {
		if list := at(config, field); list != nil {
			for _, word := range list.Content {
				words = append(words, word.Value)
			}
		}
	}
	return words
}
