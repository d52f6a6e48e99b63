package rules

import (
	"slices"
)

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
// chain in which some copy occurs twice and that is longer than maxHops; nil if every
// chain ends before.
func (l *loopChecker) endlessChain(cycle []*rule) copyChain {
	l.steps = 0
	longest := 1
	for _, r := range cycle {
		longest += len(r.copies)
	}
	longest = max(longest, maxHops+2)
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
	cycleOf := map[*rule]int{} // from 1
	for i, c := range cycles {
		for _, r := range c {
			cycleOf[r] = i + 1
		}
	}
	known := make([][]trigger, len(triggers))
	done := make([]bool, len(triggers))
	var from func(i int) []trigger
	from = func(i int) []trigger {
		if done[i] {
			return known[i]
		}
		done[i] = true
		var best []trigger
		for _, t := range triggers[i] {
			var rest []trigger
			if !t.endsThere {
				if c := cycleOf[t.to]; c > 0 && c == cycleOf[t.spec.rule] {
					continue
				}
				rest = from(int(t.to.index))
			}
			if len(rest)+1 > len(best) {
				best = append([]trigger{t}, rest...)
			}
		}
		known[i] = best
		return best
	}
	var best []trigger
	for i := range triggers {
		if chain := from(i); len(chain) > len(best) {
			best = chain
		}
	}
	return best
}
