// Package ram reads RAM policies and bucket policies and evaluates them, as OSS does for every request
// of a RAM user or role. It does no I/O.
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
	// principals are patterns of whom a statement of a bucket policy is about.
	principals []string
}

// Decision is what policies say about an action on a resource.
type Decision int

// What no statement is about is denied implicitly: another policy may allow it. Nothing allows what a
// statement denies.
const (
	ImplicitDeny Decision = iota
	Allow
	ExplicitDeny
)

// Decide says whether the policy allows its holder to do action on resource. An action is
// "oss:GetObject" and is compared without regard to case; a resource is
// "acs:oss:<region>:<uid>:<bucket>[/<key>]" and is compared as written. A Deny that applies
// overrides every Allow.
func (p *Policy) Decide(action, resource string) Decision {
	return decide(p.statements, action, resource, func(*statement) bool { return true })
}

// Allows reports whether the decision is [Allow].
func (p *Policy) Allows(action, resource string) bool { return p.Decide(action, resource) == Allow }

// decide evaluates the statements that concern who makes the request.
func decide(all []statement, action, resource string, concerns func(*statement) bool) Decision {
	action = strings.ToLower(action)
	parts := splitResource(resource)
	decision := ImplicitDeny
	for i := range all {
		s := &all[i]
		if !concerns(s) || !s.applies(action, parts) {
			continue
		}
		if s.deny {
			return ExplicitDeny
		}
		decision = Allow
	}
	return decision
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
