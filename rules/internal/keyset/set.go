package keyset

import "slices"

// Set is a set of keys, as described in the package documentation. Make one with the
// functions of this package; the zero value is not usable.
type Set struct {
	meter *Meter // nil: steps are not counted

	// A set is one of these three: an automaton, an intersection that is not computed
	// yet, or another automaton that is not built yet.
	built   *automaton
	product *product
	build   func() *automaton // returns nil if the automaton would be too large

	exact    bool // of built: false means that it may contain too many keys
	subsets  *subsets
	searched bool
	decided  bool // by the search
	shortest string
	found    bool
}

// ofAutomaton is the set of the keys that an automaton accepts.
func ofAutomaton(a *automaton) *Set { return &Set{built: a, exact: true} }

// later is a set whose automaton is built when it is needed. The set is exact if the
// operands are, and build does not give up by returning nil.
func later(build func() *automaton, operands ...*Set) *Set {
	s := &Set{meter: meterOf(operands...)}
	s.build = func() *automaton {
		s.exact = true
		for _, o := range operands {
			s.meter.Spend(o.automaton().size())
			s.exact = s.exact && o.exact
		}
		return build()
	}
	return s
}

// buildSteps is how many steps it takes to build a state or a move of an automaton.
const buildSteps = 5

// automaton builds the set.
func (s *Set) automaton() *automaton {
	if s.built != nil {
		return s.built
	}
	if s.meter.Exceeded() {
		s.built, s.exact = allKeys, false
		return s.built
	}
	if s.product != nil {
		s.built, s.exact = s.product.build(s.meter)
		s.product = nil
		return s.built
	}
	a := s.build()
	s.build = nil
	if a == nil {
		s.meter.Spend(maxMoves)
		a, s.exact = allKeys, false
	}
	s.meter.Spend(buildSteps * (4 + a.size()))
	s.built = a
	return a
}

// CountedBy has a meter count the steps of a new set, and of the sets that are made of it.
func (s *Set) CountedBy(m *Meter) *Set {
	s.meter = m
	if s.product != nil {
		for _, factor := range slices.Concat(s.product.in, s.product.out) {
			if factor.meter == nil {
				factor.meter = m
			}
		}
	}
	return s
}

// Exact reports whether the set has no key too many.
func (s *Set) Exact() bool {
	s.automaton()
	return s.exact
}

// IsEmpty reports whether the set has no key. It stops at the first key. If that takes
// too many steps, it returns false.
func (s *Set) IsEmpty() bool {
	if s.built != nil {
		return len(s.built.moves[0]) == 0 && !s.built.accepts[0]
	}
	if s.product == nil {
		a := s.automaton()
		return len(a.moves[0]) == 0 && !a.accepts[0]
	}
	s.search()
	return s.decided && !s.found
}

// Shortest returns one of the set's shortest keys, as an example for a message; it is
// not ok if the set is empty, or if that takes too many steps. Where several characters
// are possible it prefers a printable one.
func (s *Set) Shortest() (key string, ok bool) {
	s.search()
	return s.shortest, s.found
}

// search finds the shortest key, unless that takes too many steps.
func (s *Set) search() {
	if s.searched || s.meter.Exceeded() {
		return
	}
	s.searched = true
	p := s.product
	if p == nil {
		p = &product{in: []*Set{s}}
	}
	s.shortest, s.found, s.decided = p.shortest(s.meter)
}

// Contains reports whether a key is in the set.
func (s *Set) Contains(key string) bool {
	a := s.automaton()
	states := []int{0}
	for _, r := range key {
		var next []int
		for _, from := range states {
			next = append(next, a.over(from, r)...)
		}
		slices.Sort(next)
		states = slices.Compact(next)
	}
	return slices.ContainsFunc(states, func(state int) bool { return a.accepts[state] })
}
