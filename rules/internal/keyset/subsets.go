package keyset

import (
	"encoding/binary"
	"slices"
)

// nowhere is the state in which an automaton cannot accept any more.
const nowhere = -1

// subsets is a determinized automaton: each of its states is a set of states of the
// original. They are made when a key leads to them.
type subsets struct {
	of      *automaton
	numbers map[string]int32
	states  [][]int32
	spans   [][]span // by state; nil until they are needed
	accepts []bool
	all     []bool // every key is accepted from here on
}

// span is a range of characters that lead to the same state: from the one after the span
// before up to a last one.
type span struct {
	last rune
	to   int32
}

// determinized is the determinized automaton of the set.
func (s *Set) determinized() *subsets {
	if s.subsets == nil {
		s.subsets = &subsets{of: s.automaton(), numbers: map[string]int32{}}
		s.subsets.number([]int32{0})
	}
	return s.subsets
}

// number is the number of a set of states.
func (s *subsets) number(states []int32) int32 {
	if len(states) == 0 {
		return nowhere
	}
	key := make([]byte, 0, 64)
	for _, state := range states {
		key = binary.LittleEndian.AppendUint32(key, uint32(state))
	}
	n, ok := s.numbers[string(key)]
	if ok {
		return n
	}
	n = int32(len(s.states))
	s.numbers[string(key)] = n
	s.states, s.spans = append(s.states, slices.Clone(states)), append(s.spans, nil)
	accepts := func(state int32) bool { return s.of.accepts[state] }
	all := func(state int32) bool { return s.of.takesAll(int(state)) }
	s.accepts = append(s.accepts, slices.ContainsFunc(states, accepts))
	s.all = append(s.all, slices.ContainsFunc(states, all))
	return n
}

// step returns the state to which a character leads, and the last one up to which all
// lead there. It adds its steps to work.
func (s *subsets) step(state int32, r rune, work *int) (to int32, last rune) {
	if state == nowhere {
		return nowhere, lastRune
	}
	spans := s.spans[state]
	if spans == nil {
		spans = s.spansOf(state, work)
		s.spans[state] = spans
	}
	i, _ := slices.BinarySearchFunc(spans, r, func(sp span, r rune) int { return int(sp.last) - int(r) })
	*work++
	return spans[i].to, spans[i].last
}

// spansOf cuts all characters where the states to which they lead change.
func (s *subsets) spansOf(state int32, work *int) []span {
	var moves []move
	var cuts []rune // the first characters of the spans
	*work += 50
	for _, from := range s.states[state] {
		for _, m := range s.of.moves[from] {
			moves = append(moves, m)
			cuts = append(cuts, m.low, m.high+1)
		}
	}
	slices.SortFunc(moves, func(a, b move) int { return int(a.low) - int(b.low) })
	slices.Sort(cuts)
	cuts = append(slices.Compact(cuts), lastRune+1)
	if cuts[0] > 0 {
		cuts = slices.Insert(cuts, 0, 0)
	}
	var spans []span
	var active []move
	var to []int32
	for i, low := range cuts[:len(cuts)-1] {
		if low > lastRune {
			break
		}
		active = slices.DeleteFunc(active, func(m move) bool { return m.high < low })
		for len(moves) > 0 && moves[0].low == low {
			active, moves = append(active, moves[0]), moves[1:]
		}
		*work += 2 + 2*len(active)
		to = to[:0]
		for _, m := range active {
			to = append(to, int32(m.to))
		}
		slices.Sort(to)
		to = slices.Compact(to)
		spans = append(spans, span{cuts[i+1] - 1, s.number(to)})
	}
	return spans
}
