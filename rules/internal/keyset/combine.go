package keyset

import (
	"encoding/binary"
	"slices"
)

// maxStates bounds the states of a set, maxWork the steps of one operation.
const (
	maxStates = 4000
	maxWork   = 300000
)

// Union returns the set of the keys that are in any of the sets; the empty set if there
// are none.
func Union(sets ...*Set) *Set {
	b := &builder{}
	b.state()
	for _, s := range sets {
		start, accepting := b.include(s)
		b.skip(0, start)
		b.accept(accepting)
	}
	return b.build()
}

// Concat returns the set of the keys that consist of a key of the first set followed by
// one of the second, and so on; the set of the empty key if there are no sets. Sets
// with which the result would exceed 4,000 states are replaced by all keys.
func Concat(sets ...*Set) *Set {
	b := &builder{}
	last := []int{b.state()}
	size := 0
	for _, s := range sets {
		if size += len(s.accepts); size > maxStates {
			s = Any(0)
		}
		start, accepting := b.include(s)
		for _, state := range last {
			b.skip(state, start)
		}
		last = accepting
	}
	b.accept(last)
	return b.build()
}

// Intersect returns the set of the keys that are in both sets. If that is too large to
// compute it returns s itself.
func (s *Set) Intersect(other *Set) *Set {
	type pair struct{ a, b int }
	b := &builder{}
	numbers := map[pair]int{}
	var todo []pair
	number := func(p pair) int {
		n, ok := numbers[p]
		if !ok {
			n = b.state()
			numbers[p] = n
			b.accepts[n] = s.accepts[p.a] && other.accepts[p.b]
			todo = append(todo, p)
		}
		return n
	}
	number(pair{0, 0})
	for work := 0; len(todo) > 0; {
		p := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, m := range s.moves[p.a] {
			work += len(other.moves[p.b])
			for _, o := range other.moves[p.b] {
				if low, high := max(m.low, o.low), min(m.high, o.high); low <= high {
					to := number(pair{m.to, o.to})
					b.move(numbers[p], low, high, to)
				}
			}
		}
		if len(numbers) > maxStates || work > maxWork {
			return s
		}
	}
	return b.trim()
}

// Minus returns the set of the keys of s that the other set does not contain. If that is
// too large to compute it returns s itself. Where the other set is not exact, the result
// may lack keys.
func (s *Set) Minus(other *Set) *Set {
	type pair struct {
		a, n int
		b    []int // the states that the other automaton may be in
	}
	b := &builder{}
	numbers := map[string]int{}
	var todo []pair
	number := func(a int, states []int) int {
		key := binary.AppendUvarint(nil, uint64(a))
		out := true
		for _, state := range states {
			key = binary.AppendUvarint(key, uint64(state))
			out = out && !other.accepts[state]
		}
		n, ok := numbers[string(key)]
		if !ok {
			n = b.state()
			numbers[string(key)] = n
			b.accepts[n] = s.accepts[a] && out
			todo = append(todo, pair{a, n, states})
		}
		return n
	}
	number(0, []int{0})
	for work := 0; len(todo) > 0; {
		p := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, m := range s.moves[p.a] {
			spans := other.split(p.b, m)
			for _, state := range p.b {
				work += len(other.moves[state]) * len(spans)
			}
			for _, sp := range spans {
				b.move(p.n, sp.low, sp.high, number(m.to, sp.to))
			}
			if len(numbers) > maxStates || work > maxWork {
				return s
			}
		}
	}
	return b.trim()
}

// span is a range of characters, all of which lead to the same states.
type span struct {
	low, high rune
	to        []int
}

// split cuts the range of a move where the states to which the given ones lead change.
func (s *Set) split(states []int, m move) []span {
	cuts := s.cuts(states, m)
	spans := make([]span, len(cuts))
	for i, low := range cuts {
		high := m.high
		if i+1 < len(cuts) {
			high = cuts[i+1] - 1
		}
		var to []int
		for _, state := range states {
			for _, o := range s.moves[state] {
				if o.low <= low && low <= o.high {
					to = append(to, o.to)
				}
			}
		}
		slices.Sort(to)
		spans[i] = span{low, high, slices.Compact(to)}
	}
	return spans
}

// cuts lists where the spans of a move begin, in order.
func (s *Set) cuts(states []int, m move) []rune {
	cuts := []rune{m.low}
	for _, state := range states {
		for _, o := range s.moves[state] {
			if o.low > m.low && o.low <= m.high {
				cuts = append(cuts, o.low)
			}
			if o.high >= m.low && o.high < m.high {
				cuts = append(cuts, o.high+1)
			}
		}
	}
	slices.Sort(cuts)
	return slices.Compact(cuts)
}
