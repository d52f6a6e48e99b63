package rules

import (
	"math"
	"regexp/syntax"
	"slices"
	"unicode"

	"afterput/rules/internal/keyset"
)

// unboundedGrowth is the growth of a copy whose key does not come from the source's.
const unboundedGrowth = math.MaxInt32

// keyGrowth is the most bytes by which the copy's key can be longer than the source's,
// given the keys of the sources, and whether it stays in their bucket. There is a bound if
// the key consists of literals and of parts of the source's key, each of them used once.
func (c *copySpec) keyGrowth(keys *keyset.Set, sameBucket bool) int {
	if c.key == nil {
		return 0
	}
	used := map[string]bool{}
	grows := 0
	for i := range c.key.parts {
		p := &c.key.parts[i]
		if p.name == "" {
			grows += len(p.literal)
			continue
		}
		if used[p.fullName()] || p.fallback != nil && len(p.fallback.parts) > 0 || p.letters != anyCase {
			return unboundedGrowth // a letter may have more bytes in the other case
		}
		used[p.fullName()] = true
		switch {
		case p.cut.end == '#' && keysBegin(keys, p), p.cut.end == '%' && keysEnd(keys, p):
			grows -= len(p.cut.text)
		}
	}
	saved, ok := c.bytesLeftOut(used, keys)
	switch {
	case !ok:
		return unboundedGrowth
	case grows == saved && sameBucket && c.key.isKeyOrPart() && !(c.rewrites() && c.rewriteInPlace):
		return -1 // or the destination is the source itself, and no event follows
	}
	return grows - saved
}

// isKeyOrPart reports whether the template is the source's key or a part of it.
func (t *template) isKeyOrPart() bool {
	return len(t.parts) == 1 && t.parts[0].name == "key" ||
		slices.Contains([]string{"${base}", "${stem}", "${dir}/${stem}"}, t.text)
}

func keysBegin(keys *keyset.Set, p *templatePart) bool {
	return p.name == "key" && keys.Minus(keyset.StartingWith(p.cut.text)).IsEmpty()
}

func keysEnd(keys *keyset.Set, p *templatePart) bool {
	return p.name == "key" && keys.Minus(keyset.EndingWith(p.cut.text)).IsEmpty()
}

// anyInDir is the set of the keys that have a dir.
func anyInDir() *keyset.Set { return keyset.Concat(keyset.Any(1), keyset.Literal("/"), keyset.Any(0)) }

// mayLack reports whether the template also takes objects for which a name is empty.
func (t *template) mayLack(name string) bool {
	return slices.ContainsFunc(t.parts, func(p templatePart) bool { return p.name == name && p.fallback != nil })
}

// bytesLeftOut is the least number of bytes of a key that the used parts leave out. It is
// not ok if the parts overlap or do not come from the key.
func (c *copySpec) bytesLeftOut(used map[string]bool, keys *keyset.Set) (n int, ok bool) {
	var path, groups []string
	for name := range used {
		switch {
		case name == "key":
			return 0, len(used) == 1
		case len(name) > 3 && name[:3] == "re.":
			groups = append(groups, name[3:])
		case slices.Contains([]string{"dir", "base", "stem", "ext"}, name):
			path = append(path, name)
		default:
			return 0, false
		}
	}
	switch {
	case len(groups) > 0 && len(path) > 0, used["base"] && (used["stem"] || used["ext"]):
		return 0, false
	case len(groups) > 0:
		return leastOutsideGroups(c.rule.match.regexp.String(), groups)
	}
	if used["dir"] && (!c.key.mayLack("dir") || keys.Minus(anyInDir()).IsEmpty()) {
		n++ // the slash after it
	}
	if !used["base"] {
		plain := keyset.Concat(keyset.Union(keyset.Literal(""), keyset.EndingWith("/")),
			keyset.Union(keyset.Literal(""), keyset.Literal(".")),
			keyset.Repeat(0, 0, '.'-1, '.'+1, '/'-1, '/'+1, unicode.MaxRune))
		if keys.Intersect(plain).IsEmpty() {
			n++ // the dot before the extension
		}
	}
	return n, true
}

// leastOutsideGroups is the least number of bytes that a pattern matches outside some of
// its groups. It is not ok if the groups are not all at the top level.
func leastOutsideGroups(pattern string, groups []string) (n int, ok bool) {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return 0, false
	}
	parts := []*syntax.Regexp{re}
	if re.Op == syntax.OpConcat {
		parts = re.Sub
	}
	found := 0
	for _, p := range parts {
		if p.Op == syntax.OpCapture && slices.Contains(groups, p.Name) {
			found++
		} else {
			n += leastLength(p)
		}
	}
	return n, found == len(groups)
}

// leastLength is the least number of bytes that an expression matches.
func leastLength(re *syntax.Regexp) int {
	switch re.Op {
	case syntax.OpLiteral:
		return len(re.Rune) // a character has at least one byte, whatever its case
	case syntax.OpCharClass, syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return 1
	case syntax.OpCapture, syntax.OpPlus:
		return leastLength(re.Sub[0])
	case syntax.OpRepeat:
		return re.Min * leastLength(re.Sub[0])
	case syntax.OpConcat:
		n := 0
		for _, sub := range re.Sub {
			n += leastLength(sub)
		}
		return n
	case syntax.OpAlternate:
		n := math.MaxInt32
		for _, sub := range re.Sub {
			n = min(n, leastLength(sub))
		}
		return n
	}
	return 0
}
