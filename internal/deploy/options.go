package deploy

import (
	"cmp"
	"strings"

	"go.yaml.in/yaml/v3"

	"afterput/internal/osscall"
	"afterput/internal/settings"
)

// PolicyOptions are what the manifest says of all that the function's rights
// depend on. An account that Serverless Devs puts in becomes *. The error is
// [rules.Problems].
func (m *Manifest) PolicyOptions() (PolicyOptions, error) {
	c := m.clean()
	for _, name := range []string{settings.State, settings.SingleCopyLimit, "AFTERPUT_RULES"} {
		if v := at(at(m.props, "environmentVariables"), name); v != nil {
			c.named(v)
		}
	}
	read := c.settings()
	o := PolicyOptions{State: read.Engine.State, SingleCopyLimit: read.Engine.SingleCopyLimit}
	if bucket, key, inOSS := osscall.CutURL(read.Rules); inOSS {
		o.RulesBucket, o.RulesKey = anyAccount(bucket), anyAccount(key)
	}
	o.State.Bucket, o.State.Prefix = anyAccount(o.State.Bucket), anyAccount(o.State.Prefix)
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

// exampleAccount stands for the account's id, which only Serverless Devs knows.
const exampleAccount = "1000000000000001"

// anyAccount puts * for the account's id.
func anyAccount(s string) string { return strings.ReplaceAll(s, exampleAccount, "*") }

// settings reads the function's settings from the manifest's variables, and reports
// those that would keep it from starting. A variable whose value is known to the
// deployment alone counts as not set.
func (m *Manifest) settings() settings.Settings {
	env := at(m.props, "environmentVariables")
	read, problems := settings.Read(func(name string) (string, bool) {
		if name == "FC_REGION" { // of the function's own environment
			return cmp.Or(m.region, "region"), true
		}
		value := accountCall.ReplaceAllString(textAt(env, name), exampleAccount)
		if strings.Contains(value, "${") {
			return "", false
		}
		return value, true
	})
	for _, p := range problems {
		m.wrong(at(env, p.Variable), "%v", p)
	}
	return read
}
