package deploy

import (
	"cmp"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	"afterput/internal/copier"
	"afterput/rules"
)

// PolicyOptions are what the manifest says of all that the function's rights
// hang on. An account that Serverless Devs puts in becomes *. The error is
// [rules.Problems].
func (m *Manifest) PolicyOptions() (PolicyOptions, error) {
	c := m.clean()
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
	bucket, key, ok := copier.CutURL(s)
	if !ok || bucket == "" || key == "" {
		return "", "", fmt.Errorf("is %q; want oss://BUCKET/KEY", s)
	}
	return bucket, key, nil
}
