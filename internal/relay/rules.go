package relay

import (
	"context"

	"afterput/rules"
)

// RuleSource gives the rules in force.
type RuleSource interface {
	// Current is called once for every invocation, whose credentials ctx carries. It returns at
	// once the rules to handle it by and their version, "" for rules that never change; it
	// checks for newer rules in the background, for later invocations. done waits for that check
	// and is called when the invocation has been handled, because Function Compute freezes what
	// still runs after that. It takes little time, and none after ctx has ended. Current never
	// fails: if newer rules cannot be read, the old ones stay in force.
	Current(ctx context.Context) (set *rules.Set, version string, done func())
}

// Fixed returns a source of rules that never change.
func Fixed(set *rules.Set) RuleSource { return fixed{set} }

type fixed struct{ set *rules.Set }

func (f fixed) Current(context.Context) (*rules.Set, string, func()) { return f.set, "", func() {} }
