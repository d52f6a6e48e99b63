package rules

import (
	"slices"
	"strings"
	"unicode"

	"afterput/rules/internal/keyset"
)

// keysKept is a set of keys of which the copy's key is the same, nil if none is known: of ${dir}/${stem}.jpg, those
// with a directory that end with .jpg. A copy of such an object within its bucket is the object itself.
func (c *copySpec) keysKept() *keyset.Set {
	if c.key == nil {
		return nil
	}
	parts := slices.Clone(c.key.parts)
	for i := range parts {
		parts[i].fallback = nil // it replaces nothing in keys of which the parts are not empty
	}
	if text, constant := c.key.constant(); constant {
		return keyset.Literal(text)
	}
	if len(parts) == 1 && parts[0].isKeyCut() { // ${key:0:10}
		return parts[0].valuesKept()
	}
	if len(parts) == 2 {
		first, last := &parts[0], &parts[1]
		switch {
		case first.isCut('%') && last.literal == first.cut.text: // ${key%.jpg}.jpg
			return keyset.Concat(keyset.Any(1), keyset.Literal(last.literal))
		case last.isCut('#') && first.literal == last.cut.text: // in/${key#in/}
			return keyset.Concat(keyset.Literal(first.literal), keyset.Any(1))
		case first.name == "re" && first.isPlain() && last.name == "":
			return c.keysOfGroup(first.arg, last.literal)
		}
	}
	folders, names := foldersKept(parts)
	if bases := basesKept(names); bases != nil {
		return keyset.Concat(folders, bases.Intersect(slashless()))
	}
	return nil
}

// foldersKept is a set of what keys have before their base, of which the first parts of a template make the same, with
// the other parts.
func foldersKept(parts []templatePart) (folders *keyset.Set, rest []templatePart) {
	first := parts[0]
	switch {
	case strings.HasSuffix(first.literal, "/"): // in/${base}
		return keyset.Literal(first.literal), parts[1:]
	case len(parts) < 3 || parts[1].literal != "/":
	case first.isPartCut(keyset.Dir):
		return keyset.Concat(first.valuesKept(), keyset.Literal("/")), parts[2:]
	case first.isPartCut(keyset.DirBase):
		return keyset.Concat(first.valuesKept().Intersect(slashless()), keyset.Literal("/")), parts[2:]
	}
	return keyset.Literal(""), parts
}

// slashless is the set of the names without a slash.
func slashless() *keyset.Set { return keyset.Repeat(1, 0, '/'-1, '/'+1, unicode.MaxRune) }

// basesKept is a set of bases of which the parts of a template make the same, nil if none is known.
func basesKept(parts []templatePart) *keyset.Set {
	if len(parts) == 1 && parts[0].isPartCut(keyset.Base) {
		return parts[0].valuesKept()
	}
	if len(parts) < 2 || !parts[0].isPartCut(keyset.Stem) || !strings.HasPrefix(parts[1].literal, ".") {
		return nil
	}
	stems := parts[0].valuesKept().Intersect(slashless())
	anyExt := keyset.Repeat(1, 0, '.'-1, '.'+1, '/'-1, '/'+1, unicode.MaxRune)
	switch ext := parts[1].literal[1:]; {
	case len(parts) == 2 && ext != "" && !strings.ContainsAny(ext, "./"):
		return keyset.Concat(stems, keyset.Literal("."+ext))
	case len(parts) == 3 && ext == "" && parts[2].isPart(keyset.Ext):
		return keyset.Concat(stems, keyset.Literal("."), anyExt)
	}
	return nil
}

// keysOfGroup is keysKept for a group of the rule's regexp, followed by a literal: the keys with this end, if the
// regexp is ^, the group, something else and $, and the something of such a key is surely the literal.
func (c *copySpec) keysOfGroup(group, literal string) *keyset.Set {
	rest := keyset.RegexpAfterGroup(c.rule.match.regexp.String(), group)
	if rest == nil || !rest.Exact() || !rest.Contains(literal) ||
		!rest.Intersect(keyset.EndingWith(literal)).Minus(keyset.Literal(literal)).IsEmpty() {
		return nil
	}
	for i := range literal {
		if rest.Contains(literal[i+1:]) {
			return nil
		}
	}
	return keyset.EndingWith(literal)
}

// isPart reports whether a part of a template is a part of the key, whole.
func (p *templatePart) isPart(part keyset.Part) bool {
	return p.name == string(part) && p.arg == "" && p.isPlain()
}

