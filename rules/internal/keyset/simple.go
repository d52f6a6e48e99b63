package keyset

// None returns the empty set.
func None() *Set { return &Set{accepts: []bool{false}, moves: [][]move{nil}} }

// Literal returns the set that has one key.
func Literal(key string) *Set {
	b := &builder{}
	at := b.state()
	for _, r := range key {
		next := b.state()
		b.move(at, r, r, next)
		at = next
	}
	b.accepts[at] = true
	return b.build()
}

// AnyOf returns the set of the one-character keys within the ranges, which are given as
// pairs of bounds, both included: AnyOf('0', '9', 'a', 'f').
func AnyOf(ranges ...rune) *Set {
	b := &builder{}
	from, to := b.state(), b.state()
	b.moveOver(from, ranges, to)
	b.accepts[to] = true
	return b.build()
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
	return b.build()
}

// Any returns the set of all keys of at least that many characters.
func Any(least int) *Set { return Repeat(least, 0, lastRune) }

// StartingWith returns the set of all keys that begin with a prefix.
func StartingWith(prefix string) *Set { return Concat(Literal(prefix), Any(0)) }

// EndingWith returns the set of all keys that end with a suffix.
func EndingWith(suffix string) *Set { return Concat(Any(0), Literal(suffix)) }
