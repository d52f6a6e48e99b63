package rules

import (
	"cmp"
	"encoding/binary"
	"slices"
)

// language is a set of texts, as a nondeterministic automaton without empty
// moves. The loop guard computes with the keys that a rule takes and the keys
// that its copies write: whether the two have a text in common decides if a
// copy can trigger a rule.
//
// Every state can be reached and leads to an end; a language without texts has
// the start state alone.
type language struct {
	ends  []bool   // by state; 0 is the start
	moves [][]move // by state
}

// move consumes one character between two bounds.
type move struct {
	low, high rune
	to        int
}

const lastRune = '\U0010FFFF'

// maxLanguage bounds the states of a language and maxWork the steps to make
// one. A result beyond them is replaced by a larger language that is at hand:
// the guard may then refuse a file, but never lets a loop pass.
const (
	maxLanguage = 4000
	maxWork     = 300000
)

// draft is an automaton in the making; it may have empty moves.
type draft struct {
	language
	empty [][]int
}

func (d *draft) state() int {
	d.ends, d.moves, d.empty = append(d.ends, false), append(d.moves, nil), append(d.empty, nil)
	return len(d.ends) - 1
}

func (d *draft) move(from int, low, high rune, to int) {
	d.moves[from] = append(d.moves[from], move{low, high, to})
}

func (d *draft) skip(from, to int) { d.empty[from] = append(d.empty[from], to) }

// include copies a language in and gives its start and its ends.
func (d *draft) include(l *language) (start int, ends []int) {
	start = len(d.ends)
	for s := range l.ends {
		d.state()
		for _, m := range l.moves[s] {
			d.move(start+s, m.low, m.high, start+m.to)
		}
		if l.ends[s] {
			ends = append(ends, start+s)
		}
	}
	return start, ends
}

// closure is every state that can be reached from one by empty moves. seen
// holds, by state, the last state it was reached from.
func (d *draft) closure(s int, seen []int) []int {
	all := []int{s}
	seen[s] = s
	for i := 0; i < len(all); i++ {
		for _, to := range d.empty[all[i]] {
			if seen[to] != s {
				seen[to] = s
				all = append(all, to)
			}
		}
	}
	return all
}

// finish makes a language of the draft: without empty moves, dead ends and
// states that nothing leads to.
func (d *draft) finish() *language {
	l := language{ends: make([]bool, len(d.ends)), moves: make([][]move, len(d.ends))}
	seen := slices.Repeat([]int{-1}, len(d.ends))
	for s := range d.ends {
		if len(d.empty[s]) == 0 {
			l.ends[s], l.moves[s] = d.ends[s], d.moves[s]
			continue
		}
		for _, t := range d.closure(s, seen) {
			l.ends[s] = l.ends[s] || d.ends[t]
			l.moves[s] = append(l.moves[s], d.moves[t]...)
		}
		slices.SortFunc(l.moves[s], func(a, b move) int {
			return cmp.Or(cmp.Compare(a.low, b.low), cmp.Compare(a.high, b.high), cmp.Compare(a.to, b.to))
		})
		l.moves[s] = slices.Compact(l.moves[s])
	}
	return l.trim()
}

// trim drops the states that no text passes through.
func (l *language) trim() *language {
	reached := l.reachable([]int{0}, func(m move) bool { return true })
	into := make([][]int, len(l.ends))
	var live []int
	for s := range l.ends {
		for _, m := range l.moves[s] {
			into[m.to] = append(into[m.to], s)
		}
		if l.ends[s] {
			live = append(live, s)
		}
	}
	useful := make([]bool, len(l.ends))
	for len(live) > 0 {
		s := live[len(live)-1]
		live = live[:len(live)-1]
		if !useful[s] {
			useful[s] = true
			live = append(live, into[s]...)
		}
	}
	number := make([]int, len(l.ends))
	var kept []int
	for s := range l.ends {
		if s == 0 || reached[s] && useful[s] {
			number[s] = len(kept)
			kept = append(kept, s)
		}
	}
	t := &language{}
	for _, s := range kept {
		var moves []move
		for _, m := range l.moves[s] {
			if reached[m.to] && useful[m.to] {
				moves = append(moves, move{m.low, m.high, number[m.to]})
			}
		}
		t.ends, t.moves = append(t.ends, l.ends[s]), append(t.moves, moves)
	}
	return t
}

// reachable marks the states that can be reached from some by certain moves.
func (l *language) reachable(from []int, by func(move) bool) []bool {
	reached := make([]bool, len(l.ends))
	for len(from) > 0 {
		s := from[len(from)-1]
		from = from[:len(from)-1]
		if reached[s] {
			continue
		}
		reached[s] = true
		for _, m := range l.moves[s] {
			if by(m) {
				from = append(from, m.to)
			}
		}
	}
	return reached
}

// none is whether the language has no text.
func (l *language) none() bool { return len(l.moves[0]) == 0 && !l.ends[0] }

// oneText is the language of one text.
func oneText(s string) *language {
	d := &draft{}
	at := d.state()
	for _, r := range s {
		next := d.state()
		d.move(at, r, r, next)
		at = next
	}
	d.ends[at] = true
	return d.finish()
}

