package rules

import (
	"regexp/syntax"
	"slices"
	"unicode"
)

// regexpLanguage is the texts that a pattern is found in. It is exact unless
// the pattern looks at line or word boundaries: then it may hold texts too
// many.
func regexpLanguage(pattern string) (l *language, exact bool) {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return allTexts(0), false
	}
	anything := func() *syntax.Regexp {
		return &syntax.Regexp{Op: syntax.OpStar, Sub: []*syntax.Regexp{{Op: syntax.OpAnyChar}}}
	}
	l, exact = syntaxLanguage(&syntax.Regexp{Op: syntax.OpConcat, Sub: []*syntax.Regexp{anything(), re, anything()}})
	if l == nil {
		head, tail := regexpEnds(pattern)
		return following(oneText(head), allTexts(0)).and(following(allTexts(0), oneText(tail))), false
	}
	return l, exact
}

// groupLanguage is what a named group of a pattern can hold.
func groupLanguage(pattern, group string) *language {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return allTexts(0)
	}
	var found *syntax.Regexp
	var walk func(*syntax.Regexp)
	walk = func(re *syntax.Regexp) {
		if re.Op == syntax.OpCapture && re.Name == group {
			found = re
		}
		for _, sub := range re.Sub {
			walk(sub)
		}
	}
	if walk(re); found == nil {
		return allTexts(0)
	}
	if l, _ := syntaxLanguage(found); l != nil {
		return l
	}
	return allTexts(0)
}

// What a program's state knows of its place in the text.
const (
	atStart = iota
	inside
	atEnd
	places
)

// syntaxLanguage is the texts that an expression matches from start to end; nil
// if they are too many to compute with.
func syntaxLanguage(re *syntax.Regexp) (l *language, exact bool) {
	prog, err := syntax.Compile(re.Simplify())
	if err != nil || len(prog.Inst)*places > maxLanguage {
		return allTexts(0), false
	}
	var vague []int // states that look at what the automaton does not know
	d := &draft{}
	start := d.state()
	for range len(prog.Inst) * places {
		d.state()
	}
	at := func(pc uint32, place int) int { return 1 + int(pc)*places + place }
	d.skip(start, at(uint32(prog.Start), atStart))
	for pc := range prog.Inst {
		in := &prog.Inst[pc]
		for place := range places {
			from := at(uint32(pc), place)
			switch in.Op {
			case syntax.InstAlt, syntax.InstAltMatch:
				d.skip(from, at(in.Out, place))
				d.skip(from, at(in.Arg, place))
			case syntax.InstCapture, syntax.InstNop:
				d.skip(from, at(in.Out, place))
			case syntax.InstMatch:
				d.ends[from] = true
			case syntax.InstEmptyWidth:
				switch empty := syntax.EmptyOp(in.Arg); {
				case empty == syntax.EmptyBeginText && place == inside:
				case empty == syntax.EmptyEndText:
					d.skip(from, at(in.Out, atEnd))
				default:
					if empty != syntax.EmptyBeginText || place == atEnd {
						vague = append(vague, from)
					}
					d.skip(from, at(in.Out, place))
				}
			case syntax.InstRune, syntax.InstRune1, syntax.InstRuneAny, syntax.InstRuneAnyNotNL:
				if place == atEnd {
					continue
				}
				ranges := instRanges(in)
				for i := 0; i < len(ranges); i += 2 {
					d.move(from, ranges[i], ranges[i+1], at(in.Out, inside))
				}
			}
		}
	}
	reached := d.reached()
	return d.finish(), !slices.ContainsFunc(vague, func(s int) bool { return reached[s] })
}

// reached marks the states that can be reached from the start.
func (d *draft) reached() []bool {
	reached := make([]bool, len(d.ends))
	for todo := []int{0}; len(todo) > 0; {
		s := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if reached[s] {
			continue
		}
		reached[s] = true
		todo = append(todo, d.empty[s]...)
		for _, m := range d.moves[s] {
			todo = append(todo, m.to)
		}
	}
	return reached
}

// instRanges are the characters that a program's step consumes.
func instRanges(in *syntax.Inst) []rune {
	switch in.Op {
	case syntax.InstRuneAny:
		return []rune{0, lastRune}
	case syntax.InstRuneAnyNotNL:
		return []rune{0, '\n' - 1, '\n' + 1, lastRune}
	}
	if len(in.Rune) != 1 {
		return in.Rune
	}
	r := in.Rune[0]
	ranges := []rune{r, r}
	if syntax.Flags(in.Arg)&syntax.FoldCase != 0 {
		for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
			ranges = append(ranges, f, f)
		}
	}
	return ranges
}
