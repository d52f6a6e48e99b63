package keyset

import (
	"cmp"
	"slices"
)

// builder is an automaton under construction. Unlike that of a Set it may have empty
// moves, dead ends and unreachable states.
type builder struct {
	automaton
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
func (b *builder) include(s *automaton) (start int, accepting []int) {
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

// maxMoves bounds the moves that building an automaton may have to look at.
const maxMoves = 100000

// build makes an automaton without empty moves, dead ends and states that nothing leads
// to; nil if that takes too many steps. The builder must not be used afterwards.
func (b *builder) build() *automaton {
	a := &automaton{make([]bool, len(b.accepts)), make([][]move, len(b.accepts))}
	seen := slices.Repeat([]int{-1}, len(b.accepts))
	steps := 0
	for state, reached := range b.reached() {
		switch {
		case !reached:
			continue
		case len(b.empty[state]) == 0:
			a.accepts[state], a.moves[state] = b.accepts[state], b.moves[state]
			continue
		}
		var moves []move
		for _, t := range b.closure(state, seen) {
			a.accepts[state] = a.accepts[state] || b.accepts[t]
			moves = append(moves, b.moves[t]...)
			steps += 1 + len(b.moves[t])
		}
		if steps > maxMoves {
			return nil
		}
		slices.SortFunc(moves, func(x, y move) int {
			return cmp.Or(cmp.Compare(x.low, y.low), cmp.Compare(x.high, y.high), cmp.Compare(x.to, y.to))
		})
		a.moves[state] = slices.Compact(moves)
	}
	return a.trim()
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
