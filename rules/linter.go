package rules

import (
	"fmt"
	"slices"

	"afterput/rules/internal/keyset"
)

// linter collects the warnings about a set.
type linter struct {
	*analysis
	*ignorer
	possible *keyset.Set      // the keys that OSS allows
	samples  map[*rule]string // of the live rules: a key that each may take
	live     []*rule          // rules that are enabled and may match something
	stopping []*rule          // those that have stop
	examples []*keyset.Set    // the keys that warnings show
	named    *keyset.Set      // those of them that are shown first where a name is wanted
	compared int              // what comparisons of rules have cost so far
	staying  firstCopies      // of the copies whose sources stay
	billed   firstCopies      // of those in a class with a minimum time
	warnings []Warning
}

// fewRules is how many rules are compared one by one, rather than looked up in the index.
const fewRules = 64

// maxCompared bounds what comparisons of rules may cost: of 10,000 rules that all may take
// the same objects, a part is compared with all others.
const maxCompared = 2_000_000

func (l *linter) warn(line, col int, rule string, code WarningCode, format string, args ...any) {
	if !l.ignores(code, line, rule) {
		message := oneLine(fmt.Sprintf(format, args...))
		l.warnings = append(l.warnings, Warning{line, col, rule, code, code.Level(), message})
	}
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

// warnOnce warns once about several copies, at the first of them. Those of which a comment says to ignore it do not
// count.
func (l *linter) warnOnce(copies []*copySpec, code WarningCode, format string, args ...any) {
	which := "the copy has"
	if copies = l.notIgnored(copies, code); len(copies) > 1 {
		which = fmt.Sprintf("%d copies, the first on line %d, have", len(copies), copies[0].line)
	}
	l.noteFirst(copies, code, "%s %s", which, fmt.Sprintf(format, args...))
}

// noteFirst is a note at the first of several copies, or none.
func (l *linter) noteFirst(copies []*copySpec, code WarningCode, format string, args ...any) {
	if copies = l.notIgnored(copies, code); len(copies) > 0 {
		l.warn(copies[0].line, copies[0].col, copies[0].rule.name, code, format, args...)
	}
}

// notIgnored are the copies of which no comment says to ignore a warning.
func (l *linter) notIgnored(copies []*copySpec, code WarningCode) []*copySpec {
	return slices.DeleteFunc(copies, func(c *copySpec) bool { return l.ignores(code, c.line, c.rule.name) })
}
