package keyset

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Part names a part of a key. A key is cut at its last slash, and what follows at its
// last dot. A dot right after the slash does not begin an extension.
type Part string

// The parts of a key, each with that of a/b.tar.gz, except where another key is named.
const (
	Dir  Part = "dir"  // a: what precedes the last slash, "" if there is none
	Base Part = "base" // b.tar.gz: what follows the last slash, or the key if there is none
	Stem Part = "stem" // b.tar: Base up to its last dot
	Ext  Part = "ext"  // gz: what follows the last dot of Base, "" if there is none

	DirBase Part = "dir.base" // b of a/b/c: the Base of Dir, "" if there is no slash
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
	case DirBase:
		return dir[strings.LastIndexByte(dir, '/')+1:]
	}
	return ext
}

// Part returns the set of that part of every key in s. The empty key may be missing from
// it, also if the part of some key is empty.
func (s *Set) Part(p Part) *Set {
	switch p {
	case Dir:
		return s.beforeLast('/')
	case DirBase:
		return s.beforeLast('/').afterLast('/', false)
	}
	base := s.afterLast('/', false)
	switch p {
	case Stem:
		dotless := Concat(Union(Literal(""), Literal(".")), Repeat(0, 0, '.'-1, '.'+1, lastRune))
		return Union(base.Intersect(dotless), base.beforeLast('.').Intersect(Any(1)))
	case Ext:
		return base.afterLast('.', true)
	}
	return base
}

// afterLast returns what follows the last separator of every key; the key itself if it
// has none. With inner, only separators that are not the first character count, and keys
// without one are left out.
func (s *Set) afterLast(separator rune, inner bool) *Set {
	return later(func() *automaton {
		a := s.automaton()
		b := &builder{}
		start := b.state()
		first, accepting := b.include(a)
		b.accept(accepting)
		for state := range a.accepts {
			if inner && state == 0 && !a.returnsTo(0) {
				continue
			}
			for _, to := range a.over(state, separator) {
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
	}, s)
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
func (a *automaton) returnsTo(state int) bool {
	return slices.ContainsFunc(a.moves, func(moves []move) bool {
		return slices.ContainsFunc(moves, func(m move) bool { return m.to == state })
	})
}

// beforeLast returns what precedes the last separator of every key that has one.
func (s *Set) beforeLast(separator rune) *Set {
	return later(func() *automaton {
		a := s.automaton()
		clear := a.acceptsWithout(separator)
		b := &builder{}
		b.include(a)
		for state := range a.accepts {
			b.accepts[state] = slices.ContainsFunc(a.over(state, separator), func(to int) bool { return clear[to] })
		}
		return b.build()
	}, s)
}

// acceptsWithout marks the states from which a key can end without a certain character.
func (a *automaton) acceptsWithout(r rune) []bool {
	other := &automaton{a.accepts, make([][]move, len(a.moves))}
	for state, moves := range a.moves {
		other.moves[state] = without(moves, r)
	}
	return marked(other.backwards(), accepting(a.accepts))
}

// CutPrefix returns the keys of s without a prefix; those that do not begin with it
// remain as they are. It is [strings.TrimPrefix] for a set.
func (s *Set) CutPrefix(prefix string) *Set {
	rest := later(func() *automaton {
		a := s.automaton()
		states := []int{0}
		for _, r := range prefix {
			var next []int
			for _, state := range states {
				next = append(next, a.over(state, r)...)
			}
			slices.Sort(next)
			states = slices.Compact(next)
		}
		b := &builder{}
		start := b.state()
		first, accepting := b.include(a)
		b.accept(accepting)
		for _, state := range states {
			b.skip(start, first+state)
		}
		return b.build()
	}, s)
	return Union(rest, s.Minus(StartingWith(prefix)))
}

// CutSuffix returns the keys of s without a suffix; those that do not end with it
// remain as they are. It is [strings.TrimSuffix] for a set.
func (s *Set) CutSuffix(suffix string) *Set {
	rest := later(func() *automaton {
		a := s.automaton()
		accepts := slices.Clone(a.accepts)
		for rest := suffix; rest != ""; {
			r, n := utf8.DecodeLastRuneInString(rest)
			rest = rest[:len(rest)-n]
			before := make([]bool, len(accepts))
			for state := range before {
				before[state] = slices.ContainsFunc(a.over(state, r), func(to int) bool { return accepts[to] })
			}
			accepts = before
		}
		return (&automaton{accepts, a.moves}).trim()
	}, s)
	return Union(rest, s.Minus(EndingWith(suffix)))
}
