package keyset

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Part names a part of a key: a key is cut at its last slash and, behind that, at its
// last dot. A dot at the beginning of the name starts no extension.
type Part string

// The parts of a key. Those of a/b.tar.gz stand behind each.
const (
	Dir  Part = "dir"  // a: what stands before the last slash, "" if there is none
	Base Part = "base" // b.tar.gz: what stands behind it
	Stem Part = "stem" // b.tar: Base without the last dot and what follows
	Ext  Part = "ext"  // gz: what follows the last dot, "" if there is none
)

// Of returns that part of a key.
func (p Part) Of(key string) string {
	dir, base := "", key
	if i := strings.LastIndexByte(key, '/'); i >= 0 {
		dir, base = key[:i], key[i+1:]
	}
	stem, ext := base, ""
	if i := strings.LastIndexByte(base, '.'); i > 0 {
		stem, ext = base[:i], base[i+1:]
	}
	switch p {
	case Dir:
		return dir
	case Base:
		return base
	case Stem:
		return stem
	}
	return ext
}

// Part returns the set of what that part can be for the keys of s. Parts that are empty
// may be missing from it.
func (s *Set) Part(p Part) *Set {
	if p == Dir {
		return s.beforeLast('/')
	}
	base := s.behindLast('/', false)
	switch p {
	case Stem:
		dotless := Concat(Union(Literal(""), Literal(".")), Repeat(0, 0, '.'-1, '.'+1, lastRune))
		return Union(base.Intersect(dotless), base.beforeLast('.').Intersect(Any(1)))
	case Ext:
		return base.behindLast('.', true)
	}
	return base
}

// behindLast is what stands behind the last separator of each key, and the whole key
// where there is none. With inner, only what stands behind a separator that has
// something before it.
func (s *Set) behindLast(separator rune, inner bool) *Set {
	b := &builder{}
	start := b.state()
	first, accepting := b.include(s)
	b.accept(accepting)
	for state := range s.accepts {
		if inner && state == 0 && !s.returnsTo(0) {
			continue
		}
		for _, to := range s.over(state, separator) {
			b.skip(start, first+to)
		}
	}
	if !inner {
		b.skip(start, first)
	}
	for state := range b.moves {
		b.moves[state] = without(b.moves[state], separator)
	}
	return b.build()
}

// without drops the moves over a character, splitting those that span it.
func without(moves []move, r rune) []move {
	var kept []move
	for _, m := range moves {
		if m.low < r {
			kept = append(kept, move{m.low, min(m.high, r-1), m.to})
		}
		if m.high > r {
			kept = append(kept, move{max(m.low, r+1), m.high, m.to})
		}
	}
	return kept
}

// returnsTo reports whether some move leads to a state.
func (s *Set) returnsTo(state int) bool {
	return slices.ContainsFunc(s.moves, func(moves []move) bool {
		return slices.ContainsFunc(moves, func(m move) bool { return m.to == state })
	})
}

// beforeLast is what stands before the last separator of each key that has one.
func (s *Set) beforeLast(separator rune) *Set {
	clear := s.acceptsWithout(separator)
	b := &builder{}
	b.include(s)
	for state := range s.accepts {
		b.accepts[state] = slices.ContainsFunc(s.over(state, separator), func(to int) bool { return clear[to] })
	}
	return b.build()
}

// acceptsWithout marks the states from which a key can end without passing a character.
func (s *Set) acceptsWithout(r rune) []bool {
	marked := slices.Clone(s.accepts)
	into := make([][]int, len(s.accepts))
	var todo []int
	for state, moves := range s.moves {
		for _, m := range moves {
			if m.low != r || m.high != r {
				into[m.to] = append(into[m.to], state)
			}
		}
		if s.accepts[state] {
			todo = append(todo, state)
		}
	}
	for len(todo) > 0 {
		state := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, from := range into[state] {
			if !marked[from] {
				marked[from] = true
				todo = append(todo, from)
			}
		}
	}
	return marked
}

// CutPrefix returns the keys of s without a prefix; those that do not begin with it
// remain as they are. It is [strings.TrimPrefix] for a set.
func (s *Set) CutPrefix(prefix string) *Set {
	states := []int{0}
	for _, r := range prefix {
		var next []int
		for _, state := range states {
			next = append(next, s.over(state, r)...)
		}
		states = next
	}
	b := &builder{}
	start := b.state()
	first, accepting := b.include(s)
	b.accept(accepting)
	for _, state := range states {
		b.skip(start, first+state)
	}
	return Union(b.build(), s.Minus(StartingWith(prefix)))
}

// CutSuffix returns the keys of s without a suffix; those that do not end with it
// remain as they are. It is [strings.TrimSuffix] for a set.
func (s *Set) CutSuffix(suffix string) *Set {
	accepts := slices.Clone(s.accepts)
	for rest := suffix; rest != ""; {
		r, n := utf8.DecodeLastRuneInString(rest)
		rest = rest[:len(rest)-n]
		before := make([]bool, len(accepts))
		for state := range before {
			before[state] = slices.ContainsFunc(s.over(state, r), func(to int) bool { return accepts[to] })
		}
		accepts = before
	}
	b := &builder{}
	b.include(s)
	copy(b.accepts, accepts)
	return Union(b.build(), s.Minus(EndingWith(suffix)))
}
