// Package ram reads RAM policies and decides with them, as OSS does for every
// request of a RAM user or role. It is pure: no I/O and no clock.
//
// The grammar is RAM's own (its help page "Policy structure and syntax"):
// version "1" and statements of Effect, Action or NotAction, and Resource.
// Conditions are refused when a policy is read: a condition that is not
// evaluated would make a policy mean more, or less, than it says.
package ram

import "strings"

// A Policy is a list of statements. The zero value allows nothing.
type Policy struct {
	statements []statement
}

type statement struct {
	deny      bool
	actions   []string // patterns in lower case
	notAction bool     // the statement is about every action but these
	resources []resource
}

// Allows reports whether the policy lets its holder do action on resource. An
// action is "oss:GetObject" and matches in any case; a resource is
// "acs:oss:<region>:<uid>:<bucket>[/<key>]" and matches as it is written.
// A Deny that applies wins over every Allow; what no statement allows is refused.
func (p *Policy) Allows(action, resource string) bool {
	action = strings.ToLower(action)
	parts := splitResource(resource)
	allowed := false
	for _, s := range p.statements {
		if !s.applies(action, parts) {
			continue
		}
		if s.deny {
			return false
		}
		allowed = true
	}
	return allowed
}

func (s *statement) applies(action string, parts []string) bool {
	named := false
	for _, pattern := range s.actions {
		if match(pattern, action) {
			named = true
			break
		}
	}
	if named == s.notAction {
		return false
	}
	for _, r := range s.resources {
		if r.matches(parts) {
			return true
		}
	}
	return false
}

// resource is a pattern cut at its first four colons. It is matched field by
// field, so that the "*" of a region never swallows the account and the bucket:
// keys may hold colons.
type resource []string

const resourceFields = 5 // acs, service, region, account, what the service names

func splitResource(s string) []string { return strings.SplitN(s, ":", resourceFields) }

func (r resource) matches(parts []string) bool {
	last := len(r) - 1
	if len(parts) <= last {
		return false
	}
	for i := range last {
		if !match(r[i], parts[i]) {
			return false
		}
	}
	// A pattern of fewer fields ("*", "acs:oss:*") speaks of all that is left.
	return match(r[last], strings.Join(parts[last:], ":"))
}
