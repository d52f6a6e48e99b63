package rules

import (
	"cmp"
	"slices"
)

// Lint returns warnings about the set, in the file's order. A cause is reported once at
// its place; disabled rules are not checked. That a rule never matches, or that a copy is
// shadowed, is reported only if it is certain.
func (s *Set) Lint() []Warning {
	l := &linter{
		// It has no stops: neverMatches considers rules with stop itself.
		analysis: newAnalysis(s),
		ignorer:  newIgnorer(s),
		possible: possibleKeys(),
		samples:  map[*rule]string{},
		examples: exampleKeys(len(s.rules)),
		named:    namedKeys(),
		staying:  s.firstCopies(func(*copySpec) bool { return true }),
		billed:   s.firstCopies(func(c *copySpec) bool { return minimumDays[c.storageClass] > 0 }),
	}
	for _, b := range s.except {
		l.habits("", b)
		l.uselessDefault(b)
		l.lookAlikes("", b)
	}
	for _, r := range s.rules {
		if r.disabled {
			continue
		}
		for _, b := range r.ownBlocks() {
			l.habits(r.name, b)
			l.lookAlikes(r.name, b)
		}
		l.lookAlikesCopied(r)
		if l.neverMatches(r) {
			continue
		}
		l.live = append(l.live, r)
		if r.stop {
			l.stopping = append(l.stopping, r)
		}
		l.uselessExcepts(r)
		l.costlyConditions(r)
		l.alwaysFails(r)
		l.putOnly(r)
		l.neverDeletes(r)
		l.deletedEarly(r)
		for _, c := range r.copies {
			l.storageClass(c)
			l.publicACL(c)
			l.unlistedTag(c)
			l.failsInPlace(c)
			l.restores(c)
		}
		for _, c := range slices.Concat(r.copies, r.deletes) {
			l.keyHabits(c)
			l.defaults(c)
		}
	}
	l.topLevelGlobs()
	l.shadowedCopies()
	l.inheritedACL()
	l.encryption()
	l.sameDestinations()
	l.longChains()
	l.remotes()
	l.restoreCosts()
	l.deleteCosts()
	l.warnings = append(l.warnings, l.uselessIgnores()...)
	slices.SortStableFunc(l.warnings, func(a, b Warning) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col))
	})
	seen := map[Warning]bool{} // one cause can be found at several copies or buckets
	return slices.DeleteFunc(l.warnings, func(w Warning) bool {
		again := seen[w]
		seen[w] = true
		return again
	})
}
