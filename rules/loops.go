package rules

// checkLoops reports copies that must not be made in place, and copies that can trigger
// each other in an endless loop.
func checkLoops(s *Set, report *reporter) {
	l := &loopChecker{analysis: newFullAnalysis(s), reporter: report}
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
		if longest := longestChain(triggers, cycles); len(longest) > MaxHops {
			l.reportLongChain(longest)
		}
	}
}
