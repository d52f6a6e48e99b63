package keyset

import "slices"

// automaton is a nondeterministic finite automaton without empty moves.
type automaton struct {
	accepts []bool   // by state; 0 is the start
	moves   [][]move // by state
}

// move consumes one character between two bounds, both included.
type move struct {
	low, high rune
	to        int
}

const lastRune = '\U0010FFFF'

// sample is a character of a range, a printable one if there is one.
func sample(low, high rune) rune {
	if low <= 'x' && 'x' <= high {
		return 'x'
	}
	return max(low, min(high, '!'))
}

// size is the number of states and moves.
func (a *automaton) size() int {
	n := len(a.moves)
	for _, moves := range a.moves {
		n += len(moves)
	}
	return n
}

// over lists the states to which a character leads.
func (a *automaton) over(state int, r rune) []int {
	var to []int
	for _, m := range a.moves[state] {
		if m.low <= r && r <= m.high {
			to = append(to, m.to)
		}
	}
	return to
}

// takesAll reports whether every key is accepted from a state on.
func (a *automaton) takesAll(state int) bool {
	return a.accepts[state] && slices.Contains(a.moves[state], move{0, lastRune, state})
}

// leaving is that of [graph].
func (a *automaton) leaving(states []int) (moves []move, ok bool) {
	for _, state := range states {
		if a.accepts[state] {
			return nil, false
		}
		moves = append(moves, a.moves[state]...)
	}
	return moves, true
}

// trim drops the states that no key passes through. The start remains in any case.
func (a *automaton) trim() *automaton {
	into := a.backwards()
	useful := marked(into, accepting(a.accepts))
	reached := a.reachable()
	number := make([]int, len(a.accepts)) // the new number of each state
	states, moves := 0, 0
	for state := range a.accepts {
		if number[state] = -1; state == 0 || reached[state] && useful[state] {
			number[state] = states
			states++
			moves += len(a.moves[state])
		}
	}
	t := &automaton{make([]bool, states), make([][]move, states)}
	room := make([]move, 0, moves)
	for state, n := range number {
		if n < 0 {
			continue
		}
		first := len(room)
		for _, m := range a.moves[state] {
			if number[m.to] >= 0 && useful[m.to] {
				room = append(room, move{m.low, m.high, number[m.to]})
			}
		}
		t.accepts[n], t.moves[n] = a.accepts[state], room[first:len(room):len(room)]
	}
	return t
}

// accepting lists the accepting states.
func accepting(accepts []bool) (states []int) {
	for state, accepts := range accepts {
		if accepts {
			states = append(states, state)
		}
	}
	return states
}

// reachable marks the states that can be reached from the start.
func (a *automaton) reachable() []bool {
	reached := make([]bool, len(a.accepts))
	for todo := []int{0}; len(todo) > 0; {
		state := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if reached[state] {
			continue
		}
		reached[state] = true
		for _, m := range a.moves[state] {
			if !reached[m.to] {
				todo = append(todo, m.to)
			}
		}
	}
	return reached
}

// edges lists, by state, the states to which something leads.
type edges struct {
	first []int // by state, and one more: where its part of to begins
	to    []int
}

// backwards lists, by state, the states whose moves lead to it.
func (a *automaton) backwards() edges {
	e := edges{first: make([]int, len(a.moves)+1)}
	for _, moves := range a.moves {
		for _, m := range moves {
			e.first[m.to+1]++
		}
	}
	for i := 1; i < len(e.first); i++ {
		e.first[i] += e.first[i-1]
	}
	e.to = make([]int, e.first[len(a.moves)])
	next := slices.Clone(e.first)
	for state, moves := range a.moves {
		for _, m := range moves {
			e.to[next[m.to]] = state
			next[m.to]++
		}
	}
	return e
}

// marked marks the states that can be reached from some states.
func marked(e edges, todo []int) []bool {
	reached := make([]bool, len(e.first)-1)
	for len(todo) > 0 {
		state := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if !reached[state] {
			reached[state] = true
			todo = append(todo, e.to[e.first[state]:e.first[state+1]]...)
		}
	}
	return reached
}
