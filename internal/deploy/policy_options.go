package deploy

import (
	"cmp"
	"strings"

	"go.yaml.in/yaml/v3"

	"afterput/internal/osscall"
	"afterput/internal/settings"
	"afterput/internal/state"
)

// PolicyOptions are what the policy depends on besides the rules.
type PolicyOptions struct {
	// State and SingleCopyLimit are the function's own settings; the limit is in bytes, 0 is its default.
	State           state.Location
	SingleCopyLimit int64
	// RulesBucket and RulesKey are where the function reads its rules; "" is its package.
	RulesBucket, RulesKey string
	// OnFailure is the ARN of the destination of failed events; "" is none.
	OnFailure string
	// LogProject is the log project that FC writes to, "" is none; Logstore is the store in it, "" is any.
	LogProject, Logstore string
	// SourceKMSKeys are the KMS keys that sources are encrypted with.
	SourceKMSKeys []string
	// Sweep is whether a time trigger has the function look for lost events.
	Sweep bool
}

// PolicyOptions returns what the manifest says about everything that the policy depends on, with * for the account ID
// where Serverless Devs would insert it. The error is [rules.Problems].
func (m *Manifest) PolicyOptions() (PolicyOptions, error) {
	problems := &problemList{file: m.name}
	for _, name := range []string{settings.State, settings.SingleCopyLimit, "AFTERPUT_RULES"} {
		if v := at(m.props, "environmentVariables", name); v != nil {
			nameOf(v, problems) // for the problem alone: readSettings ignores a variable with an unknown value
		}
	}
	read := m.readSettings(problems)
	o := PolicyOptions{State: read.Engine.State, SingleCopyLimit: read.Engine.SingleCopyLimit,
		Sweep: len(m.sweeps()) > 0}
	if bucket, key, inOSS := osscall.CutURL(read.Rules); inOSS {
		o.RulesBucket, o.RulesKey = anyAccount(bucket), anyAccount(key)
	}
	o.State.Bucket, o.State.Prefix = anyAccount(o.State.Bucket), anyAccount(o.State.Prefix)
	if v := at(m.props, "asyncInvokeConfig", "destinationConfig", "onFailure", "destination"); v != nil {
		o.OnFailure = nameOf(v, problems)
	}
	o.LogProject, o.Logstore = m.readLogConfig(problems)
	if problems.all != nil {
		return o, problems.all
	}
	return o, nil
}

// readLogConfig returns the log project and store of the function, "" for each that is not given.
func (m *Manifest) readLogConfig(problems *problemList) (project, store string) {
	config := at(m.props, "logConfig")
	if config == nil {
		return "", ""
	}
	if config.Value == "auto" {
		// Source: devsapp/fc3 0.1.22, resources/sls/index.ts.
		return "serverless-" + cmp.Or(m.region, "*") + "-*", "default-logs"
	}
	if v := at(config, "project"); v != nil {
		project = nameOf(v, problems)
		if v := at(config, "logstore"); v != nil {
			store = nameOf(v, problems)
		}
	}
	return project, store
}

// nameOf returns the name or ARN in a node, with * for the account ID.
func nameOf(v *yaml.Node, problems *problemList) string {
	name := accountCall.ReplaceAllString(v.Value, "*")
	if strings.Contains(name, "${") {
		problems.add(v, "%q uses an undefined variable", v.Value)
	}
	return name
}

// exampleAccount stands for the account ID, which only Serverless Devs knows.
const exampleAccount = "1000000000000001"

// anyAccount replaces the account ID by *.
func anyAccount(s string) string { return strings.ReplaceAll(s, exampleAccount, "*") }

// readSettings reads the function's settings from the manifest's environment variables, and reports those with which it
// would not start. A variable whose value only the deployment knows counts as not set.
func (m *Manifest) readSettings(problems *problemList) settings.Settings {
	env := at(m.props, "environmentVariables")
	read, wrong := settings.Read(func(name string) (string, bool) {
		if name == "FC_REGION" { // FC sets it
			return cmp.Or(m.region, "region"), true
		}
		value := accountCall.ReplaceAllString(textAt(env, name), exampleAccount)
		if strings.Contains(value, "${") {
			return "", false
		}
		return value, true
	})
	for _, w := range wrong {
		problems.add(at(env, w.Variable), "%v", w)
	}
	return read
}
