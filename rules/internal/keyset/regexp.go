package keyset

import (
	"fmt"
	"regexp/syntax"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Regexp returns the set of the keys in which a regular expression (RE2 syntax, as in
// package regexp) is found. It is exact unless the expression asks for line or word
// boundaries or is too large: then the set may contain too many keys.
func Regexp(pattern string) *Set {
	return ofSyntax(pattern, somewhere)
}

// RegexpGroup returns the set of what a named group of a regular expression can match;
// all keys if there is no such group.
func RegexpGroup(pattern, group string) *Set {
	return ofSyntax(pattern, func(re *syntax.Regexp) *syntax.Regexp { return groupNamed(re, group) })
}

// RegexpAfterGroup returns the set of what a regular expression matches after a named group, up to the end of the key;
// nil unless the expression is ^, the group, something else and $.
func RegexpAfterGroup(pattern, group string) *Set {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil || re.Op != syntax.OpConcat {
		return nil
	}
	n := len(re.Sub)
	if n < 3 || re.Sub[0].Op != syntax.OpBeginText || re.Sub[n-1].Op != syntax.OpEndText ||
		re.Sub[1].Op != syntax.OpCapture || re.Sub[1].Name != group {
		return nil
	}
	return ofSyntax(pattern, func(re *syntax.Regexp) *syntax.Regexp {
		return &syntax.Regexp{Op: syntax.OpConcat, Sub: re.Sub[2 : n-1]}
	})
}

// groupNamed finds the last group of that name, nil if there is none.
func groupNamed(re *syntax.Regexp, name string) (found *syntax.Regexp) {
	if re.Op == syntax.OpCapture && re.Name == name {
		found = re
	}
	for _, sub := range re.Sub {
		if inner := groupNamed(sub, name); inner != nil {
			found = inner
		}
	}
	return found
}

// RegexpInfo is what is known of a regular expression without compiling it.
type RegexpInfo struct {
	// Every key in which the pattern is found begins with one of Prefixes and ends with one of
	// Suffixes: what the pattern has next to ^ and $, whatever its case. That is one empty text if
	// it is not known.
	Prefixes, Suffixes []string
	// Groups are the names of its groups by number, "" for those without a name.
	Groups []string
	// Size is about how many instructions and ranges of characters it has when compiled,
	// and counts what takes long to read.
	Size int
}

// Bounds of what takes long to parse: classes of Unicode, and ranges beyond ASCII in which
// case does not count. foldedSize is what one of the latter counts.
const (
	maxClasses      = 100
	maxFoldedRanges = 20
	foldedSize      = 3000
)

// InspectRegexp parses a regular expression. It finds at most so many prefixes and suffixes.
func InspectRegexp(pattern string, most int) (RegexpInfo, error) {
	classes, folded := slowParts(pattern)
	if classes > maxClasses || folded > maxFoldedRanges {
		return RegexpInfo{}, fmt.Errorf("the pattern has too many classes of characters: at most %d of \\p and \\P, "+
			"and %d ranges beyond ASCII under (?i)", maxClasses, maxFoldedRanges)
	}
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return RegexpInfo{}, err
	}
	info := RegexpInfo{Groups: re.CapNames(), Size: syntaxSize(re, 1) + folded*foldedSize}
	info.Prefixes, info.Suffixes = regexpEnds(re, most)
	return info, nil
}

// slowParts counts what takes long to parse: classes of Unicode, and ranges that may end
// beyond ASCII where case may not count.
func slowParts(pattern string) (classes, folded int) {
	fold := foldsCase(pattern)
	for i := range len(pattern) - 1 {
		switch c := pattern[i+1]; {
		case pattern[i] == '\\' && (c == 'p' || c == 'P'):
			classes++
		case pattern[i] == '-' && fold && (c >= utf8.RuneSelf || c == '\\' && i+2 < len(pattern) &&
			strings.IndexByte("x01234567", pattern[i+2]) >= 0):
			folded++
		}
	}
	return classes, folded
}

// foldsCase reports whether some flag of a pattern may be i.
func foldsCase(pattern string) bool {
	for _, group := range strings.Split(pattern, "(?")[1:] {
		flags := group[:len(group)-len(strings.TrimLeft(group, "imsU"))]
		if strings.Contains(flags, "i") {
			return true
		}
	}
	return false
}

// syntaxSize is the size of an expression that is repeated so often.
func syntaxSize(re *syntax.Regexp, times int) int {
	size := times
	switch re.Op {
	case syntax.OpLiteral:
		size = times * len(re.Rune)
	case syntax.OpCharClass:
		size = times + len(re.Rune)/2
	case syntax.OpRepeat:
		times *= max(re.Min, re.Max, 1)
	}
	for _, sub := range re.Sub {
		size += syntaxSize(sub, times)
	}
	return size
}

// ofSyntax returns the set of the texts that a part of a pattern matches from start to
// end; all texts if there is no such part, or if it is too large.
func ofSyntax(pattern string, part func(*syntax.Regexp) *syntax.Regexp) *Set {
	var s *Set
	s = later(func() *automaton {
		re, err := syntax.Parse(pattern, syntax.Perl)
		if err != nil {
			return nil
		}
		if re = part(re); re == nil {
			return nil
		}
		prog, err := syntax.Compile(re.Simplify())
		if err != nil || len(prog.Inst)*int(places) > maxStates {
			return nil
		}
		b := &regexpBuilder{numbers: make([]int, len(prog.Inst)*int(places))}
		b.at(uint32(prog.Start), atStart)
		for len(b.todo) > 0 {
			last := len(b.todo) - 1
			next := b.todo[last]
			b.todo = b.todo[:last]
			b.instruction(next.pc, &prog.Inst[next.pc], next.place)
		}
		s.exact = !b.vague
		return b.build()
	})
	return s
}

// place is what a state knows of its place in the text.
type place int

const (
	atStart place = iota
	inside
	atEnd
	places
)

// regexpBuilder builds an automaton from a program of regexp/syntax: one state for each
// instruction and place that can be reached.
type regexpBuilder struct {
	builder
	numbers []int // by instruction and place: the number of the state and 1
	todo    []regexpState
	vague   bool // a state asks for a boundary, about which the automaton knows nothing
}

// regexpState is an instruction at a place.
type regexpState struct {
	pc    uint32
	place place
}

// at returns the number of a state, and plans to add its moves if it is new.
func (b *regexpBuilder) at(pc uint32, p place) int {
	n := &b.numbers[int(pc)*int(places)+int(p)]
	if *n == 0 {
		*n = b.state() + 1
		b.todo = append(b.todo, regexpState{pc, p})
	}
	return *n - 1
}

// instruction adds the moves of one instruction at one place.
func (b *regexpBuilder) instruction(pc uint32, in *syntax.Inst, p place) {
	from := b.at(pc, p)
	switch in.Op {
	case syntax.InstAlt, syntax.InstAltMatch:
		b.skip(from, b.at(in.Out, p))
		b.skip(from, b.at(in.Arg, p))
	case syntax.InstCapture, syntax.InstNop:
		b.skip(from, b.at(in.Out, p))
	case syntax.InstMatch:
		b.accepts[from] = true
	case syntax.InstEmptyWidth:
		b.emptyWidth(from, in, p)
	case syntax.InstRune, syntax.InstRune1, syntax.InstRuneAny, syntax.InstRuneAnyNotNL:
		if p != atEnd {
			b.moveOver(from, instructionRanges(in), b.at(in.Out, inside))
		}
	}
}

// emptyWidth adds the empty move of an instruction that asks where it is in the text.
func (b *regexpBuilder) emptyWidth(from int, in *syntax.Inst, p place) {
	switch empty := syntax.EmptyOp(in.Arg); {
	case empty == syntax.EmptyBeginText && p == inside:
	case empty == syntax.EmptyEndText:
		b.skip(from, b.at(in.Out, atEnd))
	default:
		if empty != syntax.EmptyBeginText || p == atEnd {
			b.vague = true
		}
		b.skip(from, b.at(in.Out, p))
	}
}

// instructionRanges returns the characters that an instruction consumes.
func instructionRanges(in *syntax.Inst) []rune {
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
