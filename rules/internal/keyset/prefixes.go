package keyset

import "slices"

// longestPrefix bounds the characters that Prefix returns. Object keys have at most
// 1,023 bytes.
const longestPrefix = 1023

// mostBranches bounds the characters by which [Set.Prefixes] tells keys apart. Alternatives
// that somebody wrote one by one are fewer; a class such as \d has more.
const mostBranches = 9

// Prefix returns the longest text that all keys of the set begin with, at most 1,023
// characters of it; "" for the empty set.
func (s *Set) Prefix() string { return s.Prefixes(1)[0] }

// Suffix returns the longest text that all keys of the set end with, as [Set.Prefix] does.
func (s *Set) Suffix() string { return s.Suffixes(1)[0] }

// Prefixes returns at most so many texts with one of which every key of the set begins.
// None of them begins with another. It tells keys apart only where few characters are
// possible, such as in a|b or in the two cases of a letter.
func (s *Set) Prefixes(most int) []string {
	a := s.automaton()
	branches := []branch{s.follow(branch{states: []int{0}})}
	for {
		i := shortestOpen(branches)
		if i < 0 {
			break
		}
		next := a.splitBranch(branches[i])
		if next == nil || len(branches)-1+len(next) > most || !s.meter.Spend(len(next)) {
			branches[i].closed = true
			continue
		}
		for j := range next {
			next[j] = s.follow(next[j])
		}
		branches = slices.Replace(branches, i, i+1, next...)
	}
	texts := make([]string, len(branches))
	for i, b := range branches {
		texts[i] = string(b.text)
	}
	return texts
}

// Suffixes returns at most so many texts with one of which every key of the set ends, as
// [Set.Prefixes] does.
func (s *Set) Suffixes(most int) []string {
	texts := s.backwards().Prefixes(most)
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

// branch is a beginning of keys, and the states to which it leads.
type branch struct {
	text   []rune
	states []int
	closed bool // it is not divided any further
}

// follow extends a branch by the characters that all its keys have in common.
func (s *Set) follow(b branch) branch {
	a := s.automaton()
	for len(b.text) < longestPrefix && s.meter.Spend(len(b.states)) {
		r, next, ok := a.onlyMove(b.states)
		if !ok {
			break
		}
		b.text, b.states = append(b.text, r), next
	}
	return b
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

// splitBranch returns the branches for each character that may follow; none if a key may
// end here, or if too many characters may follow.
func (a *automaton) splitBranch(b branch) (next []branch) {
	var chars []rune
	for _, state := range b.states {
		if a.accepts[state] {
			return nil
		}
		for _, m := range a.moves[state] {
			if m.high-m.low >= mostBranches {
				return nil
			}
			for r := m.low; r <= m.high; r++ {
				chars = append(chars, r)
			}
		}
	}
	slices.Sort(chars)
	chars = slices.Compact(chars)
	if len(chars) > mostBranches || len(b.text) >= longestPrefix {
		return nil
	}
	for _, r := range chars {
		var states []int
		for _, from := range b.states {
			states = append(states, a.over(from, r)...)
		}
		slices.Sort(states)
		next = append(next, branch{text: append(slices.Clone(b.text), r), states: slices.Compact(states)})
	}
	return next
}
