package deploy

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// The limits of RAM: the characters of one custom policy, and the custom policies of one role, unless its quota is
// raised.
// Source: RAM user guide, limits.
const (
	largestPolicy = 6144
	mostPolicies  = 10
)

// Document writes the policy as RAM accepts it: as one JSON object. If that is too long for RAM, it is a JSON list of
// several policies, one on each line, which together allow the same. The note says so; it is "" for one policy.
func (p Policy) Document() (text, note string) {
	if text = p.JSON(); len(text) <= largestPolicy {
		return text, ""
	}
	policies := p.split()
	lines := make([]string, len(policies))
	for i, part := range policies {
		lines[i] = compactJSON(part)
	}
	if len(lines) == 1 {
		return lines[0] + "\n", ""
	}
	note = fmt.Sprintf("this is a list of %d policies, one on each line, because RAM accepts at most %d characters in "+
		"a custom policy: create each of them, and attach all of them to the role", len(lines), largestPolicy)
	if len(lines) > mostPolicies {
		note += fmt.Sprintf("; a role can have at most %d custom policies: have this quota raised, or give the keys "+
			"that the rules read and write prefixes in common", mostPolicies)
	}
	return "[\n" + strings.Join(lines, ",\n") + "\n]\n", note
}

// split returns policies that RAM accepts, and that together allow what p does.
func (p Policy) split() (policies []Policy) {
	most := largestPolicy - len(compactJSON(Policy{p.Version, []Statement{}}))
	for _, whole := range p.Statement {
		for _, s := range whole.split(most) {
			last := len(policies) - 1
			if last >= 0 {
				longer := Policy{p.Version, append(slices.Clone(policies[last].Statement), s)}
				if len(compactJSON(longer)) <= largestPolicy {
					policies[last] = longer
					continue
				}
			}
			policies = append(policies, Policy{p.Version, []Statement{s}})
		}
	}
	return policies
}

// split divides the resources of a statement, so that each part has at most so many bytes.
func (s Statement) split(most int) []Statement {
	n := len(s.Resource)
	if n == 1 || len(compactJSON(s)) <= most {
		return []Statement{s}
	}
	first, second := s, s
	first.Resource, second.Resource = s.Resource[:n/2], s.Resource[n/2:]
	return append(first.split(most), second.split(most)...)
}

func compactJSON(v any) string {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		panic(err) // structs of texts
	}
	return strings.TrimSuffix(b.String(), "\n")
}
