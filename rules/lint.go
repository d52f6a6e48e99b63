package rules

import (
	"cmp"
	"fmt"
	"slices"

	"afterput/rules/internal/keyset"
)

// Warning is something in a rules file that loads and works, and yet is hardly
// what was meant, or costs more than it seems to.
type Warning struct {
	Line    int    `json:"line"` // from 1
	Col     int    `json:"column"`
	Rule    string `json:"rule,omitempty"` // "" for one about defaults
	Code    Code   `json:"code"`           // for filters
	Message string `json:"message"`        // the reason, and the mend
}

// Code says what a [Warning] is about.
type Code string

// The codes of warnings.
const (
	// NeverMatches: no object can fit the rule, or none that is left over by its
	// except blocks and by rules with stop above it.
	NeverMatches Code = "never-matches"
	// ShadowedCopy: an upper copy writes the same destination for every object
	// that this one would be made for.
	ShadowedCopy Code = "shadowed"
	// CostlyCondition: a condition costs one request for every upload.
	CostlyCondition Code = "costly-condition"
	// ClassMinimumSize: a storage class bills small objects as larger ones.
	ClassMinimumSize Code = "class-minimum-size"
	// ClassMinimumDays: a storage class bills a copy for days after it was
	// overwritten.
	ClassMinimumDays Code = "class-minimum-days"
	// PublicACL: anyone may read, or even write, the copy.
	PublicACL Code = "public-acl"
	// InheritedACL: the destination bucket decides who may read the copy.
	InheritedACL Code = "inherited-acl"
	// EncryptionLost: the source's encryption is not carried over.
	EncryptionLost Code = "encryption-lost"
	// UnlistedTag: a tag has characters that OSS's documentation does not list.
	UnlistedTag Code = "unlisted-tag"
)

// Lint tells what is doubtful about the set, in the file's order: one warning
// for a cause and its place, none about rules that are disabled. That a rule
// never matches, or that a copy is shadowed, is told only if it is certain.
func (s *Set) Lint() []Warning {
	l := &linter{set: s, guard: &analysis{set: s, blocks: map[*block]*blockKeys{}}, possible: possibleKeys(), keys: map[*rule]ruleKeys{}}
	for _, r := range s.rules {
		if r.disabled {
			continue
		}
		if l.neverMatches(r) {
			continue
		}
		l.live = append(l.live, r)
		l.costlyConditions(r)
		for _, c := range r.copies {
			l.storageClass(c)
			l.publicACL(c)
			l.unlistedTag(c)
		}
	}
	l.shadowedCopies()
	l.inheritedACL()
	l.encryption()
	slices.SortStableFunc(l.warnings, func(a, b Warning) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col))
	})
	return slices.Compact(l.warnings)
}

// linter collects the warnings about a set.
type linter struct {
	set      *Set
	guard    *analysis
	possible *keyset.Set        // the keys that OSS allows
	keys     map[*rule]ruleKeys // of the live rules
	live     []*rule            // rules that are enabled and may match something
	warnings []Warning
}

func (l *linter) warn(line, col int, rule string, code Code, format string, args ...any) {
	l.warnings = append(l.warnings, Warning{line, col, rule, code, fmt.Sprintf(format, args...)})
}

// warnCopy warns about a field of a copy, where it was given; about the whole
// copy if it was not. What comes from the defaults is told there, once for all
// copies.
func (l *linter) warnCopy(c *copySpec, field string, code Code, format string, args ...any) {
	line, col, name := c.line, c.col, c.rule.name
	if o := c.given(field); o != nil {
		if line = o.line; o.defaults {
			col, name = o.col, ""
		}
	}
	l.warn(line, col, name, code, format, args...)
}

// sameForCopies names some of the copies besides the first by their lines: " and of the
// copies on lines 3, 9 and 12", or nothing.
func sameForCopies(copies []*copySpec) string {
	if len(copies) < 2 {
		return ""
	}
	lines := make([]string, len(copies)-1)
	for i, c := range copies[1:] {
		lines[i] = fmt.Sprint(c.line)
	}
	word := "copies on lines "
	if len(lines) == 1 {
		word = "copy on line "
	}
	return "; so it is with the " + word + andList(lines)
}

// andList joins words for a message: "a, b and c", the first few of many.
func andList(words []string) string {
	const most = 8
	if n := len(words); n > most {
		words = append(slices.Clone(words[:most-1]), fmt.Sprintf("%d more", n-most+1))
	}
	last := len(words) - 1
	if last == 0 {
		return words[0]
	}
	text := words[0]
	for _, w := range words[1:last] {
		text += ", " + w
	}
	return text + " and " + words[last]
}