// textsOf is the language of all texts of at least so many characters, each
// within one of the given ranges.
func textsOf(least int, ranges ...rune) *language {
	d := &draft{}
	at := d.state()
	for i := 0; i <= least; i++ {
		next := at
		if i < least {
			next = d.state()
		}
		for j := 0; j < len(ranges); j += 2 {
			d.move(at, ranges[j], ranges[j+1], next)
		}
		at = next
	}
	d.ends[at] = true
	return d.finish()
}

// allTexts is the language of all texts of at least so many characters.
func allTexts(least int) *language { return textsOf(least, 0, lastRune) }

// following is every text of the first language followed by one of the next,
// and so on.
func following(all ...*language) *language {
	d := &draft{}
	last := []int{d.state()}
	size := 0
	for _, l := range all {
		if size += len(l.ends); size > maxLanguage {
			l = allTexts(0)
		}
		start, ends := d.include(l)
		for _, s := range last {
			d.skip(s, start)
		}
		last = ends
	}
	for _, s := range last {
		d.ends[s] = true
	}
	return d.finish()
}

// either is every text of any of the languages.
func either(all ...*language) *language {
	d := &draft{}
	d.state()
	for _, l := range all {
		start, ends := d.include(l)
		d.skip(0, start)
		for _, s := range ends {
			d.ends[s] = true
		}
	}
	return d.finish()
}

// and is every text of both languages; l itself if that is too large to work
// out.
func (l *language) and(other *language) *language {
	type pair struct{ a, b int }
	d := &draft{}
	numbers := map[pair]int{}
	var todo []pair
	number := func(p pair) int {
		n, ok := numbers[p]
		if !ok {
			n = d.state()
			numbers[p] = n
			d.ends[n] = l.ends[p.a] && other.ends[p.b]
			todo = append(todo, p)
		}
		return n
	}
	number(pair{0, 0})
	for work := 0; len(todo) > 0; {
		p := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, m := range l.moves[p.a] {
			work += len(other.moves[p.b])
			for _, o := range other.moves[p.b] {
				if low, high := max(m.low, o.low), min(m.high, o.high); low <= high {
					to := number(pair{m.to, o.to})
					d.move(numbers[p], low, high, to)
				}
			}
		}
		if len(numbers) > maxLanguage || work > maxWork {
			return l
		}
	}
	return d.trim()
}

// minus is every text of l that the other language has not; l itself if that is
// too large to work out.
func (l *language) minus(other *language) *language {
	d := &draft{}
	numbers := map[string]int{}
	type pair struct {
		a, n int
		b    []int // the states the other automaton may be in
	}
	var todo []pair
	number := func(a int, b []int) int {
		key := binary.AppendUvarint(nil, uint64(a))
		out := true
		for _, s := range b {
			key = binary.AppendUvarint(key, uint64(s))
			out = out && !other.ends[s]
		}
		n, ok := numbers[string(key)]
		if !ok {
			n = d.state()
			numbers[string(key)] = n
			d.ends[n] = l.ends[a] && out
			todo = append(todo, pair{a, n, b})
		}
		return n
	}
	number(0, []int{0})
	for work := 0; len(todo) > 0; {
		p := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, m := range l.moves[p.a] {
			spans := other.split(p.b, m)
			for _, s := range p.b {
				work += len(other.moves[s]) * len(spans)
			}
			for _, sp := range spans {
				d.move(p.n, sp.low, sp.high, number(m.to, sp.to))
			}
			if len(numbers) > maxLanguage || work > maxWork {
				return l
			}
		}
	}
	return d.trim()
}

// span is a range of characters, all of which lead to the same states.
type span struct {
	low, high rune
	to        []int
}

// split cuts a move's range where the states that others move to change.
func (l *language) split(states []int, m move) []span {
	cuts := []rune{m.low}
	for _, s := range states {
		for _, o := range l.moves[s] {
			if o.low > m.low && o.low <= m.high {
				cuts = append(cuts, o.low)
			}
			if o.high >= m.low && o.high < m.high {
				cuts = append(cuts, o.high+1)
			}
		}
	}
	slices.Sort(cuts)
	cuts = slices.Compact(cuts)
	spans := make([]span, len(cuts))
	for i, low := range cuts {
		high := m.high
		if i+1 < len(cuts) {
			high = cuts[i+1] - 1
		}
		var to []int
		for _, s := range states {
			for _, o := range l.moves[s] {
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

// head is the text that all of the language's texts begin with.
func (l *language) head() string {
	var head []rune
	states := []int{0}
	for len(head) < maxKey {
		var next []int
		r := rune(-1)
		for _, s := range states {
			if l.ends[s] {
				return string(head)
			}
			for _, m := range l.moves[s] {
				if m.low != m.high || r >= 0 && r != m.low {
					return string(head)
				}
				r = m.low
				next = append(next, m.to)
			}
		}
		if r < 0 {
			break
		}
		slices.Sort(next)
		head, states = append(head, r), slices.Compact(next)
	}
	return string(head)
}
