package rules

import (
	"slices"
	"unicode/utf8"
)

// What the parts of a key can be, given what the key can be. The cuts are those
// of pathPart.

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

// over is where the moves over a character lead.
func (l *language) over(s int, r rune) []int {
	var to []int
	for _, m := range l.moves[s] {
		if m.low <= r && r <= m.high {
			to = append(to, m.to)
		}
	}
	return to
}

// behindLast is what stands behind the last of a separator in the language's
// texts, and the whole text where there is none. With inner, only behind a
// separator that has something before it.
func (l *language) behindLast(sep rune, inner bool) *language {
	d := &draft{}
	start := d.state()
	first, ends := d.include(l)
	for _, s := range ends {
		d.ends[s] = true
	}
	for s := range l.ends {
		if inner && s == 0 && !l.returnsTo(0) {
			continue
		}
		for _, to := range l.over(s, sep) {
			d.skip(start, first+to)
		}
	}
	if !inner {
		d.skip(start, first)
	}
	for s := range d.moves {
		d.moves[s] = without(d.moves[s], sep)
	}
	return d.finish()
}

// returnsTo is whether some text comes back to a state.
func (l *language) returnsTo(s int) bool {
	for _, moves := range l.moves {
		for _, m := range moves {
			if m.to == s {
				return true
			}
		}
	}
	return false
}

// beforeLast is what stands before the last of a separator.
func (l *language) beforeLast(sep rune) *language {
	// ended are the states from which a text can end without the separator.
	ended := slices.Clone(l.ends)
	into := make([][]int, len(l.ends))
	var todo []int
	for s, moves := range l.moves {
		for _, m := range moves {
			if m.low != sep || m.high != sep {
				into[m.to] = append(into[m.to], s)
			}
		}
		if l.ends[s] {
			todo = append(todo, s)
		}
	}
	for len(todo) > 0 {
		s := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, from := range into[s] {
			if !ended[from] {
				ended[from] = true
				todo = append(todo, from)
			}
		}
	}
	d := &draft{}
	d.include(l)
	for s := range l.ends {
		d.ends[s] = slices.ContainsFunc(l.over(s, sep), func(to int) bool { return ended[to] })
	}
	return d.finish()
}

// pathPart is what pathPart gives for the language's keys.
func (l *language) pathPart(name string) *language {
	if name == "dir" {
		return l.beforeLast('/')
	}
	base := l.behindLast('/', false)
	switch name {
	case "stem":
		dotless := following(either(oneText(""), oneText(".")), textsOf(0, 0, '.'-1, '.'+1, lastRune))
		return either(base.and(dotless), base.beforeLast('.').and(allTexts(1)))
	case "ext":
		return base.behindLast('.', true)
	}
	return base
}

// cutPrefix is the language's texts without a prefix; those that do not have it
// are as they are.
func (l *language) cutPrefix(prefix string) *language {
	states := []int{0}
	for _, r := range prefix {
		var next []int
		for _, s := range states {
			next = append(next, l.over(s, r)...)
		}
		states = next
	}
	d := &draft{}
	start := d.state()
	first, ends := d.include(l)
	for _, s := range ends {
		d.ends[s] = true
	}
	for _, s := range states {
		d.skip(start, first+s)
	}
	return either(d.finish(), l.minus(following(oneText(prefix), allTexts(0))))
}

// cutSuffix is the language's texts without a suffix; those that do not have it
// are as they are.
func (l *language) cutSuffix(suffix string) *language {
	leads := append([]bool(nil), l.ends...)
	for rest := suffix; rest != ""; {
		r, n := utf8.DecodeLastRuneInString(rest)
		rest = rest[:len(rest)-n]
		before := make([]bool, len(leads))
		for s := range before {
			for _, to := range l.over(s, r) {
				before[s] = before[s] || leads[to]
			}
		}
		leads = before
	}
	d := &draft{}
	d.include(l)
	copy(d.ends, leads)
	return either(d.finish(), l.minus(following(allTexts(0), oneText(suffix))))
}
