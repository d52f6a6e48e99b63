package keyset

import "regexp/syntax"

// RegexpWith returns the set of the keys in which a regular expression is found whose named
// groups match one of some texts each. A key of it may still be matched in another way, in
// which the groups have other values.
func RegexpWith(pattern string, groups map[string][]string) *Set {
	return ofSyntax(pattern, func(re *syntax.Regexp) *syntax.Regexp { return somewhere(withGroups(re, groups)) })
}

// somewhere is an expression with any text before and after it.
func somewhere(re *syntax.Regexp) *syntax.Regexp {
	anything := func() *syntax.Regexp {
		return &syntax.Regexp{Op: syntax.OpStar, Sub: []*syntax.Regexp{{Op: syntax.OpAnyChar}}}
	}
	return &syntax.Regexp{Op: syntax.OpConcat, Sub: []*syntax.Regexp{anything(), re, anything()}}
}

// withGroups is an expression in which some groups are replaced by the texts that they may
// match.
func withGroups(re *syntax.Regexp, groups map[string][]string) *syntax.Regexp {
	if texts, ok := groups[re.Name]; ok && re.Op == syntax.OpCapture {
		any := &syntax.Regexp{Op: syntax.OpAlternate}
		for _, text := range texts {
			any.Sub = append(any.Sub, &syntax.Regexp{Op: syntax.OpLiteral, Rune: []rune(text)})
		}
		return any
	}
	changed := *re
	changed.Sub = nil
	for _, sub := range re.Sub {
		changed.Sub = append(changed.Sub, withGroups(sub, groups))
	}
	return &changed
}
