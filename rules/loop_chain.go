package rules

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
	members := map[*rule]bool{}
	for _, r := range cycle {
		longest += len(r.copies)
		members[r] = true
	}
	longest = max(longest, MaxHops+2)
	for _, r := range cycle {
		for _, bucket := range l.set.sources {
			if found := l.followCopies(r, anyUpload(bucket), members, longest, nil); found != nil {
				return found
			}
		}
	}
	return nil
}

// followCopies returns the first chain of that length that continues the one before. What
// it returns may use the room behind the one before.
func (l *loopChecker) followCopies(r *rule, o objectSet, cycle map[*rule]bool, length int, before copyChain) copyChain {
	l.steps++
	spent := l.meter.Spent()
	taken := l.takenBy(r, o)
	empty := taken.keys.IsEmpty()
	if n := len(before); n > 0 {
		l.note(before[n-1].spec, r, spent)
	}
	if empty || l.meter.Exceeded() {
		return nil
	}
	for c, made := range l.objectsMade(r.copies, taken) {
		longer := append(before, chainLink{c, made})
		if len(longer) >= length || l.steps > maxSteps {
			return longer
		}
		for _, next := range l.rulesNear(made) {
			if !cycle[next] {
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
	s := chainSearch{triggers, map[*rule]int{}, make([]int, len(triggers)), make([]*trigger, len(triggers))}
	for i, cycle := range cycles {
		for _, r := range cycle {
			s.cycleOf[r] = i + 1
		}
	}
	first := 0
	for i := range triggers {
		if s.from(i) > s.from(first) {
			first = i
		}
	}
	var longest []trigger
	for i := first; i < len(triggers) && s.first[i] != nil; i = int(s.first[i].to.index) {
		if longest = append(longest, *s.first[i]); s.first[i].endsThere {
			break
		}
	}
	return longest
}

// chainSearch finds the longest chain of triggers from each rule.
type chainSearch struct {
	triggers [][]trigger
	cycleOf  map[*rule]int // the number of a rule's cycle, from 1
	length   []int         // by rule, and 1 is added; 0 if it is not known yet
	first    []*trigger    // by rule: with which its longest chain begins
}

// from is the length of the longest chain that begins with a rule.
func (s *chainSearch) from(i int) int {
	if s.length[i] > 0 {
		return s.length[i] - 1
	}
	s.length[i] = 1
	for j := range s.triggers[i] {
		t := &s.triggers[i][j]
		if s.inCycle(t) {
			continue
		}
		length := 1
		if !t.endsThere {
			length += s.from(int(t.to.index))
		}
		if length >= s.length[i] {
			s.length[i], s.first[i] = length+1, t
		}
	}
	return s.length[i] - 1
}

// inCycle reports whether a trigger leads from a rule to one of the same cycle.
func (s *chainSearch) inCycle(t *trigger) bool {
	cycle := s.cycleOf[t.to]
	return !t.endsThere && cycle > 0 && cycle == s.cycleOf[t.spec.rule]
}
