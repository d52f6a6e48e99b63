package rules

import (
	"math"
	"regexp/syntax"
	"slices"
	"unicode"
	"unicode/utf8"

	"afterput/rules/internal/keyset"
)

// unboundedGrowth is the growth of a copy whose key does not come from the source's.
const unboundedGrowth = math.MaxInt32

// keyGrowth is the most characters by which the copy's key can be longer than the source's,
// given the keys of the sources, and whether it stays in their bucket. There is a bound if
// the key consists of literals and of parts of the source's key, each of them used once. (In
// bytes there is none: a letter may have more of them in the other case.)
func (c *copySpec) keyGrowth(keys *keyset.Set, sameBucket bool) int {
	if c.key == nil {
		return 0
	}
	used := map[string]bool{}
	grows := 0
	for i := range c.key.parts {
		p := &c.key.parts[i]
		if p.name == "" {
			grows += utf8.RuneCountInString(p.literal)
			continue
		}
		if used[p.fullName()] || p.fallback != nil && len(p.fallback.parts) > 0 {
			return unboundedGrowth
		}
		used[p.fullName()] = true
		switch {
		case p.cut.end == '#' && keysBegin(keys, p), p.cut.end == '%' && keysEnd(keys, p):
			grows -= utf8.RuneCountInString(p.cut.text)
		}
	}
	saved, ok := c.charactersLeftOut(used, keys)
	switch {
	case !ok:
		return unboundedGrowth
	case grows == saved && sameBucket && c.key.leavesOut() && !(c.rewrites() && c.rewriteInPlace):
		return -1 // or the destination is the source itself but for the case of letters
	}
	return grows - saved
}

// leavesOut reports whether the template gives the source's key with characters left out, or all of it, apart from the
// case of its letters.
func (t *template) leavesOut() bool {
	if len(t.parts) == 1 {
		return t.parts[0].name != ""
	}
	whole := []string{"dir", "/", "base", "stem", ".", "ext"} // base and stem are never both used
	for _, p := range t.parts {
		i := slices.Index(whole, p.fullName()+p.literal)
		if i < 0 || p.fallback != nil {
			return false
		}
		whole = whole[i+1:]
	}
	return true
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

// charactersLeftOut is the least number of characters of a key that the used parts leave out. It is
// not ok if the parts overlap or do not come from the key.
func (c *copySpec) charactersLeftOut(used map[string]bool, keys *keyset.Set) (n int, ok bool) {
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

// leastOutsideGroups is the least number of characters that a pattern matches outside some of
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

// leastLength is the least number of characters that an expression matches.
func leastLength(re *syntax.Regexp) int {
	switch re.Op {
	case syntax.OpLiteral:
		return len(re.Rune)
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
