// Package ram reads RAM policies and evaluates them, as OSS does for every request of a RAM user or
// role. It does no I/O.
//
// The grammar is that of RAM's help page "Policy structure and syntax": version "1" and statements
// of Effect, Action or NotAction, and Resource. A policy with conditions is refused: without
// evaluating its conditions a policy would allow more or less than it says.
package ram

import (
	"slices"
	"strings"
)

// A Policy is a list of statements. The zero value allows nothing.
type Policy struct {
	statements []statement
}

type statement struct {
	deny      bool
	actions   []string // patterns in lower case
	notAction bool     // the statement applies to every action but these
	resources []resource
}

// Allows reports whether the policy allows its holder to do action on resource. An action is
// "oss:GetObject" and is compared without regard to case; a resource is
// "acs:oss:<region>:<uid>:<bucket>[/<key>]" and is compared as written. A Deny that applies
// overrides every Allow. What no statement allows is not allowed.
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
	named := slices.ContainsFunc(s.actions, func(pattern string) bool { return match(pattern, action) })
	if named == s.notAction {
		return false
	}
	return slices.ContainsFunc(s.resources, func(r resource) bool { return r.matches(parts) })
}

// resource is a pattern split at its first four colons, because keys may have colons. It is matched
// field by field, so that the "*" of a region does not match account and bucket too.
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
	// A pattern with fewer fields ("*", "acs:oss:*") matches all the remaining ones.
	return match(r[last], strings.Join(parts[last:], ":"))
}
