package keyset

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Set returns the set of the keys that the glob matches. It is exact unless a class
// contains the slash or several **/ follow one another: there the matcher does not try
// every possibility, and the set may contain too many keys.
//
// A key may end where the rest of the pattern is one of a few that match nothing
// at all; a/**/*, for instance, does not match a/.
func (g *Glob) Set() *Set {
	var s *Set
	s = later(func() *automaton {
		b := &globBuilder{pattern: g.pattern, states: map[globState]int{}, exact: strings.Count(g.pattern, "**/") < 2}
		b.at(globState{consumed: true})
		for len(b.todo) > 0 {
			next := b.todo[len(b.todo)-1]
			b.todo = b.todo[:len(b.todo)-1]
			b.expand(next)
		}
		s.exact = b.exact
		return b.build()
	})
	if g.anyCase {
		return s.AnyCase()
	}
	return s
}

// zeroLength are the rests of a pattern that match the empty text.
var zeroLength = []string{"", "*", "**", "/**", "**/", "/**/"}

// globState is a position in a pattern.
type globState struct {
	index    int
	loop     loop
	consumed bool // the last move consumed a character of the key: the key may end here
}

// loop is what may be consumed any number of times before the pattern goes on at the
// position.
type loop int

const (
	noLoop      loop = iota
	starLoop         // anything but a slash
	treeLoop         // any number of directories
	insideATree      // the rest of such a directory
	anyLoop          // anything at all
)

type globBuilder struct {
	builder
	pattern string
	states  map[globState]int
	todo    []globState
	exact   bool
}

// at returns the state's number, and plans to expand it if it is new.
func (b *globBuilder) at(s globState) int {
	n, ok := b.states[s]
	if !ok {
		n = b.state()
		b.states[s] = n
		b.accepts[n] = s.consumed && (s.loop == anyLoop ||
			s.loop != insideATree && slices.Contains(zeroLength, b.pattern[s.index:]))
		b.todo = append(b.todo, s)
	}
	return n
}

// consume adds the moves from a state over the ranges.
func (b *globBuilder) consume(from int, to globState, ranges ...rune) {
	to.consumed = true
	b.moveOver(from, ranges, b.at(to))
}

// expand adds the moves of a state.
func (b *globBuilder) expand(s globState) {
	from, i := b.at(s), s.index
	switch s.loop {
	case starLoop:
		b.consume(from, s, 0, '/'-1, '/'+1, lastRune)
	case treeLoop, insideATree:
		b.consume(from, globState{index: i, loop: insideATree}, 0, '/'-1, '/'+1, lastRune)
		b.consume(from, globState{index: i, loop: treeLoop}, '/', '/')
		if s.loop == insideATree {
			return
		}
	case anyLoop:
		b.consume(from, s, 0, lastRune)
		return
	}
	if i < len(b.pattern) {
		b.expandPattern(from, i)
	}
}

// expandPattern adds the moves for what the pattern has at i.
func (b *globBuilder) expandPattern(from, i int) {
	p := b.pattern
	begins := i == 0 || p[i-1] == '/'
	switch c := p[i]; {
	case begins && p[i:] == "**":
		b.consume(from, globState{index: i, loop: anyLoop}, 0, lastRune)
	case begins && strings.HasPrefix(p[i:], "**/"):
		b.skip(from, b.at(globState{index: i + 3, loop: treeLoop}))
	case c == '*':
		b.skip(from, b.at(globState{index: i + 1, loop: starLoop}))
	case c == '?':
		b.consume(from, globState{index: i + 1}, 0, '/'-1, '/'+1, lastRune)
	case c == '[':
		end := classEnd(p, i)
		class := globClass(p[i+1 : end])
		for j := 0; j < len(class); j += 2 {
			b.exact = b.exact && (class[j] > '/' || class[j+1] < '/')
		}
		b.consume(from, globState{index: end + 1}, class...)
	default:
		if c == '\\' {
			i++
		}
		r, n := utf8.DecodeRuneInString(p[i:])
		b.consume(from, globState{index: i + n}, r, r)
	}
}

// globClass returns the characters of a class as ranges, given what is between its
// brackets.
func globClass(s string) []rune {
	negate := s[0] == '!' || s[0] == '^'
	if negate {
		s = s[1:]
	}
	ranges := mergeRanges(classMembers(s))
	if negate {
		return otherRanges(ranges)
	}
	return ranges
}

// classMembers reads the members of a class one by one, in the order of the pattern.
func classMembers(s string) []move {
	next := func() rune {
		if s[0] == '\\' {
			s = s[1:]
		}
		r, n := utf8.DecodeRuneInString(s)
		s = s[n:]
		return r
	}
	var members []move
	for last := rune(-1); s != ""; {
		dash := s[0] == '-'
		r := next()
		if dash && last >= 0 && s != "" {
			if high := next(); last <= high {
				members = append(members, move{low: last, high: high})
			}
			last = -1
			continue
		}
		members, last = append(members, move{low: r, high: r}), r
	}
	return members
}

// mergeRanges sorts ranges and joins those that overlap or touch.
func mergeRanges(members []move) (ranges []rune) {
	slices.SortFunc(members, func(a, b move) int { return int(a.low - b.low) })
	for _, m := range members {
		if n := len(ranges); n > 0 && m.low <= ranges[n-1]+1 {
			ranges[n-1] = max(ranges[n-1], m.high)
		} else {
			ranges = append(ranges, m.low, m.high)
		}
	}
	return ranges
}

// otherRanges returns the characters that sorted ranges leave out.
func otherRanges(ranges []rune) (others []rune) {
	low := rune(0)
	for i := 0; i < len(ranges); i += 2 {
		if ranges[i] > low {
			others = append(others, low, ranges[i]-1)
		}
		low = ranges[i+1] + 1
	}
	if low <= lastRune {
		others = append(others, low, lastRune)
	}
	return others
}
