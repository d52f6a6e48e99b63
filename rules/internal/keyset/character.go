package keyset

import (
	"slices"
	"unicode"
	"unicode/utf8"
)

// Slice returns the characters of every key of s from an offset on, at most length of them;
// for a key that has none there, the empty key. If that would have too many states, the set
// also contains what is shorter or longer.
func (s *Set) Slice(offset, length int) *Set { return s.window(offset, length, false) }

// Last returns the last characters of every key of s, so many of them; for a key that has
// fewer, the empty key. If that would have too many states, the set also contains what is
// shorter or longer.
func (s *Set) Last(count int) *Set { return s.window(count, count, true) }

// window returns what lies in a window of so many characters: at the end of every key, or
// else behind the first ones. For a key that is shorter than least it is the empty key.
func (s *Set) window(least, length int, atEnd bool) *Set {
	var part *Set
	part = later(func() *automaton {
		a := s.automaton()
		b := &builder{}
		start := b.state()
		begins := []int{0} // the states at which the window can begin
		for range least {
			b.accepts[start] = b.accepts[start] || a.acceptsAny(begins)
			begins = a.after(begins)
			s.meter.Spend(1 + len(begins))
		}
		if atEnd {
			begins = a.states()
		}
		length, unlimited := length, (length+1)*len(a.accepts) > maxStates
		if unlimited {
			part.exact, length = false, 0
		}
		first := len(b.accepts)
		for layer := range length + 1 {
			next := first + (layer+1)*len(a.accepts)
			switch {
			case unlimited:
				next = first
			case layer == length:
				next = noLayer
			}
			b.layer(a, next, func(state int) bool {
				if atEnd {
					return layer == length && a.accepts[state]
				}
				return layer == length || a.accepts[state] // some key goes on from every state
			})
		}
		for _, state := range begins {
			b.skip(start, first+state)
		}
		return b.build()
	}, s)
	return part
}

// noLayer says that a layer has no moves.
const noLayer = -1

// layer adds a copy of an automaton whose moves lead to another copy of it, which begins at
// the state next.
func (b *builder) layer(a *automaton, next int, accepts func(state int) bool) {
	for state, moves := range a.moves {
		n := b.state()
		b.accepts[n] = accepts(state)
		if next == noLayer {
			continue
		}
		for _, m := range moves {
			b.move(n, m.low, m.high, next+m.to)
		}
	}
}

// acceptsAny reports whether one of some states accepts.
func (a *automaton) acceptsAny(states []int) bool {
	return slices.ContainsFunc(states, func(state int) bool { return a.accepts[state] })
}

// states lists all states.
func (a *automaton) states() []int {
	all := make([]int, len(a.accepts))
	for state := range all {
		all[state] = state
	}
	return all
}

// after lists the states that one character leads to from some states.
func (a *automaton) after(states []int) []int {
	reached := make([]bool, len(a.accepts))
	for _, state := range states {
		for _, m := range a.moves[state] {
			reached[m.to] = true
		}
	}
	return accepting(reached)
}

// Lower returns every key of s with its letters in lower case, each character mapped by
// [unicode.ToLower].
func (s *Set) Lower() *Set { return s.mapped(unicode.ToLower, 'i', 'k') }

// Upper returns every key of s with its letters in upper case, each character mapped by
// [unicode.ToUpper].
func (s *Set) Upper() *Set { return s.mapped(unicode.ToUpper, 'I', 'S') }

// fewCharacters is for how many characters it is looked up what becomes of each of them.
const fewCharacters = 256

// mapped returns every key of s with each character mapped. ascii lists what characters
// beyond ASCII become that is not beyond it.
func (s *Set) mapped(f func(rune) rune, ascii ...rune) *Set {
	var result *Set
	result = later(func() *automaton {
		a := s.automaton()
		c := &characterMap{f: f, ascii: ascii, images: map[[2]rune][]rune{}, exact: true}
		m := &automaton{slices.Clone(a.accepts), make([][]move, len(a.moves))}
		for state, moves := range a.moves {
			for _, mv := range moves {
				ranges := c.image(mv.low, mv.high)
				s.meter.Spend(len(ranges))
				for i := 0; i < len(ranges); i += 2 {
					m.moves[state] = append(m.moves[state], move{ranges[i], ranges[i+1], mv.to})
				}
			}
		}
		result.exact = result.exact && c.exact
		return m
	}, s)
	return result
}

// characterMap maps ranges of characters.
type characterMap struct {
	f      func(rune) rune
	ascii  []rune // see mapped
	images map[[2]rune][]rune
	exact  bool
}

// image returns what the characters of a range become, as ranges. Of a large range beyond
// ASCII it is not looked up what becomes of each: it may be any character.
func (c *characterMap) image(low, high rune) []rune {
	at := [2]rune{low, high}
	if ranges, known := c.images[at]; known {
		return ranges
	}
	var to []move
	each := func(low, high rune) {
		for r := low; r <= high; r++ {
			to = append(to, move{low: c.f(r), high: c.f(r)})
		}
	}
	each(low, min(high, utf8.RuneSelf-1))
	if beyond := max(low, utf8.RuneSelf); high-beyond < fewCharacters {
		each(beyond, high)
	} else {
		c.exact = false
		to = append(to, move{low: utf8.RuneSelf, high: lastRune})
		for _, r := range c.ascii {
			to = append(to, move{low: r, high: r})
		}
	}
	c.images[at] = mergeRanges(to)
	return c.images[at]
}
