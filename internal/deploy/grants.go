package deploy

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"afterput/rules"
)

// grants collects which actions are allowed on which resources, and the notes about them.
type grants struct {
	actions      []string                   // in the order in which they were first allowed
	resources    map[string]map[string]bool // by action
	explanations map[string]string          // by action
	notes        []string
	noted        map[string][]string      // rules, by what is noted of them
	named        map[[2]string]bool       // which rules that are
	assumed      map[rules.Remote]*grants // what roles that are assumed are allowed; without regions
}

func newGrants() *grants {
	return &grants{resources: map[string]map[string]bool{}, explanations: map[string]string{},
		noted: map[string][]string{}, named: map[[2]string]bool{}, assumed: map[rules.Remote]*grants{}}
}

// as is what whoever sends the requests about a destination is allowed: g itself, or a role that is assumed for them.
// Assuming it is allowed too.
func (g *grants) as(to rules.Remote) *grants {
	if to.Role == "" {
		return g
	}
	g.allow(to.Role, "sts:AssumeRole")
	g.explain("sts:AssumeRole", "checked by STS, together with the trust policy of the role, "+
		"which --assumed-roles prints with its policy")
	to.Region = ""
	if g.assumed[to] == nil {
		g.assumed[to] = newGrants()
	}
	return g.assumed[to]
}

func (g *grants) allow(resource string, actions ...string) {
	for _, a := range actions {
		if g.resources[a] == nil {
			g.actions = append(g.actions, a)
			g.resources[a] = map[string]bool{}
		}
		g.resources[a][resource] = true
	}
}

// explain sets the note about an action.
func (g *grants) explain(action, why string) { g.explanations[action] = why }

func (g *grants) note(format string, args ...any) {
	g.notes = append(g.notes, fmt.Sprintf(format, args...))
}

// noteRule is a note about the copy of a rule, which names all rules of which it is true.
func (g *grants) noteRule(a rules.Access, format string, args ...any) {
	text, which := fmt.Sprintf(format, args...), fmt.Sprintf("rule %s, line %d", a.Rule, a.Line)
	if is := [2]string{text, which}; !g.named[is] {
		g.named[is] = true
		g.noted[text] = append(g.noted[text], which)
	}
}

// maxNoted bounds the rules that a note names.
const maxNoted = 3

// allNotes returns the notes, first those about actions, in the policy's order.
func (g *grants) allNotes() []string {
	var all []string
	for _, action := range g.actions {
		if why := g.explanations[action]; why != "" {
			all = append(all, action+": "+why)
		}
	}
	for text, which := range g.noted {
		if more := len(which) - maxNoted; more > 0 {
			which = append(which[:maxNoted:maxNoted], fmt.Sprintf("%d more", more))
		}
		g.note("%s: %s", strings.Join(which, "; "), text)
	}
	slices.Sort(g.notes)
	return append(all, slices.Compact(g.notes)...)
}

// policy returns what is allowed, with the resources on which the same actions are allowed in one statement: each
// resource is named once, which keeps the policy short.
func (g *grants) policy() Policy {
	var resources []string
	actionsOn := map[string][]string{} // by resource
	for _, action := range g.actions {
		for _, r := range withoutCovered(g.resources[action]) {
			if actionsOn[r] == nil {
				resources = append(resources, r)
			}
			actionsOn[r] = append(actionsOn[r], action)
		}
	}
	p := Policy{Version: "1"}
	statements := map[string]int{} // by actions
	for _, r := range resources {
		key := strings.Join(actionsOn[r], "\n")
		i, ok := statements[key]
		if !ok {
			i = len(p.Statement)
			statements[key] = i
			p.Statement = append(p.Statement, Statement{Effect: "Allow", Action: actionsOn[r]})
		}
		p.Statement[i].Resource = append(p.Statement[i].Resource, r)
	}
	return p
}

// withoutCovered returns the resources, sorted, without those that another one covers: one whose only wildcard is a *
// at its end.
func withoutCovered(resources map[string]bool) []string {
	isHead := map[string]bool{} // what precedes such a *
	for r := range resources {
		head, open := strings.CutSuffix(r, "*")
		isHead[head] = isHead[head] || open && !strings.ContainsAny(strings.TrimPrefix(head, ossARNPrefix), "*?")
	}
	return slices.DeleteFunc(slices.Sorted(maps.Keys(resources)), func(r string) bool {
		for n := range len(r) + 1 {
			if isHead[r[:n]] && r[:n]+"*" != r {
				return true
			}
		}
		return false
	})
}

// ossARNPrefix begins the resources of OSS, in any region and account.
const ossARNPrefix = "acs:oss:*:*:"

// objectARN returns the resource of one key of a bucket, or, if key is "", of all keys with the prefix.
func objectARN(o rules.Objects, key string) string {
	if key == "" {
		key = o.Prefix + "*"
	}
	return ossARNPrefix + o.Bucket + "/" + key
}

func bucketARN(name string) string { return ossARNPrefix + name }
