package rules

import "regexp/syntax"

// regexpEnds is the text that every key a pattern matches begins with, and the
// one it ends with, as far as ^ and $ tie literals to the ends.
func regexpEnds(pattern string) (head, tail string) {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return "", ""
	}
	parts := flatten(re, nil)
	if len(parts) > 0 && parts[0].Op == syntax.OpBeginText {
		for _, p := range parts[1:] {
			if !isLiteral(p) {
				break
			}
			head += string(p.Rune)
		}
	}
	if n := len(parts); n > 0 && parts[n-1].Op == syntax.OpEndText {
		for i := n - 2; i >= 0 && isLiteral(parts[i]); i-- {
			tail = string(parts[i].Rune) + tail
		}
	}
	return head, tail
}

func isLiteral(re *syntax.Regexp) bool {
	return re.Op == syntax.OpLiteral && re.Flags&syntax.FoldCase == 0
}

// flatten lists the parts of a pattern that follow one another, groups opened.
func flatten(re *syntax.Regexp, parts []*syntax.Regexp) []*syntax.Regexp {
	switch re.Op {
	case syntax.OpConcat, syntax.OpCapture:
		for _, sub := range re.Sub {
			parts = flatten(sub, parts)
		}
		return parts
	}
	return append(parts, re)
}
