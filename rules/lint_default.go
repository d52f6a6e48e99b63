package rules

import (
	"strings"

	"afterput/rules/internal/keyset"
)

// shellSpan is a default that is the numbers of shell's substring.
var shellSpan = compiledLater(`^([1-9][0-9]*):[0-9]+$`)

// defaults notes defaults that no object can need, and warns about those that are meant as a part of the value.
func (l *linter) defaults(c *copySpec) {
	c.templates(func(field string, t *template) {
		for p := range t.placeholders() {
			if p.neverEmpty() && strings.Contains(p.text, ":-") {
				l.warnCopy(c, field, UselessDefault, "%s %s has a default that is never used, since %s is never "+
					"empty: write ${%s}", field, quote(p.text), p.fullName(), p.canonical())
			}
			if n := shellSpan().FindStringSubmatch(p.constantDefault()); n != nil && isKeyPart(p.fullName()) {
				l.warnCopy(c, field, LiteralWildcard, "%s %s gives %s for an empty value: for the last %s characters "+
					"write ${%s: -%[4]s}, with a space", field, quote(p.text), n[0], n[1], p.fullName())
			}
		}
	})
}

// constantDefault is the default of a placeholder, "" if it has none, or one with placeholders.
func (p *templatePart) constantDefault() string {
	if p.fallback == nil {
		return ""
	}
	text, _ := p.fallback.constant()
	return text
}

// isKeyPart reports whether a name is that of a part of the key.
func isKeyPart(name string) bool {
	switch keyset.Part(name) {
	case keyset.Dir, keyset.DirBase, keyset.Base, keyset.Stem, keyset.Ext:
		return true
	}
	return false
}