// isDir reports whether a part of a template is the key's directory, whole, whatever it is for a key without one.
func (p *templatePart) isDir() bool {
	without := *p
	without.fallback = nil
	return without.isPart(keyset.Dir)
}

// isKeyCut reports whether a part of a template is some of the key, in its case.
func (p *templatePart) isKeyCut() bool {
	return p.name == "key" && p.letters == anyCase && p.fallback == nil
}

// isPartCut reports whether a part of a template is some of a part of the key, in its case.
func (p *templatePart) isPartCut(part keyset.Part) bool {
	return p.name == string(part) && p.arg == "" && p.letters == anyCase && p.fallback == nil
}

// valuesKept is the set of the values that a placeholder gives as they are, if it does not change their case.
func (p *templatePart) valuesKept() *keyset.Set {
	values := keyset.Any(1)
	switch p.cut.end {
	case '#':
		values = values.Minus(keyset.StartingWith(p.cut.text))
	case '%':
		values = values.Minus(keyset.EndingWith(p.cut.text))
	}
	switch {
	case p.span == span{}:
		return values
	case p.span.offset < 0: // of shorter values nothing is taken
		n := -p.span.offset
		return values.Intersect(keyset.Any(n)).Minus(keyset.Any(n + 1))
	case p.span.offset == 0:
		return values.Minus(keyset.Any(p.span.length + 1))
	}
	return keyset.None()
}

// isCut reports whether a part of a template is the key, without a text at one end.
func (p *templatePart) isCut(end byte) bool {
	return p.name == "key" && p.cut.end == end && p.span == span{} && p.letters == 0 && p.fallback == nil
}

// keysMade is the set of the keys that a copy to a bucket can have. It leaves out the objects that the copy surely
// leaves as they are, since its destination is the object itself and no event follows.
func (a *analysis) keysMade(c *copySpec, o objectSet, bucket string) *keyset.Set {
	if kept := a.keysKept(c, o); kept != nil && bucket == o.bucket && !c.rewrites() {
		if o.keys = o.keys.Minus(kept); o.keys.IsEmpty() {
			return keyset.None()
		}
	}
	made := a.possibleTexts(&o, c.key, c.rule)
	if c.key.mayBeginWithSlash() {
		made = made.Minus(keyset.StartingWith("/")) // OSS refuses such a key, and so does the planner
	}
	return made
}

// mayBeginWithSlash reports whether the text begins with a slash if its first placeholder is empty.
func (t *template) mayBeginWithSlash() bool {
	return len(t.parts) > 1 && t.parts[0].mayBeEmpty() && strings.HasPrefix(t.parts[1].literal, "/")
}

// mayBeEmpty reports whether a placeholder may be empty, because its default is.
func (p *templatePart) mayBeEmpty() bool { return p.fallback != nil && len(p.fallback.parts) == 0 }

// keysKept is a set of keys that the copy leaves as they are, of objects. Where the copy changes the case of letters,
// that is known of keys that the same template has given: the case of their letters does not change a second time.
func (a *analysis) keysKept(c *copySpec, o objectSet) *keyset.Set {
	if c.key == nil || c.key.changesCase() && !(c.key.settlesCase() && o.given != nil && o.given.text == c.key.text) {
		return nil
	}
	kept, known := a.kept[c]
	if !known {
		one := *c
		one.key = c.key.inAnyCase()
		if kept = one.keysKept(); kept != nil {
			kept = kept.CountedBy(a.meter)
		}
		a.kept[c] = kept
	}
	return kept
}

// changesCase reports whether a placeholder of the template changes the case of letters.
func (t *template) changesCase() bool {
	return slices.ContainsFunc(t.parts, func(p templatePart) bool { return p.letters != anyCase })
}

// settlesCase reports whether the case of what the template gives does not change if the same placeholders are applied
// to it. Defaults are given as they are, so they must be in the case that the placeholder asks for.
func (t *template) settlesCase() bool {
	return every(t.parts, func(p templatePart) bool {
		if p.letters == anyCase || p.fallback == nil {
			return true
		}
		text, constant := p.fallback.constant()
		return constant && p.letters.apply(text) == text
	})
}

// inAnyCase is the template if it did not change the case of letters.
func (t *template) inAnyCase() *template {
	without := &template{t.text, slices.Clone(t.parts)}
	for i := range without.parts {
		without.parts[i].letters = anyCase
	}
	return without
}
