package rules

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// language is the keys that a glob fits, as doublestar matches them: a **
// between slashes stands for any number of directories, elsewhere for no more
// than *. When the key is at its end, what is left of the pattern may be one of
// zeroLength only: a/**/* does not fit a/. It is exact unless a class takes in
// the slash, or several **/ follow one another: there doublestar does not try
// every way to fit.
func (g *glob) language() (l *language, exact bool) {
	d := &globDraft{pattern: g.pattern, states: map[globState]int{}, exact: strings.Count(g.pattern, "**/") < 2}
	d.at(globState{landed: true})
	for len(d.todo) > 0 {
		s := d.todo[len(d.todo)-1]
		d.todo = d.todo[:len(d.todo)-1]
		d.expand(s)
	}
	return d.finish(), d.exact
}

var zeroLength = []string{"", "*", "**", "/**", "**/", "/**/"}

// globState is a place in a pattern.
type globState struct {
	index  int
	loop   loop
	landed bool // a character of the key was just consumed: the key may end here
}

// loop is what may still be consumed before the pattern goes on at the place.
type loop int

const (
	noLoop     loop = iota
	starLoop        // anything but a slash
	treeLoop        // any number of directories
	treeInside      // the middle of such a directory
	anyLoop         // anything at all
)

type globDraft struct {
	draft
	pattern string
	states  map[globState]int
	todo    []globState
	exact   bool
}

func (d *globDraft) at(s globState) int {
	n, ok := d.states[s]
	if !ok {
		n = d.state()
		d.states[s] = n
		d.ends[n] = s.landed && (s.loop == anyLoop || s.loop != treeInside && slices.Contains(zeroLength, d.pattern[s.index:]))
		d.todo = append(d.todo, s)
	}
	return n
}

// expand enters what can follow a place.
func (d *globDraft) expand(s globState) {
	from, i, p := d.at(s), s.index, d.pattern
	consume := func(to globState, ranges ...rune) {
		to.landed = true
		n := d.at(to)
		for j := 0; j < len(ranges); j += 2 {
			d.move(from, ranges[j], ranges[j+1], n)
		}
	}
	switch s.loop {
	case starLoop:
		consume(s, 0, '/'-1, '/'+1, lastRune)
	case treeLoop, treeInside:
		consume(globState{index: i, loop: treeInside}, 0, '/'-1, '/'+1, lastRune)
		consume(globState{index: i, loop: treeLoop}, '/', '/')
		if s.loop == treeInside {
			return
		}
	case anyLoop:
		consume(s, 0, lastRune)
		return
	}
	if i >= len(p) {
		return
	}
	begins := i == 0 || p[i-1] == '/'
	switch c := p[i]; {
	case begins && p[i:] == "**":
		consume(globState{index: i, loop: anyLoop}, 0, lastRune)
	case begins && strings.HasPrefix(p[i:], "**/"):
		d.skip(from, d.at(globState{index: i + 3, loop: treeLoop}))
	case c == '*':
		d.skip(from, d.at(globState{index: i + 1, loop: starLoop}))
	case c == '?':
		consume(globState{index: i + 1}, 0, '/'-1, '/'+1, lastRune)
	case c == '[':
		end := classEnd(p, i)
		class := globClass(p[i+1 : end])
		for j := 0; j < len(class); j += 2 {
			d.exact = d.exact && (class[j] > '/' || class[j+1] < '/')
		}
		consume(globState{index: end + 1}, class...)
	default:
		if c == '\\' {
			i++
		}
		r, n := utf8.DecodeRuneInString(p[i:])
		consume(globState{index: i + n}, r, r)
	}
}

// globClass is the characters of a class, given what stands between its
// brackets.
func globClass(s string) []rune {
	negate := s[0] == '!' || s[0] == '^'
	if negate {
		s = s[1:]
	}
	next := func() rune {
		if s[0] == '\\' {
			s = s[1:]
		}
		r, n := utf8.DecodeRuneInString(s)
		s = s[n:]
		return r
	}
	var moves []move
	for last := rune(-1); s != ""; {
		dash := s[0] == '-'
		r := next()
		if dash && last >= 0 && s != "" {
			if high := next(); last <= high {
				moves = append(moves, move{low: last, high: high})
			}
			last = -1
			continue
		}
		moves, last = append(moves, move{low: r, high: r}), r
	}
	slices.SortFunc(moves, func(a, b move) int { return int(a.low - b.low) })
	var ranges []rune
	for _, m := range moves {
		if n := len(ranges); n > 0 && m.low <= ranges[n-1]+1 {
			ranges[n-1] = max(ranges[n-1], m.high)
		} else {
			ranges = append(ranges, m.low, m.high)
		}
	}
	if !negate {
		return ranges
	}
	var others []rune
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
