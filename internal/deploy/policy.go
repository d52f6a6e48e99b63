package deploy

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"afterput/rules"
)

// Policy is a RAM policy, as JSON.
type Policy struct {
	Version   string
	Statement []Statement
}

// Statement allows actions on resources.
type Statement struct {
	Effect   string
	Action   []string
	Resource []string
}

// JSON returns the policy as one JSON object, however long; see [Policy.Document].
func (p Policy) JSON() string { return indentedJSON(p) }

// ErrNothingToCopy says that no policy is needed.
var ErrNothingToCopy = errors.New("the rules copy nothing, so the role needs no policy: is every rule disabled?")

// PolicyOf returns the least policy with which the function's role can do what the rules ask for. The notes are for
// people: what OSS's documentation does not confirm, what another service checks, and what the policy leaves open. The
// error says that OnFailure is not a valid destination, or is [ErrNothingToCopy]: RAM accepts no empty policy.
func PolicyOf(set *rules.Set, o PolicyOptions) (p Policy, notes []string, err error) {
	g, err := grantsOf(set, o)
	if err != nil {
		return p, nil, err
	}
	return g.policy(), g.allNotes(), nil
}

// grantsOf is PolicyOf before the statements are made.
func grantsOf(set *rules.Set, o PolicyOptions) (*grants, error) {
	all := set.Accesses()
	if len(all) == 0 {
		return nil, ErrNothingToCopy
	}
	g := newGrants()
	for _, a := range all {
		g.allowCopy(a, o)
	}
	if o.Sweep {
		g.allowSweep(set, o)
	}
	if o.RulesBucket != "" {
		g.allow(objectARN(rules.Objects{Bucket: o.RulesBucket}, o.RulesKey), "oss:GetObject")
	}
	for _, id := range o.SourceKMSKeys {
		g.allowKMS(id, "kms:Decrypt")
	}
	if o.OnFailure != "" {
		action, err := failureAction(o.OnFailure)
		if err != nil {
			return nil, fmt.Errorf("on-failure destination: %w", err)
		}
		g.allow(o.OnFailure, action)
		g.explain(action, "checked by FC when it sends a failed event to the destination, not by OSS")
	}
	if o.LogProject != "" {
		g.allowLog(o.LogProject, o.Logstore)
	}
	return g, nil
}

// allowLog allows FC to write the function's log.
func (g *grants) allowLog(project, store string) {
	g.allow("acs:log:*:*:project/"+project+"/logstore/"+cmp.Or(store, "*"), "log:PostLogStoreLogs")
	if strings.Contains(project, "*") {
		g.note("logConfig: auto generates the project's name, so the policy allows every project named %s", project)
	}
	g.explain("log:PostLogStoreLogs", "checked by FC when it writes the function's log, not by OSS")
}

// failureAction returns the action that sends an event to an on-failure destination.
// Source: FC user guide, result callbacks.
func failureAction(arn string) (string, error) {
	parts := strings.SplitN(arn, ":", 5)
	if len(parts) == 5 && parts[0] == "acs" && parts[4] != "" {
		switch service, resource := parts[1], parts[4]; {
		case service == "mns" && strings.HasPrefix(resource, "/queues/"):
			return "mns:SendMessage", nil
		case service == "mns" && strings.HasPrefix(resource, "/topics/"):
			return "mns:PublishMessage", nil
		case service == "fc" && strings.HasPrefix(resource, "functions/"):
			return "fc:InvokeFunction", nil
		case service == "eventbridge":
			return "eventbridge:PutEvents", nil
		case service == "mq":
			return "mq:PUB", nil
		}
	}
	return "", fmt.Errorf("%q is not a valid destination; write the ARN of a queue, such as "+
		"acs:mns:cn-hangzhou:ACCOUNT:/queues/NAME/messages, or of a topic, a function, an event bus or RocketMQ", arn)
}

// TrustPolicies returns, as JSON, the trust policies of the two roles of a deployment: FC may assume the function's
// role, and OSS the role with which its triggers call the function.
// Source: FC user guide, RAM roles.
func TrustPolicies() string {
	trust := func(service string) TrustPolicy {
		return trusting(TrustStatement{Principal: Trusted{Service: []string{service}}})
	}
	return indentedJSON(struct {
		Function TrustPolicy `json:"function"`
		Trigger  TrustPolicy `json:"trigger"`
	}{trust("fc.aliyuncs.com"), trust("oss.aliyuncs.com")})
}

func indentedJSON(v any) string {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		panic(err) // structs of texts
	}
	return b.String()
}
