package deploy

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// function checks what is said of the function beside its triggers, as far as
// it keeps afterput from running.
func (m *Manifest) function() {
	for _, field := range []string{"region", "functionName"} {
		if textAt(m.props, field) == "" {
			m.wrong(m.props, "the function has no %s", field)
		}
	}
	m.undefined(without(m.props, "triggers"))
	m.settings()
	switch role := textAt(m.props, "role"); {
	case role == "":
		m.wrong(m.props, "the function has no role: it could sign no request; `afterput policy --role` prints who may take it")
	case role == "auto":
		m.wrong(at(m.props, "role"), "role: auto is taken for a role named auto: name the one that has the policy `afterput policy` prints")
	case !strings.Contains(roleName(role), "${") && strings.ToLower(roleName(role)) != roleName(role):
		m.wrong(at(m.props, "role"), "Serverless Devs writes the role %s in lower case: name it so in RAM too", roleName(role))
	}
	switch runtime := textAt(m.props, "runtime"); {
	case runtime == "go1":
		if textAt(m.props, "handler") == "" {
			m.wrong(m.props, "the function has no handler: write the binary's path in the package, main")
		}
	case runtime == "custom-container" || !strings.HasPrefix(runtime, "custom"):
		m.wrong(m.placeOf("runtime"), "runtime %q does not run this function: write go1, or custom.debian12 with customRuntimeConfig", runtime)
	default:
		if command := m.command(); len(command) != 2 || !strings.HasPrefix(command[0], codeFolder) || command[1] != "serve" {
			m.wrong(m.placeOf("customRuntimeConfig"), "runtime %s starts the function as %q: write customRuntimeConfig.command: [/code/main, serve]", runtime, strings.Join(command, " "))
		}
	}
}

// undefined tells variables that vars does not define. Those of triggers are told
// with them.
func (m *Manifest) undefined(n *yaml.Node) {
	if n.Kind == yaml.ScalarNode {
		if found := undefinedVar.FindString(n.Value); found != "" {
			m.wrong(n, "%s is not defined: there is no such name under vars", found)
		}
	}
	for _, inner := range n.Content {
		m.undefined(inner)
	}
}

// failures warns of events that would be gone after a failure.
func (m *Manifest) failures() {
	config := at(m.props, "asyncInvokeConfig")
	if textAt(at(at(config, "destinationConfig"), "onFailure"), "destination") == "" {
		m.wrong(m.placeOf("asyncInvokeConfig"), "asyncInvokeConfig.destinationConfig.onFailure.destination is not set: an event that fails for good would be gone")
	}
	if n := at(config, "maxAsyncRetryAttempts"); n != nil && n.Value == "0" {
		m.wrong(n, "maxAsyncRetryAttempts: 0 has no event tried again: transient trouble would cost a copy")
	}
}

// roleName is the name in a role's ARN.
func roleName(role string) string { return role[strings.LastIndex(role, "/")+1:] }

// fields warns of what the component does not know: it says nothing and goes by
// its default.
func (m *Manifest) fields() {
	for i := 0; i+1 < len(m.props.Content); i += 2 {
		if n := m.props.Content[i]; !slices.Contains(functionFields, n.Value) {
			mend := ""
			for _, known := range functionFields {
				if strings.EqualFold(known, n.Value) {
					mend = "; did you mean " + known + "?"
				}
			}
			m.wrong(n, "the component knows no field %q and would leave it out%s", n.Value, mend)
		}
	}
}

// functionFields are what the component knows of a function.
// Source: devsapp/fc3, src/schema.json.
var functionFields = []string{
	"annotations", "asyncInvokeConfig", "code", "concurrencyConfig", "cpu", "customContainerConfig", "customDNS", "customDomain", "customRuntimeConfig",
	"description", "diskSize", "enableLongLiving", "endpoint", "environmentVariables", "functionName", "gpuConfig", "handler",
	"instanceConcurrency", "instanceIsolationMode", "instanceLifecycleConfig", "internetAccess", "layers", "logConfig", "memorySize",
	"nasConfig", "ossMountConfig", "provisionConfig", "region", "resourceGroupId", "role", "runtime", "scalingConfig", "sessionAffinity",
	"sessionAffinityConfig", "supplement", "tags", "timeout", "tracingConfig", "triggers", "vpcBinding", "vpcConfig",
}

// codeFolder is where an instance has the package.
// Source: FC user guide, custom runtimes.
const codeFolder = "/code/"

// placeOf is a field of the function, or the function where it lacks that.
func (m *Manifest) placeOf(field string) *yaml.Node {
	if n := at(m.props, field); n != nil {
		return n
	}
	return m.props
}

// command is what starts a custom runtime.
func (m *Manifest) command() (all []string) {
	config := at(m.props, "customRuntimeConfig")
	for _, field := range []string{"command", "args"} {
		if list := at(config, field); list != nil {
			for _, word := range list.Content {
				all = append(all, word.Value)
			}
		}
	}
	return all
}
