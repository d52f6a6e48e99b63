package rules

import "slices"

// chainLink is one copy of a chain, and the objects it makes.
type chainLink struct {
	spec    *copySpec
	objects objectSet
}

// copyChain is a number of copies, each of which triggers the next.
type copyChain []chainLink

// maxSteps bounds the following of sets. A chain that is longer counts as endless.
const maxSteps = 5000

// endlessChain follows the copies of rules that can trigger each other. It returns a
// chain in which some copy occurs twice and that is longer than MaxHops; nil if every
// chain ends before.
func (l *loopChecker) endlessChain(cycle []*rule) copyChain {
	l.steps = 0
	longest := 1
	for _, r := range cycle {
		longest += len(r.copies)
	}
	longest = max(longest, MaxHops+2)
	for _, r := range cycle {
		for _, bucket := range l.set.sources {
			if found := l.followCopies(r, anyUpload(bucket), cycle, longest, nil); found != nil {
				return found
			}
		}
	}
	return nil
}

// followCopies returns the first chain of that length that continues the one before.
func (l *loopChecker) followCopies(r *rule, o objectSet, cycle []*rule, length int, before copyChain) copyChain {
	l.steps++
	taken := l.takenBy(r, o)
	if taken.keys.IsEmpty() {
		return nil
	}
	for c, made := range l.objectsMade(r.copies, taken) {
		longer := append(before[:len(before):len(before)], chainLink{c, made})
		if len(longer) >= length || l.steps > maxSteps {
			return longer
		}
		for _, next := range l.rulesNear(made) {
			if !slices.Contains(cycle, next) {
				continue
			}
			if found := l.followCopies(next, made, cycle, length, longer); found != nil {
				return found
			}
		}
	}
	return nil
}

// loop is the part of a chain that repeats: from a copy up to the one before the same
// copy occurs again. It is nil if none does.
func (c copyChain) loop() copyChain {
	for length := 1; length < len(c); length++ {
		for from := 0; from+length < len(c); from++ {
			if c[from].spec == c[from+length].spec {
				return c[from : from+length]
			}
		}
	}
	return nil
}

// longestChain is the longest chain of triggers, cycles aside; its length is the number
// of hops.
func longestChain(triggers [][]trigger, cycles [][]*rule) []trigger {
	s := chainSearch{triggers, map[*rule]int{}, make([][]trigger, len(triggers)), make([]bool, len(triggers))}
	for i, cycle := range cycles {
		for _, r := range cycle {
			s.cycleOf[r] = i + 1
		}
	}
	var longest []trigger
	for i := range triggers {
		if chain := s.from(i); len(chain) > len(longest) {
			longest = chain
		}
	}
	return longest
}

// chainSearch finds the longest chain of triggers from each rule.
type chainSearch struct {
	triggers [][]trigger
	cycleOf  map[*rule]int // the number of a rule's cycle, from 1
	longest  [][]trigger   // by rule, once it is done
	done     []bool
}

// from is the longest chain that begins with a rule.
func (s *chainSearch) from(i int) []trigger {
	if s.done[i] {
		return s.longest[i]
	}
	s.done[i] = true
	var longest []trigger
	for _, t := range s.triggers[i] {
		if chain := s.after(t); len(chain)+1 > len(longest) && !s.inCycle(t) {
			longest = append([]trigger{t}, chain...)
		}
	}
	s.longest[i] = longest
	return longest
}

// inCycle reports whether a trigger leads from a rule to one of the same cycle.
func (s *chainSearch) inCycle(t trigger) bool {
	cycle := s.cycleOf[t.to]
	return !t.endsThere && cycle > 0 && cycle == s.cycleOf[t.spec.rule]
}

// after is the longest chain that continues a trigger.
func (s *chainSearch) after(t trigger) []trigger {
	if t.endsThere || s.inCycle(t) {
		return nil
	}
	return s.from(int(t.to.index))
}
