package relay

import (
	"context"

	"afterput/rules"
)

// RuleSource gives the rules in force.
type RuleSource interface {
	// Current is asked once for every invocation, whose credentials ctx carries.
	// It gives the rules to handle it by and their version, "" for rules that
	// never change. It never fails: rules that cannot be renewed stay.
	Current(ctx context.Context) (set *rules.Set, version string)
}

// Fixed are rules that never change.
func Fixed(set *rules.Set) RuleSource { return fixed{set} }

type fixed struct{ set *rules.Set }

func (f fixed) Current(context.Context) (*rules.Set, string) { return f.set, "" }
