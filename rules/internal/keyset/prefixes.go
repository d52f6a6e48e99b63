package keyset

import "slices"

// longestPrefix bounds the characters that Prefix returns. Object keys have at most
// 1,023 bytes.
const longestPrefix = 1023

// widestChoice bounds the characters of a range by which keys are divided. Alternatives
// that somebody wrote one by one are fewer; a class such as \d has more, each of which
// would say little more than none.
const widestChoice = 9

// Prefix returns the longest text that all keys of the set begin with, at most 1,023
// characters of it; "" for the empty set.
func (s *Set) Prefix() string { return s.Prefixes(1)[0] }

// Suffix returns the longest text that all keys of the set end with, as [Set.Prefix] does.
func (s *Set) Suffix() string { return s.Suffixes(1)[0] }

// Prefixes returns at most so many texts with one of which every key of the set begins.
// None of them begins with another. It tells keys apart only where few characters are
// possible, such as in a|b or in the two cases of a letter.
func (s *Set) Prefixes(most int) []string { return prefixesOf(s.automaton(), most, s.meter) }

// Suffixes returns at most so many texts with one of which every key of the set ends, as
// [Set.Prefixes] does.
func (s *Set) Suffixes(most int) []string {
	return eachReversed(prefixesOf(s.backwards().automaton(), most, s.meter))
}

func eachReversed(texts []string) []string {
	for i, text := range texts {
		texts[i] = reversed([]rune(text))
	}
	return texts
}

// backwards is the set of the same keys, each read from its end.
func (s *Set) backwards() *Set {
	return later(func() *automaton {
		a := s.automaton()
		b := &builder{}
		start := b.state()
		for range a.accepts {
			b.state()
		}
		for state, moves := range a.moves {
			for _, m := range moves {
				b.move(m.to+1, m.low, m.high, state+1)
			}
			if a.accepts[state] {
				b.skip(start, state+1)
			}
		}
		b.accepts[1] = true
		return b.build()
	}, s)
}

// graph is what prefixes are read from: an automaton, or a regular expression of which
// none is built. State 0 is the start.
type graph interface {
	// leaving lists the moves from some states. It is not ok if a key may end there, or if
	// it is not known how keys go on.
	leaving(states []int) (moves []move, ok bool)
}

// prefixesOf is [Set.Prefixes]. It divides the shortest beginning first.
func prefixesOf(g graph, most int, m *Meter) []string {
	branches := []branch{{states: []int{0}}}
	for i := 0; i >= 0; i = shortestOpen(branches) {
		next := branches[i].split(g)
		if n := len(next); n == 0 || len(branches)-1+n > most || !m.Spend(n+len(branches[i].states)) {
			branches[i].closed = true
			continue
		}
		branches = slices.Replace(branches, i, i+1, next...)
	}
	texts := make([]string, len(branches))
	for i, b := range branches {
		texts[i] = string(b.text)
	}
	return texts
}

// branch is a beginning of keys, and the states to which it leads.
type branch struct {
	text   []rune
	states []int
	closed bool // it is not divided any further
}

// shortestOpen is the index of the shortest branch that is not closed, -1 if there is none.
func shortestOpen(branches []branch) int {
	found := -1
	for i, b := range branches {
		if !b.closed && (found < 0 || len(b.text) < len(branches[found].text)) {
			found = i
		}
	}
	return found
}

// split returns the branches for each character that may follow; none if a key may end
// here, or if too many characters may follow. They replace the branch.
func (b branch) split(g graph) (next []branch) {
	moves, ok := g.leaving(b.states)
	if !ok || len(b.text) >= longestPrefix {
		return nil
	}
	var chars []rune
	for _, m := range moves {
		if m.high-m.low >= widestChoice {
			return nil
		}
		for r := m.low; r <= m.high; r++ {
			chars = append(chars, r)
		}
	}
	slices.Sort(chars)
	chars = slices.Compact(chars)
	for _, r := range chars {
		text := b.text
		if len(chars) > 1 {
			text = slices.Clone(text)
		}
		var states []int
		for _, m := range moves {
			if m.low <= r && r <= m.high {
				states = append(states, m.to)
			}
		}
		slices.Sort(states)
		next = append(next, branch{text: append(text, r), states: slices.Compact(states)})
	}
	return next
}
