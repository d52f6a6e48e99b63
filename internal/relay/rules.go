package relay

import (
	"context"

	"afterput/rules"
)

// RuleSource gives the rules in force.
type RuleSource interface {
	// Current is called once for every invocation, whose credentials ctx carries.
	// It returns the rules to handle it by and their version, "" for rules that
	// never change, at once: looking for newer rules goes on in the background, for
	// later invocations. done waits for that to end, and is called when the
	// invocation has been handled: what runs on after it returned is frozen. It takes
	// little time, and none after ctx has ended. Current never fails: rules that
	// cannot be renewed stay.
	Current(ctx context.Context) (set *rules.Set, version string, done func())
}

// Fixed are rules that never change.
func Fixed(set *rules.Set) RuleSource { return fixed{set} }

type fixed struct{ set *rules.Set }

func (f fixed) Current(context.Context) (*rules.Set, string, func()) { return f.set, "", func() {} }
