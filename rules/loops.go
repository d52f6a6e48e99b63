package rules

// newLoopChecker is the checker of a set.
func newLoopChecker(s *Set, report *reporter) *loopChecker {
	return &loopChecker{analysis: newFullAnalysis(s), reporter: report}
}

// check reports copies that must not be made in place, and copies that can trigger each
// other in an endless loop. If that cannot be decided within the limit of steps, it is
// reported as a problem.
func (l *loopChecker) check() {
	for _, r := range l.set.rules {
		for _, c := range r.copies {
			before := l.meter.Spent()
			l.checkInPlace(c)
			l.note(c, r, before)
		}
		l.checkDeletesItself(r)
	}
	triggers := l.triggers()
	cycles := triggerCycles(triggers)
	for _, cycle := range cycles {
		if l.meter.Exceeded() || l.tooMany() {
			break
		}
		l.set.cycles = append(l.set.cycles, cycle)
		if keysShrink(cycle, triggers) {
			continue
		}
		if found := l.endlessChain(cycle); found != nil && !l.meter.Exceeded() {
			l.reportLoop(cycle, found.loop())
		}
	}
	if l.meter.Exceeded() {
		l.reportUndecided()
		return
	}
	if len(l.problems) == 0 {
		if longest := longestChain(triggers, cycles); len(longest) > MaxHops {
			l.reportLongChain(longest)
		}
	}
}
