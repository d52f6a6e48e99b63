package deploy

import (
	"cmp"
	"iter"
	"slices"
	"strings"
)

// separateFilters are filters of which no two overlap. They are found by their prefixes and suffixes, since there may
// be tens of thousands of them.
type separateFilters struct {
	all                []*filter // in the order in which they were added; nil where one was merged
	indexed            int       // how many of all are in the indexes; the others are few
	prefixes, suffixes endIndex  // suffixes are reversed
}

// mostUnindexed is how many filters are compared one by one before they are put into the indexes together.
const mostUnindexed = 200

// separated are filters that are put into the indexes together: no two overlap, or none is added.
func separated(filters []*filter) *separateFilters {
	s := &separateFilters{all: filters}
	s.index()
	return s
}

// add adds f, and merges it with those that it overlaps for the given reason.
func (s *separateFilters) add(f *filter, reason string) {
	for found := s.overlapping(f); found != nil; found = s.overlapping(f) {
		for _, i := range found {
			f = union(s.all[i], f, reason)
		}
		if first := found[0]; len(found) == 1 && s.all[first].covers(f) {
			s.all[first] = f
			return
		}
		for _, i := range found {
			s.all[i] = nil
		}
	}
	s.all = append(s.all, f)
	if len(s.all)-s.indexed > mostUnindexed {
		s.index()
	}
}

// index puts the filters that were added since the last time into the indexes, and removes those that were merged.
func (s *separateFilters) index() {
	added := len(s.all) - s.indexed
	prefixes, suffixes := make(endIndex, 0, added), make(endIndex, 0, added)
	for i, f := range s.all[s.indexed:] {
		if f != nil {
			prefixes = append(prefixes, indexedEnd{f.prefix, s.indexed + i})
			suffixes = append(suffixes, indexedEnd{reversed(f.suffix), s.indexed + i})
		}
	}
	isMerged := func(e indexedEnd) bool { return s.all[e.filter] == nil }
	s.prefixes = slices.DeleteFunc(s.prefixes, isMerged).with(prefixes)
	s.suffixes = slices.DeleteFunc(s.suffixes, isMerged).with(suffixes)
	s.indexed = len(s.all)
}

// overlapping returns the numbers of the filters that f overlaps.
func (s *separateFilters) overlapping(f *filter) []int { return slices.Sorted(s.eachOverlapping(f)) }

// overlapsAnother reports whether f, which is one of the filters, overlaps another one.
func (s *separateFilters) overlapsAnother(f *filter) bool {
	for i := range s.eachOverlapping(f) {
		if s.all[i] != f {
			return true
		}
	}
	return false
}

// eachOverlapping yields the numbers of the filters that f overlaps.
func (s *separateFilters) eachOverlapping(f *filter) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := range s.candidates(f) {
			if other := s.all[i]; other != nil && f.overlaps(other) && !yield(i) {
				return
			}
		}
	}
}

// candidates yields the numbers of the filters that f may overlap: those found by the end that fewer have in common
// with it, from the shortest end, which overlaps most, and those that are not in the indexes.
func (s *separateFilters) candidates(f *filter) iter.Seq[int] {
	found := s.prefixes.related(f.prefix)
	if n := totalLength(found); n > 1 {
		if other := s.suffixes.related(reversed(f.suffix)); totalLength(other) < n {
			found = other
		}
	}
	return func(yield func(int) bool) {
		for _, ends := range slices.Backward(found) {
			for _, e := range ends {
				if !yield(e.filter) {
					return
				}
			}
		}
		for i := s.indexed; i < len(s.all); i++ {
			if !yield(i) {
				return
			}
		}
	}
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

// with returns the index with more ends. Both lists may be overwritten.
func (x endIndex) with(more endIndex) endIndex {
	slices.SortFunc(more, compareEnds)
	if len(x) == 0 {
		return more
	}
	last := len(x) - 1
	x = append(x, more...) // makes room at the end, from where both are merged
	for at := len(x) - 1; len(more) > 0; at-- {
		if n := len(more) - 1; last < 0 || compareEnds(x[last], more[n]) < 0 {
			x[at], more = more[n], more[:n]
		} else {
			x[at] = x[last]
			last--
		}
	}
	return x
}

// related returns the ends that begin with a text, and after them those that the text begins with, from the longest.
func (x endIndex) related(text string) []endIndex {
	from := x.search(text)
	related := []endIndex{x[from : from+len(x[from:].beginningWith(text))]}
	// What precedes text in the order shares with it all that a shorter end could share.
	for from > 0 {
		head := commonHead(x[from-1].text, text)
		from = x.search(head)
		related = append(related, x[from:x.search(head+"\x00")]) // nothing is between the two in the order
		text = head
	}
	return related
}

func totalLength(lists []endIndex) (n int) {
	for _, l := range lists {
		n += len(l)
	}
	return n
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
