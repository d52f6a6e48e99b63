package keyset

import "slices"

// Set is a set of keys: an automaton as described in the package documentation.
// Make one with the functions of this package; the zero value is not usable.
type Set struct {
	accepts []bool   // by state; 0 is the start
	moves   [][]move // by state
}

// move consumes one character between two bounds, both included.
type move struct {
	low, high rune
	to        int
}

const lastRune = '\U0010FFFF'

// longestPrefix bounds the characters that Prefix returns. Object keys have at most
// 1,023 bytes.
const longestPrefix = 1023

// IsEmpty reports whether the set has no key.
func (s *Set) IsEmpty() bool { return len(s.moves[0]) == 0 && !s.accepts[0] }

// Contains reports whether a key is in the set.
func (s *Set) Contains(key string) bool {
	states := []int{0}
	for _, r := range key {
		var next []int
		for _, from := range states {
			next = append(next, s.over(from, r)...)
		}
		slices.Sort(next)
		states = slices.Compact(next)
	}
	return slices.ContainsFunc(states, func(state int) bool { return s.accepts[state] })
}

// Prefix returns the longest text that all keys of the set begin with, at most 1,023
// characters of it; "" for the empty set.
func (s *Set) Prefix() string {
	var prefix []rune
	states := []int{0}
	for len(prefix) < longestPrefix {
		r, next, ok := s.onlyMove(states)
		if !ok {
			break
		}
		prefix, states = append(prefix, r), next
	}
	return string(prefix)
}

// onlyMove returns the one character by which the states can be left, and where it
// leads. It is not ok if a state accepts or if there is no such character.
func (s *Set) onlyMove(states []int) (r rune, next []int, ok bool) {
	r = -1
	for _, state := range states {
		if s.accepts[state] {
			return 0, nil, false
		}
		for _, m := range s.moves[state] {
			if m.low != m.high || r >= 0 && r != m.low {
				return 0, nil, false
			}
			r = m.low
			next = append(next, m.to)
		}
	}
	slices.Sort(next)
	return r, slices.Compact(next), r >= 0
}

// Shortest returns one of the set's shortest keys, as an example for a message; it is
// not ok if the set is empty. Where several characters are possible it prefers a
// printable one.
func (s *Set) Shortest() (key string, ok bool) {
	type step struct {
		state int
		text  string
	}
	seen := make([]bool, len(s.accepts))
	for todo := []step{{}}; len(todo) > 0; todo = todo[1:] {
		at := todo[0]
		if s.accepts[at.state] {
			return at.text, true
		}
		for _, m := range s.moves[at.state] {
			if !seen[m.to] {
				seen[m.to] = true
				todo = append(todo, step{m.to, at.text + string(m.sample())})
			}
		}
	}
	return "", false
}

// sample is a character of the move, a printable one if there is one.
func (m move) sample() rune {
	if m.low <= 'x' && 'x' <= m.high {
		return 'x'
	}
	return max(m.low, min(m.high, '!'))
}

// over lists the states to which a character leads.
func (s *Set) over(state int, r rune) []int {
	var to []int
	for _, m := range s.moves[state] {
		if m.low <= r && r <= m.high {
			to = append(to, m.to)
		}
	}
	return to
}
