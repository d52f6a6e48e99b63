package keyset

import (
	"cmp"
	"slices"
)

// builder is an automaton under construction. Unlike a Set it may have empty moves,
// dead ends and unreachable states.
type builder struct {
	Set
	empty [][]int // by state: where empty moves lead
}

// state adds a state and returns its number.
func (b *builder) state() int {
	b.accepts, b.moves, b.empty = append(b.accepts, false), append(b.moves, nil), append(b.empty, nil)
	return len(b.accepts) - 1
}

func (b *builder) move(from int, low, high rune, to int) {
	b.moves[from] = append(b.moves[from], move{low, high, to})
}

// moveOver adds a move for each of the ranges, given as pairs of bounds.
func (b *builder) moveOver(from int, ranges []rune, to int) {
	for i := 0; i < len(ranges); i += 2 {
		b.move(from, ranges[i], ranges[i+1], to)
	}
}

// skip adds an empty move.
func (b *builder) skip(from, to int) { b.empty[from] = append(b.empty[from], to) }

// include copies a set in, and returns its start and its accepting states. None of
// them accepts in the builder.
func (b *builder) include(s *Set) (start int, accepting []int) {
	start = len(b.accepts)
	for state := range s.accepts {
		b.state()
		for _, m := range s.moves[state] {
			b.move(start+state, m.low, m.high, start+m.to)
		}
		if s.accepts[state] {
			accepting = append(accepting, start+state)
		}
	}
	return start, accepting
}

// accept makes states accepting.
func (b *builder) accept(states []int) {
	for _, s := range states {
		b.accepts[s] = true
	}
}

// build makes a set of the automaton: without empty moves, dead ends and states that
// nothing leads to. The builder must not be used afterwards.
func (b *builder) build() *Set {
	s := Set{accepts: make([]bool, len(b.accepts)), moves: make([][]move, len(b.accepts))}
	seen := slices.Repeat([]int{-1}, len(b.accepts))
	for state := range b.accepts {
		if len(b.empty[state]) == 0 {
			s.accepts[state], s.moves[state] = b.accepts[state], b.moves[state]
			continue
		}
		for _, t := range b.closure(state, seen) {
			s.accepts[state] = s.accepts[state] || b.accepts[t]
			s.moves[state] = append(s.moves[state], b.moves[t]...)
		}
		slices.SortFunc(s.moves[state], func(x, y move) int {
			return cmp.Or(cmp.Compare(x.low, y.low), cmp.Compare(x.high, y.high), cmp.Compare(x.to, y.to))
		})
		s.moves[state] = slices.Compact(s.moves[state])
	}
	return s.trim()
}

// closure lists the states that empty moves reach from a state, itself included. seen[t]
// is the last state for which closure reached t, so that nothing must be cleared between
// calls.
func (b *builder) closure(state int, seen []int) []int {
	all := []int{state}
	seen[state] = state
	for i := 0; i < len(all); i++ {
		for _, to := range b.empty[all[i]] {
			if seen[to] != state {
				seen[to] = state
				all = append(all, to)
			}
		}
	}
	return all
}

// reached marks the states that can be reached from the start, empty moves included.
func (b *builder) reached() []bool {
	reached := make([]bool, len(b.accepts))
	for todo := []int{0}; len(todo) > 0; {
		s := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if reached[s] {
			continue
		}
		reached[s] = true
		todo = append(todo, b.empty[s]...)
		for _, m := range b.moves[s] {
			todo = append(todo, m.to)
		}
	}
	return reached
}

// trim drops the states that no key passes through. The start remains in any case.
func (s *Set) trim() *Set {
	reached, useful := s.reachable(), s.useful()
	number := make([]int, len(s.accepts)) // the new number of each state
	var kept []int
	for state := range s.accepts {
		if state == 0 || reached[state] && useful[state] {
			number[state] = len(kept)
			kept = append(kept, state)
		}
	}
	t := &Set{}
	for _, state := range kept {
		var moves []move
		for _, m := range s.moves[state] {
			if reached[m.to] && useful[m.to] {
				moves = append(moves, move{m.low, m.high, number[m.to]})
			}
		}
		t.accepts, t.moves = append(t.accepts, s.accepts[state]), append(t.moves, moves)
	}
	return t
}

// reachable marks the states that can be reached from the start.
func (s *Set) reachable() []bool {
	reached := make([]bool, len(s.accepts))
	for todo := []int{0}; len(todo) > 0; {
		state := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if reached[state] {
			continue
		}
		reached[state] = true
		for _, m := range s.moves[state] {
			todo = append(todo, m.to)
		}
	}
	return reached
}

// useful marks the states from which an accepting state can be reached.
func (s *Set) useful() []bool {
	into := make([][]int, len(s.accepts))
	var todo []int
	for state := range s.accepts {
		for _, m := range s.moves[state] {
			into[m.to] = append(into[m.to], state)
		}
		if s.accepts[state] {
			todo = append(todo, state)
		}
	}
	useful := make([]bool, len(s.accepts))
	for len(todo) > 0 {
		state := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if !useful[state] {
			useful[state] = true
			todo = append(todo, into[state]...)
		}
	}
	return useful
}
