package rules

import (
	"math"
	"slices"
)

// trigger says that a copy of one rule can make an object that another rule takes.
type trigger struct {
	spec    *copySpec
	objects objectSet
	to      *rule
	// growth is by how many bytes the key becomes longer at most; negative if every
	// such copy makes it shorter.
	growth int
	// endsThere says that what the other rule's copies make triggers nothing.
	endsThere bool
}

// triggers returns, by rule, what its copies can trigger.
func (l *loopChecker) triggers() [][]trigger {
	all := make([][]trigger, len(l.set.rules))
	for i, r := range l.set.rules {
		if r.disabled {
			continue
		}
		for f := range l.followUps(r, r.copies) {
			if f.made.inPlace && l.changesNothing(f.rule, f.next) {
				continue
			}
			all[i] = append(all[i], trigger{f.spec, f.made, f.rule, f.spec.keyGrowth(f.taken.keys),
				f.made.inPlace && l.triggersNothing(f.rule, f.next)})
		}
	}
	return all
}

// changesNothing reports whether a rule's copies would find objects as they want them.
func (l *loopChecker) changesNothing(r *rule, taken objectSet) bool {
	return every(r.copies, func(c *copySpec) bool {
		return surelyInPlace(c, taken.bucket) && slices.Contains(taken.known.settled, c)
	})
}

// triggersNothing reports whether no rule takes what a rule's copies make of objects.
func (l *loopChecker) triggersNothing(r *rule, taken objectSet) bool {
	return !slices.ContainsFunc(r.copies, func(c *copySpec) bool {
		if surelyInPlace(c, taken.bucket) {
			return c.mayRaiseEvent(taken.known)
		}
		return l.mayWriteSource(c)
	})
}

// triggerCycles returns the groups of rules that can trigger each other, or themselves.
func triggerCycles(triggers [][]trigger) [][]*rule {
	next := make([][]int, len(triggers))
	rules := make([]*rule, len(triggers))
	for i, all := range triggers {
		for _, t := range all {
			if rules[i] = t.spec.rule; !t.endsThere {
				next[i] = append(next[i], int(t.to.index))
			}
		}
	}
	var cycles [][]*rule
	for _, members := range stronglyConnected(next) {
		if len(members) == 1 && !slices.Contains(next[members[0]], members[0]) {
			continue
		}
		slices.Sort(members)
		var cycle []*rule
		for _, i := range members {
			cycle = append(cycle, rules[i])
		}
		cycles = append(cycles, cycle)
	}
	return cycles
}

// maxCycle bounds the rules of the cycles for which key lengths are compared.
const maxCycle = 100

// keysShrink reports whether every way through a cycle makes the key shorter. Then no
// chain of copies is endless, since no key can become shorter without end.
func keysShrink(cycle []*rule, triggers [][]trigger) bool {
	n := len(cycle)
	if n > maxCycle {
		return false
	}
	const never = math.MinInt32
	growth := make([][]int, n) // the most a key can grow from one rule to another
	for i, r := range cycle {
		growth[i] = slices.Repeat([]int{never}, n)
		for _, t := range triggers[r.index] {
			if j := slices.Index(cycle, t.to); j >= 0 && !t.endsThere {
				growth[i][j] = max(growth[i][j], t.growth)
			}
		}
	}
	// Floyd and Warshall's longest paths: via is the last rule allowed on the way.
	for via := range n {
		for i := range n {
			if extend(growth[i], growth[via], growth[i][via], never); growth[i][i] >= 0 {
				return false
			}
		}
	}
	return true
}

// extend raises how much a key can grow from one rule to each other one by ways that
// pass a rule in between, given how much it grows up to there and from there on.
func extend(from, via []int, upTo, never int) {
	if upTo == never {
		return
	}
	for j, more := range via {
		if more > never {
			from[j] = min(max(from[j], upTo+more), unboundedGrowth)
		}
	}
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
