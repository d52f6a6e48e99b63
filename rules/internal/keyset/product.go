package keyset

// maxStates bounds the states of a set, maxWork the steps of one operation.
const (
	maxStates = 4000
	maxWork   = 300000
)

// explorerSteps is how many steps it takes to begin with a product.
const explorerSteps = 400

// product is the set of the keys that are in all of some sets and in none of others.
type product struct{ in, out []*Set }

// build makes the automaton of the product. If that is too large to compute, it is that
// of the first set, which has all keys that the product has.
func (p *product) build(m *Meter) (a *automaton, exact bool) {
	m.Spend(explorerSteps)
	e := p.explorer()
	a = &automaton{}
	var moves []move
	var first []int
	e.emit = func(low, high rune, to int) { moves = append(moves, move{low, high, to}) }
	for n := 0; n < e.count; n++ {
		first = append(first, len(moves))
		if !e.expand(n, m) {
			return p.in[0].automaton(), false
		}
	}
	first = append(first, len(moves))
	a.accepts, a.moves = make([]bool, e.count), make([][]move, e.count)
	for n := range e.count {
		a.accepts[n], a.moves[n] = e.accepts(n), moves[first[n]:first[n+1]]
	}
	return a.trim(), e.exact
}

// shortest returns one of the shortest keys of the product. It is not decided if that
// takes too many steps.
func (p *product) shortest(m *Meter) (key string, found, decided bool) {
	type origin struct {
		from int
		char rune
	}
	m.Spend(explorerSteps)
	e := p.explorer()
	origins := []origin{{}}
	current := 0
	e.emit = func(low, high rune, to int) {
		if to == len(origins) {
			origins = append(origins, origin{current, sample(low, high)})
		}
	}
	for seen := 0; current < e.count; current++ {
		for ; seen < e.count; seen++ {
			if !e.accepts(seen) {
				continue
			}
			var chars []rune
			for n := seen; n > 0; n = origins[n].from {
				chars = append(chars, origins[n].char)
			}
			return reversed(chars), true, true
		}
		if !e.expand(current, m) {
			return "", false, false
		}
	}
	return "", false, true
}

func reversed(chars []rune) string {
	for i, j := 0, len(chars)-1; i < j; i, j = i+1, j-1 {
		chars[i], chars[j] = chars[j], chars[i]
	}
	return string(chars)
}

// explorer finds the states of a product, one after the other. A state is one state of
// each automaton of the one kind, and all states that each of the other kind can be in.
type explorer struct {
	in     []*automaton
	out    []*subsets
	emit   func(low, high rune, to int) // is called for each move of the state that is expanded
	exact  bool
	count  int     // of states
	states []int32 // the parts of each, one after the other
	table  []int32 // hash table: numbers of states, from 1
	at     []int32 // the state that is expanded
	to     []int32 // the one that a move leads to
	work   int
}

func (p *product) explorer() *explorer {
	e := &explorer{exact: true, table: make([]int32, 64)}
	for _, s := range p.in {
		e.in = append(e.in, s.automaton())
		e.exact = e.exact && s.exact
	}
	for _, s := range p.out {
		if s.Exact() {
			e.out = append(e.out, s.determinized())
		} else {
			e.exact = false // it may have keys too many, so none of its keys is left out
		}
	}
	e.at, e.to = make([]int32, len(e.in)+len(e.out)), make([]int32, len(e.in)+len(e.out))
	e.number()
	return e
}

// expand visits the moves of a state. It returns false if that takes too many steps.
func (e *explorer) expand(n int, m *Meter) bool {
	before := e.work
	copy(e.at, e.states[n*len(e.at):])
	e.narrow(0, 0, lastRune)
	e.work += len(e.at)
	return m.Spend(e.work-before) && e.work <= maxWork && e.count <= maxStates
}

// narrow goes on with the moves of one automaton over a range that the ones before allow.
func (e *explorer) narrow(i int, low, high rune) {
	if i == len(e.in) {
		e.exclude(low, high)
		return
	}
	moves := e.in[i].moves[e.at[i]]
	if e.work += len(moves); e.work > maxWork {
		return // expand gives up
	}
	for _, m := range moves {
		if low, high := max(low, m.low), min(high, m.high); low <= high {
			e.to[i] = int32(m.to)
			e.narrow(i+1, low, high)
		}
	}
}

// exclude cuts a range where the states of what is excluded change.
func (e *explorer) exclude(low, high rune) {
	for low <= high {
		last, excluded := high, false
		for j, s := range e.out {
			to, until := s.step(e.at[len(e.in)+j], low, &e.work)
			e.to[len(e.in)+j] = to
			last = min(last, until)
			excluded = excluded || to != nowhere && s.all[to]
		}
		if !excluded {
			e.emit(low, last, e.number())
		}
		low = last + 1
	}
}

// accepts reports whether a state accepts.
func (e *explorer) accepts(n int) bool {
	state := e.states[n*len(e.to):][:len(e.to)]
	for i, a := range e.in {
		if !a.accepts[state[i]] {
			return false
		}
	}
	for j, s := range e.out {
		if to := state[len(e.in)+j]; to != nowhere && s.accepts[to] {
			return false
		}
	}
	return true
}

// number is the number of the state e.to, which is a new one if it is new.
func (e *explorer) number() int {
	e.work += len(e.to)
	if e.count*2 >= len(e.table) {
		e.table = make([]int32, 2*len(e.table))
		for n := range e.count {
			slot, _ := e.slot(e.states[n*len(e.to):][:len(e.to)])
			e.table[slot] = int32(n + 1)
		}
	}
	slot, found := e.slot(e.to)
	if found {
		return int(e.table[slot]) - 1
	}
	e.count++
	e.table[slot] = int32(e.count)
	e.states = append(e.states, e.to...)
	return e.count - 1
}

// slot finds the place of a state in the table.
func (e *explorer) slot(state []int32) (slot int, found bool) {
	hash := uint64(14695981039346656037)
	for _, part := range state {
		hash = (hash ^ uint64(uint32(part))) * 1099511628211
	}
	hash ^= hash >> 32
	for slot = int(hash % uint64(len(e.table))); e.table[slot] != 0; slot = (slot + 1) % len(e.table) {
		n := int(e.table[slot]-1) * len(state)
		if equal(e.states[n:n+len(state)], state) {
			return slot, true
		}
	}
	return slot, false
}

func equal(a, b []int32) bool {
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}
