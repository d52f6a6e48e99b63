package deploy

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"afterput/internal/state"
	"afterput/rules"
)

// PolicyOptions are what the function's rights hang on beside the rules.
type PolicyOptions struct {
	// State and SingleCopyLimit are the function's own settings; the limit is in
	// bytes, 0 its default.
	State           state.Location
	SingleCopyLimit int64
	// RulesBucket and RulesKey are where the function reads its rules; "" is its
	// package.
	RulesBucket, RulesKey string
	// OnFailure is the ARN that FC sends failed events to, "" is none.
	OnFailure string
	// LogProject is the log project FC writes to, "" is none; Logstore the store
	// in it, "" any.
	LogProject, Logstore string
	// SourceKMSKeys are the KMS keys that sources are encrypted with.
	SourceKMSKeys []string
}

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

// largestPolicy is what RAM takes of one custom policy, in characters.
// Source: RAM user guide, limits.
const largestPolicy = 6144

// ErrNothing says that no right is needed.
var ErrNothing = errors.New("the rules copy nothing, so that the role needs no policy: is every rule disabled?")

// PolicyOf gives the least policy with which the function's role can do what
// the rules ask for. Notes are for people: what of it is not confirmed by OSS's
// documentation, what is checked by another service, and what it cannot know.
// An error says that OnFailure is no destination, or that the rules copy nothing:
// RAM takes no empty policy.
func PolicyOf(set *rules.Set, o PolicyOptions) (p Policy, notes []string, err error) {
	all := set.Accesses()
	if len(all) == 0 {
		return p, nil, ErrNothing
	}
	g := newGrants()
	for _, a := range all {
		g.copy(a, o)
	}
	if o.RulesBucket != "" {
		g.allow(object(rules.Objects{Bucket: o.RulesBucket}, o.RulesKey), "oss:GetObject")
	}
	for _, id := range o.SourceKMSKeys {
		g.kms(id, "kms:Decrypt")
	}
	if o.OnFailure != "" {
		action, err := failureAction(o.OnFailure)
		if err != nil {
			return p, nil, err
		}
		g.allow(o.OnFailure, action)
		g.mark(action, "checked by FC when it passes a failed event on, not by OSS")
	}
	if o.LogProject != "" {
		g.allow("acs:log:*:*:project/"+o.LogProject+"/logstore/"+cmp.Or(o.Logstore, "*"), "log:PostLogStoreLogs")
		if strings.Contains(o.LogProject, "*") {
			g.note("logConfig: auto makes up the project's name, so that every one named %s is allowed", o.LogProject)
		}
		g.mark("log:PostLogStoreLogs", "checked by FC when it writes the function's log, not by OSS")
	}
	p = g.policy()
	if n := len(p.JSON()); n > largestPolicy {
		g.notes = append(g.notes, fmt.Sprintf("the policy has %d characters, a custom policy of RAM takes %d: split its statements over several policies", n, largestPolicy))
	}
	return p, g.told(), nil
}

// failureAction is what it takes to send to an on-failure destination.
// Source: FC user guide, result callbacks.
func failureAction(arn string) (string, error) {
	parts := strings.SplitN(arn, ":", 5)
	if len(parts) == 5 && parts[0] == "acs" && parts[4] != "" {
		switch kind := parts[4]; {
		case parts[1] == "mns" && strings.HasPrefix(kind, "/queues/"):
			return "mns:SendMessage", nil
		case parts[1] == "mns" && strings.HasPrefix(kind, "/topics/"):
			return "mns:PublishMessage", nil
		case parts[1] == "fc" && strings.HasPrefix(kind, "functions/"):
			return "fc:InvokeFunction", nil
		case parts[1] == "eventbridge":
			return "eventbridge:PutEvents", nil
		case parts[1] == "mq":
			return "mq:PUB", nil
		}
	}
	return "", fmt.Errorf("%q is no destination: write its ARN, such as acs:mns:cn-hangzhou:ACCOUNT:/queues/NAME/messages; topics, functions, event buses and RocketMQ go too", arn)
}

// object is the resource of all keys of a bucket that begin with a prefix, or of
// one key.
func object(o rules.Objects, key string) string {
	if key == "" {
		key = o.Prefix + "*"
	}
	return "acs:oss:*:*:" + o.Bucket + "/" + key
}

func bucket(name string) string { return "acs:oss:*:*:" + name }

// policy puts actions on the same resources into one statement.
func (g *grants) policy() Policy {
	p := Policy{Version: "1"}
	at := map[string]int{}
	for _, action := range g.actions {
		resources := widest(g.resources[action])
		key := strings.Join(resources, "\n")
		i, ok := at[key]
		if !ok {
			i = len(p.Statement)
			at[key] = i
			p.Statement = append(p.Statement, Statement{Effect: "Allow", Resource: resources})
		}
		p.Statement[i].Action = append(p.Statement[i].Action, action)
	}
	return p
}

// widest leaves out what another resource holds.
func widest(all []string) []string {
	all = slices.Clone(all)
	slices.Sort(all)
	all = slices.Compact(all)
	return slices.DeleteFunc(slices.Clone(all), func(s string) bool {
		return slices.ContainsFunc(all, func(other string) bool {
			head, open := strings.CutSuffix(other, "*")
			return open && s != other && !strings.ContainsAny(strings.TrimPrefix(head, "acs:oss:*:*:"), "*?") && strings.HasPrefix(s, head)
		})
	})
}

// told are the notes, those about actions in the policy's order.
func (g *grants) told() []string {
	var all []string
	for _, action := range g.actions {
		if why := g.why[action]; why != "" {
			all = append(all, action+": "+why)
		}
	}
	slices.SortFunc(g.notes, func(a, b string) int { return cmp.Compare(a, b) })
	return append(all, slices.Compact(g.notes)...)
}
