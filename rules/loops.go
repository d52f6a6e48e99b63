package rules

import "slices"

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

// checkLoops reports what copies must not do: to their own source, and to each other.
func checkLoops(s *Set, report *reporter) {
	l := &loopChecker{analysis: newAnalysis(s), reporter: report}
	for _, r := range s.rules {
		for _, c := range r.copies {
			l.checkInPlace(c)
		}
	}
	triggers := l.triggers()
	cycles := triggerCycles(triggers)
	for _, cycle := range cycles {
		if keysShrink(cycle, triggers) {
			continue
		}
		if found := l.endlessChain(cycle); found != nil {
			l.reportLoop(cycle, found.loop())
		}
	}
	if len(l.problems) == 0 {
		if longest := longestChain(triggers, cycles); len(longest) > maxHops {
			l.reportLongChain(longest)
		}
	}
}

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
