package deploy

import (
	"cmp"
	"slices"
	"strings"
)

// separateFilters are filters of which no two overlap. They are found by their prefixes and suffixes, since there may
// be tens of thousands of them.
type separateFilters struct {
	all                []*filter // in the order in which they were added; nil where one was merged
	prefixes, suffixes endIndex  // suffixes are reversed
}

// add adds f, and merges it with those that it overlaps for the given reason.
func (s *separateFilters) add(f *filter, reason string) {
	for i := s.overlapping(f); i >= 0; i = s.overlapping(f) {
		old := s.all[i]
		s.all[i] = nil
		s.prefixes.remove(indexedEnd{old.prefix, i})
		s.suffixes.remove(indexedEnd{reversed(old.suffix), i})
		f = union(old, f, reason)
	}
	s.prefixes.insert(indexedEnd{f.prefix, len(s.all)})
	s.suffixes.insert(indexedEnd{reversed(f.suffix), len(s.all)})
	s.all = append(s.all, f)
}

// overlapping returns the number of the first filter that f overlaps, -1 if there is none.
func (s *separateFilters) overlapping(f *filter) int {
	candidates := s.prefixes.related(f.prefix)
	if len(candidates) > 1 {
		if other := s.suffixes.related(reversed(f.suffix)); len(other) < len(candidates) {
			candidates = other
		}
	}
	first := -1
	for _, c := range candidates {
		if (first < 0 || c.filter < first) && f.overlaps(s.all[c.filter]) {
			first = c.filter
		}
	}
	return first
}

// list returns the filters.
func (s *separateFilters) list() []*filter {
	return slices.DeleteFunc(s.all, func(f *filter) bool { return f == nil })
}

// endIndex finds filters by one end of the keys that they accept. It is sorted.
type endIndex []indexedEnd

// indexedEnd is a prefix, or a reversed suffix, and the number of the filter that has it.
type indexedEnd struct {
	text   string
	filter int
}

func compareEnds(a, b indexedEnd) int {
	return cmp.Or(cmp.Compare(a.text, b.text), cmp.Compare(a.filter, b.filter))
}

func (x *endIndex) insert(e indexedEnd) {
	at, _ := slices.BinarySearchFunc(*x, e, compareEnds)
	*x = slices.Insert(*x, at, e)
}

func (x *endIndex) remove(e indexedEnd) {
	if at, found := slices.BinarySearchFunc(*x, e, compareEnds); found {
		*x = slices.Delete(*x, at, at+1)
	}
}

// related returns the ends that begin with a text, or that the text begins with.
func (x endIndex) related(text string) endIndex {
	from := x.search(text)
	to := from + len(x[from:].beginningWith(text))
	related := x[from:to:to]
	// What precedes text in the order shares with it all that a shorter end could share.
	for from > 0 {
		head := commonHead(x[from-1].text, text)
		from = x.search(head)
		for to = from; to < len(x) && x[to].text == head; to++ {
			related = append(related, x[to])
		}
		text = head
	}
	return related
}

// search returns the position of the first end that is not less than a text.
func (x endIndex) search(text string) int {
	at, _ := slices.BinarySearchFunc(x, text, func(e indexedEnd, text string) int { return cmp.Compare(e.text, text) })
	return at
}

// beginningWith returns those of the ends, all of them not less than a text, that begin with it.
func (x endIndex) beginningWith(text string) endIndex {
	n, _ := slices.BinarySearchFunc(x, text, func(e indexedEnd, text string) int {
		if strings.HasPrefix(e.text, text) {
			return -1
		}
		return 1
	})
	return x[:n]
}

// commonHead returns what both texts begin with.
func commonHead(a, b string) string {
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return a[:n]
}
