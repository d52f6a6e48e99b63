package deploy

import (
	"fmt"
	"slices"
	"strings"

	"afterput/rules"
)

// grants collects which actions are allowed on which resources, and the notes about them.
type grants struct {
	actions      []string            // in the order in which they were first allowed
	resources    map[string][]string // by action
	explanations map[string]string   // by action
	notes        []string
}

func newGrants() *grants {
	return &grants{resources: map[string][]string{}, explanations: map[string]string{}}
}

func (g *grants) allow(resource string, actions ...string) {
	for _, a := range actions {
		if !slices.Contains(g.actions, a) {
			g.actions = append(g.actions, a)
		}
		if !slices.Contains(g.resources[a], resource) {
			g.resources[a] = append(g.resources[a], resource)
		}
	}
}

// explain sets the note about an action.
func (g *grants) explain(action, why string) { g.explanations[action] = why }

func (g *grants) note(format string, args ...any) {
	g.notes = append(g.notes, fmt.Sprintf(format, args...))
}

// allNotes returns the notes, first those about actions, in the policy's order.
func (g *grants) allNotes() []string {
	var all []string
	for _, action := range g.actions {
		if why := g.explanations[action]; why != "" {
			all = append(all, action+": "+why)
		}
	}
	slices.Sort(g.notes)
	return append(all, slices.Compact(g.notes)...)
}

// policy returns what is allowed, with the actions on the same resources in one statement.
func (g *grants) policy() Policy {
	p := Policy{Version: "1"}
	statements := map[string]int{} // by resources
	for _, action := range g.actions {
		resources := withoutCovered(g.resources[action])
		key := strings.Join(resources, "\n")
		i, ok := statements[key]
		if !ok {
			i = len(p.Statement)
			statements[key] = i
			p.Statement = append(p.Statement, Statement{Effect: "Allow", Resource: resources})
		}
		p.Statement[i].Action = append(p.Statement[i].Action, action)
	}
	return p
}

// withoutCovered returns the resources, sorted, without those that another one covers.
func withoutCovered(resources []string) []string {
	sorted := slices.Compact(slices.Sorted(slices.Values(resources)))
	return slices.DeleteFunc(slices.Clone(sorted), func(resource string) bool {
		return slices.ContainsFunc(sorted, func(other string) bool {
			return resource != other && coversResource(other, resource)
		})
	})
}

// coversResource reports whether a resource whose only wildcard is a * at its end includes another.
func coversResource(resource, other string) bool {
	head, open := strings.CutSuffix(resource, "*")
	return open && !strings.ContainsAny(strings.TrimPrefix(head, ossARNPrefix), "*?") && strings.HasPrefix(other, head)
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
