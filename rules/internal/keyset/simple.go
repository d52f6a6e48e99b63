package keyset

// None returns the empty set.
func None() *Set { return ofAutomaton(&automaton{[]bool{false}, [][]move{nil}}) }

// Literal returns the set that has one key.
func Literal(key string) *Set {
	a := chain(key)
	a.accepts[len(a.accepts)-1] = true
	return ofAutomaton(a)
}

// chain is an automaton with a move for each character of a text, which accepts nothing.
func chain(text string) *automaton {
	chars := []rune(text)
	a := &automaton{make([]bool, len(chars)+1), make([][]move, len(chars)+1)}
	moves := make([]move, len(chars))
	for i, r := range chars {
		moves[i] = move{r, r, i + 1}
		a.moves[i] = moves[i : i+1 : i+1]
	}
	return a
}

// AnyOf returns the set of the one-character keys within the ranges, which are given as
// pairs of bounds, both included: AnyOf('0', '9', 'a', 'f').
func AnyOf(ranges ...rune) *Set {
	b := &builder{}
	from, to := b.state(), b.state()
	b.moveOver(from, ranges, to)
	b.accepts[to] = true
	return ofAutomaton(b.build())
}

// Repeat returns the set of all keys of at least that many characters, each of them
// within the ranges, which are given as pairs of bounds, both included.
func Repeat(least int, ranges ...rune) *Set {
	b := &builder{}
	at := b.state()
	for range least {
		next := b.state()
		b.moveOver(at, ranges, next)
		at = next
	}
	b.moveOver(at, ranges, at)
	b.accepts[at] = true
	return ofAutomaton(b.build())
}

// Any returns the set of all keys of at least that many characters.
func Any(least int) *Set {
	switch least {
	case 0:
		return ofAutomaton(allKeys)
	case 1:
		return ofAutomaton(someKey)
	}
	return Repeat(least, 0, lastRune)
}

// Unknown returns a set of which nothing is known: it is not exact, and has all keys.
func Unknown() *Set { return &Set{built: allKeys} }

// The automata of the most frequent sets: they never change.
var (
	allKeys = Repeat(0, 0, lastRune).built
	someKey = Repeat(1, 0, lastRune).built
)

// StartingWith returns the set of all keys that begin with a prefix.
func StartingWith(prefix string) *Set {
	a := chain(prefix)
	last := len(a.accepts) - 1
	a.accepts[last], a.moves[last] = true, []move{{0, lastRune, last}}
	return ofAutomaton(a)
}

// EndingWith returns the set of all keys that end with a suffix.
func EndingWith(suffix string) *Set {
	a := chain(suffix)
	a.accepts[len(a.accepts)-1] = true
	a.moves[0] = append([]move{{0, lastRune, 0}}, a.moves[0]...)
	return ofAutomaton(a)
}
