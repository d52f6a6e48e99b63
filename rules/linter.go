package rules

import (
	"fmt"

	"afterput/rules/internal/keyset"
)

// linter collects the warnings about a set.
type linter struct {
	*analysis
	possible *keyset.Set        // the keys that OSS allows
	keys     map[*rule]ruleKeys // of the live rules
	live     []*rule            // rules that are enabled and may match something
	stopping []*rule            // those that have stop
	compared int                // what comparisons of rules have cost so far
	warnings []Warning
}

// fewRules is how many rules are compared one by one, rather than looked up in the index.
const fewRules = 64

// maxCompared bounds what comparisons of rules may cost: of 10,000 rules that all may take
// the same objects, a part is compared with all others.
const maxCompared = 2_000_000

func (l *linter) warn(line, col int, rule string, code WarningCode, format string, args ...any) {
	l.warnings = append(l.warnings, Warning{line, col, rule, code, fmt.Sprintf(format, args...)})
}

// warnCopy warns about a field of a copy at the place of the field; at that of the copy
// if the field was not given. A field of the defaults is reported there, once for all
// copies.
func (l *linter) warnCopy(c *copySpec, field string, code WarningCode, format string, args ...any) {
	line, col, name := c.line, c.col, c.rule.name
	if o := c.given(field); o != nil {
		if line = o.line; o.defaults {
			col, name = o.col, ""
		}
	}
	l.warn(line, col, name, code, format, args...)
}

// sameForCopies names all copies but the first by their lines: "; the same applies to the
// copies on lines 3, 9 and 12". It is "" for a single copy, of which a list of buckets makes several.
func sameForCopies(copies []*copySpec) string {
	var lines []string
	for i, c := range copies {
		if i > 0 && c.line != copies[i-1].line {
			lines = append(lines, fmt.Sprint(c.line))
		}
	}
	if lines == nil {
		return ""
	}
	word := "copies on lines "
	if len(lines) == 1 {
		word = "copy on line "
	}
	return "; the same applies to the " + word + andList(lines)
}

// ruleKeys is the set of the keys that a rule may take, and one of them.
type ruleKeys struct {
	keys   *keyset.Set
	sample string
}

// possibleKeys are the keys that OSS allows, lengths aside.
func possibleKeys() *keyset.Set {
	return keyset.Any(1).Minus(keyset.Union(keyset.StartingWith("/"), keyset.StartingWith(`\`)))
}

// keyConditions are the conditions on the key.
var keyConditions = []condition{byPrefix, bySuffix, byGlob, byRegexp}
