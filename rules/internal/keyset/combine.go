package keyset

import "slices"

// Union returns the set of the keys that are in any of the sets; the empty set if there
// are none.
func Union(sets ...*Set) *Set {
	if len(sets) == 1 {
		return sets[0]
	}
	return later(func() *automaton {
		b := &builder{}
		b.state()
		for _, s := range sets {
			start, accepting := b.include(s.automaton())
			b.skip(0, start)
			b.accept(accepting)
		}
		return b.build()
	}, sets...)
}

// Concat returns the set of the keys that consist of a key of the first set followed by
// one of the second, and so on; the set of the empty key if there are no sets. Sets
// with which the result would exceed 4,000 states are replaced by all keys.
func Concat(sets ...*Set) *Set {
	if len(sets) == 1 {
		return sets[0]
	}
	var joined *Set
	joined = later(func() *automaton {
		b := &builder{}
		last := []int{b.state()}
		size := 0
		for _, s := range sets {
			a := s.automaton()
			if size += len(a.accepts); size > maxStates {
				a, joined.exact = allKeys, false
			}
			start, accepting := b.include(a)
			for _, state := range last {
				b.skip(state, start)
			}
			last = accepting
		}
		b.accept(last)
		return b.build()
	}, sets...)
	return joined
}

// Intersect returns the set of the keys that are in both sets. If that is too large to
// compute it is as large as s or as a set of which s is an intersection.
func (s *Set) Intersect(other *Set) *Set {
	p := s.factors()
	o := other.factors()
	return &Set{meter: meterOf(s, other), product: &product{join(p.in, o.in), join(p.out, o.out)}}
}

// Minus returns the set of the keys of s that none of the other sets contains. If that is
// too large to compute it is as large as s or as a set of which s is an intersection. Of
// other sets that are not exact, nothing is left out.
func (s *Set) Minus(others ...*Set) *Set {
	p := s.factors()
	return &Set{meter: meterOf(append([]*Set{s}, others...)...), product: &product{p.in, join(p.out, others)}}
}

// factors is the set as a product.
func (s *Set) factors() *product {
	if s.product != nil {
		return s.product
	}
	return &product{in: []*Set{s}}
}

// mostCompared is how many sets join compares one by one.
const mostCompared = 100

// join is a new list of the sets of two lists, each of them once.
func join(a, b []*Set) []*Set {
	all := append(make([]*Set, 0, len(a)+len(b)), a...)
	if len(a)+len(b) <= mostCompared {
		for _, s := range b {
			if !slices.Contains(all, s) {
				all = append(all, s)
			}
		}
		return all
	}
	seen := map[*Set]bool{}
	for _, s := range a {
		seen[s] = true
	}
	for _, s := range b {
		if !seen[s] {
			all = append(all, s)
		}
		seen[s] = true
	}
	return all
}
