package rules

import (
	"math"
	"slices"
)

// loopChecker refuses a set whose copies could trigger each other in an endless loop. A
// copy into a source bucket raises an event that runs the function again; whether that
// ends is checked before the first object is copied. The checker computes with sets of
// objects instead of objects: all uploads that a rule may take, all objects that its
// copies can make of them, which rules may take those, and so on. Whatever cannot be
// ruled out counts as possible.
//
// Rules that can trigger each other in a cycle are accepted only if every way through
// the cycle makes the key shorter, or if following the sets shows that none is left in
// the end.
type loopChecker struct {
	*analysis
	*reporter
	steps int // taken by followCopies
}

// trigger says that a copy of one rule can make an object that another rule takes.
type trigger struct {
	spec    *copySpec
	objects objectSet
	to      *rule
	// growth is by how many characters the key becomes longer at most; negative if every
	// such copy makes it shorter, or changes nothing but the case of its letters.
	growth int
	// endsThere says that what the other rule's copies make triggers nothing.
	endsThere bool
}

// triggers returns, by rule, what its copies can trigger.
func (l *loopChecker) triggers() [][]trigger {
	all := make([][]trigger, len(l.set.rules))
	for i, r := range l.set.rules {
		if r.disabled || l.meter.Exceeded() {
			continue
		}
		for f := range l.followUps(r, r.copies) {
			if f.made.inPlace && l.changesNothing(f.rule, f.next) {
				continue
			}
			grows := f.spec.keyGrowth(f.taken.keys, f.taken.bucket == f.made.bucket)
			all[i] = append(all[i], trigger{f.spec, f.made, f.rule, grows,
				f.made.inPlace && l.triggersNothing(f.rule, f.next)})
			l.meter.Spend(10)
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
	for _, members := range cyclesOf(next) {
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
// chain of copies is endless, since no key can become shorter without end. Copies may bring
// keys into one case: after one such copy a key is in it, and stays so.
func keysShrink(cycle []*rule, triggers [][]trigger) bool {
	n := len(cycle)
	if n > maxCycle {
		return false
	}
	var inside []trigger
	for _, r := range cycle {
		for _, t := range triggers[r.index] {
			if !t.endsThere && slices.Contains(cycle, t.to) {
				inside = append(inside, t)
			}
		}
	}
	letters, bounded := caseMade(inside)
	if !bounded {
		return false
	}
	const never = math.MinInt32
	// The most that a key can grow from one rule to another. Each character counts 2, and a key that is not in the
	// case 1 more.
	growth := make([][]int, n)
	for i := range cycle {
		growth[i] = slices.Repeat([]int{never}, n)
	}
	for _, t := range inside {
		grows := 2 * t.growth
		if !t.spec.key.keepsCase(letters) {
			grows++
		}
		i, j := slices.Index(cycle, t.spec.rule), slices.Index(cycle, t.to)
		growth[i][j] = max(growth[i][j], grows)
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

// caseMade is the case into which copies bring keys. It is not ok if they are two, or if a key may grow without bound.
func caseMade(triggers []trigger) (letters letterCase, ok bool) {
	for _, t := range triggers {
		if t.growth == unboundedGrowth {
			return anyCase, false
		}
		for p := range t.spec.key.placeholders() {
			if p.letters == anyCase {
				continue
			}
			if letters != anyCase && letters != p.letters {
				return anyCase, false
			}
			letters = p.letters
		}
	}
	return letters, true
}

// keepsCase reports whether the template gives keys in a case for keys in that case, and brings no others into it.
func (t *template) keepsCase(letters letterCase) bool {
	return t == nil || every(t.parts, func(p templatePart) bool {
		return p.letters == anyCase && letters.apply(p.literal) == p.literal
	})
}
