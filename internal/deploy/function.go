package deploy

import (
	"cmp"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"afterput/internal/copier"
	"afterput/rules"
)

// Code is the folder or zip that is uploaded, as the manifest names it: relative
// to the manifest's own folder. "" if it names none.
func (m *Manifest) Code() string { return textAt(m.props, "code") }

// function checks what is said of the function beside its triggers, as far as
// it keeps afterput from running.
func (m *Manifest) function() {
	for _, field := range []string{"region", "functionName"} {
		if textAt(m.props, field) == "" {
			m.wrong(m.props, "the function has no %s", field)
		}
	}
	m.undefined(without(m.props, "triggers"))
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

// CheckPackage checks that the package holds what the manifest runs. files is
// what [Manifest.Code] names; nil says that it is not there, which is a warning:
// the deployment may build it.
func (m *Manifest) CheckPackage(files fs.FS) (problems, warnings rules.Problems) {
	c := &Manifest{name: m.name, props: m.props}
	code := c.placeOf("code")
	if files == nil {
		switch code := at(m.props, "code"); {
		case code == nil:
			c.wrong(m.props, "the function has no code: write the folder that make package writes, ./dist/function")
			return c.problems, nil
		case code.Kind != yaml.ScalarNode || strings.Contains(code.Value, "${"):
			return nil, nil // in OSS, or unknown here
		}
		c.wrong(code, "code %q is not there yet: make package builds it", m.Code())
		return nil, c.problems
	}
	program, place := textAt(m.props, "handler"), c.placeOf("handler")
	if command := m.command(); textAt(m.props, "runtime") != "go1" && len(command) > 0 {
		program, place = strings.TrimPrefix(command[0], codeFolder), c.placeOf("customRuntimeConfig")
	}
	info, err := fs.Stat(files, path.Clean(program))
	switch {
	case err != nil || !info.Mode().IsRegular():
		c.wrong(place, "the package %s holds no program %q; it holds %s", m.Code(), program, listed(files))
	case info.Mode()&0o111 == 0:
		c.wrong(place, "%s in the package %s has no run bit, without which FC cannot start it: make package sets it", program, m.Code())
	}
	if rules := textAt(at(m.props, "environmentVariables"), "AFTERPUT_RULES"); rules == "" {
		if _, err := fs.Stat(files, "rules.yaml"); err != nil {
			c.wrong(code, "the package %s holds no rules.yaml, and AFTERPUT_RULES names no other: make package puts it in", m.Code())
		}
	}
	return c.problems, nil
}

// listed names some files of a package.
func listed(files fs.FS) string {
	const most = 5
	var names []string
	entries, _ := fs.ReadDir(files, ".") // "nothing" where it cannot be read
	for i, e := range entries {
		if i == most {
			names = append(names, "…")
			break
		}
		names = append(names, e.Name())
	}
	if names == nil {
		return "nothing"
	}
	return strings.Join(names, ", ")
}

// PolicyOptions are what the manifest says of all that the function's rights
// hang on. An account that Serverless Devs puts in becomes *. The error is
// [rules.Problems].
func (m *Manifest) PolicyOptions() (PolicyOptions, error) {
	c := &Manifest{name: m.name, props: m.props}
	var o PolicyOptions
	var err error
	env := at(m.props, "environmentVariables")
	if v := at(env, "AFTERPUT_STATE"); v != nil {
		if o.State, err = copier.ParseState(c.named(v)); err != nil {
			c.wrong(v, "AFTERPUT_STATE %v", err)
		}
	}
	if v := at(env, "AFTERPUT_SINGLE_COPY_LIMIT"); v != nil && v.Value != "" {
		if o.SingleCopyLimit, err = rules.ParseSize(v.Value); err != nil {
			c.wrong(v, "AFTERPUT_SINGLE_COPY_LIMIT: %v", err)
		}
	}
	if v := at(env, "AFTERPUT_RULES"); v != nil && strings.HasPrefix(v.Value, "oss://") {
		if o.RulesBucket, o.RulesKey, err = ParseRulesURL(c.named(v)); err != nil {
			c.wrong(v, "AFTERPUT_RULES %v", err)
		}
	}
	if v := at(at(at(at(m.props, "asyncInvokeConfig"), "destinationConfig"), "onFailure"), "destination"); v != nil {
		o.OnFailure = c.named(v)
	}
	switch log := at(m.props, "logConfig"); {
	case log == nil:
	case log.Value == "auto":
		// Source: devsapp/fc3 0.1.22, resources/sls/index.ts.
		o.LogProject, o.Logstore = "serverless-"+cmp.Or(m.region, "*")+"-*", "default-logs"
	case at(log, "project") != nil:
		o.LogProject = c.named(at(log, "project"))
		if store := at(log, "logstore"); store != nil {
			o.Logstore = c.named(store)
		}
	}
	if c.problems != nil {
		return o, c.problems
	}
	return o, nil
}

// named is a name or an ARN, with * for the account.
func (m *Manifest) named(v *yaml.Node) string {
	name := accountCall.ReplaceAllString(v.Value, "*")
	if strings.Contains(name, "${") {
		m.wrong(v, "%q holds what nothing defines", v.Value)
	}
	return name
}

// ParseRulesURL splits oss://BUCKET/KEY, where the function reads its rules.
func ParseRulesURL(s string) (bucket, key string, err error) {
	rest, ok := strings.CutPrefix(s, "oss://")
	bucket, key, _ = strings.Cut(rest, "/")
	if !ok || bucket == "" || key == "" {
		return "", "", fmt.Errorf("is %q; want oss://BUCKET/KEY", s)
	}
	return bucket, key, nil
}

// without gives the fields of a mapping but one.
func without(n *yaml.Node, field string) *yaml.Node {
	c := *n
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == field {
			c.Content = slices.Concat(n.Content[:i], n.Content[i+2:])
		}
	}
	return &c
}
