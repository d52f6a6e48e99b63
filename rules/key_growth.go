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

// keyGrowth is by how many bytes the copy's key is longer than the source's at
// most, given the keys it copies. The bound is known where the key is made of
// parts of the source's, each used once, and of literals.
func (c *copySpec) keyGrowth(keys *keyset.Set) int {
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
		if used[p.fullName()] || p.form == formDefault && p.operand != "" {
			return unboundedGrowth
		}
		used[p.fullName()] = true
		switch {
		case p.form == formPrefix && keysBegin(keys, p):
			grows -= len(p.operand)
		case p.form == formSuffix && keysEnd(keys, p):
			grows -= len(p.operand)
		}
	}
	saved, ok := c.bytesLeftOut(used, keys)
	switch {
	case !ok:
		return unboundedGrowth
	case grows == saved && c.bucket == nil && c.key.isKeyOrPart() && !(c.rewrites() && c.rewriteInPlace):
		return -1 // or it is the source itself, and no event follows
	}
	return grows - saved
}

// isKeyOrPart is whether the template gives the source's key or a part of it.
func (t *template) isKeyOrPart() bool {
	return len(t.parts) == 1 && t.parts[0].name == "key" || t.text == "${dir}/${stem}"
}

func keysBegin(keys *keyset.Set, p *templatePart) bool {
	return p.name == "key" && keys.Minus(keyset.StartingWith(p.operand)).IsEmpty()
}

func keysEnd(keys *keyset.Set, p *templatePart) bool {
	return p.name == "key" && keys.Minus(keyset.EndingWith(p.operand)).IsEmpty()
}

// bytesLeftOut is how many bytes of every key the used parts leave out at least;
// false if the parts overlap or do not come from the key.
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
	if used["dir"] {
		n++ // the slash behind it
	}
	if !used["base"] {
		plain := keyset.Concat(keyset.Union(keyset.Literal(""), keyset.EndingWith("/")), keyset.Union(keyset.Literal(""), keyset.Literal(".")),
			keyset.Repeat(0, 0, '.'-1, '.'+1, '/'-1, '/'+1, unicode.MaxRune))
		if keys.Intersect(plain).IsEmpty() {
			n++ // the dot of the extension
		}
	}
	return n, true
}

// leastOutsideGroups is how many bytes a pattern matches at least beside some of its
// groups; false if the groups are not all on its top level.
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

// leastLength is the number of bytes an expression matches at least.
func leastLength(re *syntax.Regexp) int {
	switch re.Op {
	case syntax.OpLiteral:
		return len(re.Rune) // bytes are no fewer, whatever the case
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
