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
			for state := range a.accepts {
				n := b.state()
				b.accepts[n] = a.accepts[state] && (layer == length || !atEnd) ||
					layer == length && !atEnd // some key goes on from every state
				for _, m := range a.moves[state] {
					switch {
					case unlimited:
						b.move(n, m.low, m.high, first+m.to)
					case layer < length:
						b.move(n, m.low, m.high, first+(layer+1)*len(a.accepts)+m.to)
					}
				}
			}
		}
		for _, state := range begins {
			b.skip(start, first+state)
		}
		return b.build()
	}, s)
	return part
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
// beyond ASCII become that is not beyond it. Of a large range beyond ASCII it is not looked
// up what becomes of each character: it may be any.
func (s *Set) mapped(f func(rune) rune, ascii ...rune) *Set {
	var result *Set
	result = later(func() *automaton {
		a := s.automaton()
		images := map[[2]rune][]rune{}
		image := func(low, high rune) []rune {
			ranges, known := images[[2]rune{low, high}]
			if known {
				return ranges
			}
			var to []move
			one := func(low, high rune) {
				for r := low; r <= high; r++ {
					to = append(to, move{low: f(r), high: f(r)})
				}
			}
			one(low, min(high, utf8.RuneSelf-1))
			if beyond := max(low, utf8.RuneSelf); high-beyond < fewCharacters {
				one(beyond, high)
			} else {
				result.exact = false
				to = append(to, move{low: utf8.RuneSelf, high: lastRune})
				for _, r := range ascii {
					to = append(to, move{low: r, high: r})
				}
			}
			s.meter.Spend(len(to))
			images[[2]rune{low, high}] = mergeRanges(to)
			return images[[2]rune{low, high}]
		}
		m := &automaton{slices.Clone(a.accepts), make([][]move, len(a.moves))}
		for state, moves := range a.moves {
			for _, mv := range moves {
				ranges := image(mv.low, mv.high)
				for i := 0; i < len(ranges); i += 2 {
					m.moves[state] = append(m.moves[state], move{ranges[i], ranges[i+1], mv.to})
				}
			}
		}
		return m
	}, s)
	return result
}
