package rules

import (
	"cmp"
	"fmt"
	"slices"
	"sort"

	"afterput/rules/internal/keyset"
)

// neverMatches warns about a rule that can take no object at all.
func (l *linter) neverMatches(r *rule) bool {
	never := func(line, col int, format string, args ...any) bool {
		l.warn(line, col, r.name, NeverMatches, "the rule never matches: "+format, args...)
		return true
	}
	m := &r.match
	fitting := l.keysOf(m).Intersect(l.possible)
	keys := l.keysTaken(r)
	none := keys.IsEmpty()
	if none && (len(r.except) == 0 || fitting.IsEmpty()) {
		return l.noKeyMatches(m, never)
	}
	if m.atLeast > MaxObject {
		return never(m.given[bySize], m.col, "no object has %s, the limit of OSS is 48.8 TiB; lower at-least",
			formatSize(m.atLeast))
	}
	excluded := func(b *block, what string) bool {
		line, col, except := r.lineOf(b), b.col, "except"
		if b.defaults {
			line, col, except = r.line, r.col, fmt.Sprintf("defaults.except (line %d)", r.lineOf(b))
		}
		return never(line, col, "%s excludes %s that match accepts; narrow it, or remove the rule", except, what)
	}
	if none {
		return excluded(l.lastExcept(r, fitting), "everything")
	}
	if low, high := l.sizes(r); high > 0 && low >= high {
		return excluded(r.except[0], "every size")
	}
	l.samples[r], _ = keys.Shortest()
	for _, upper := range l.stopsAbove(r) {
		if l.covers(upper, r) {
			delete(l.samples, r)
			return never(r.line, r.col, "rule %s (line %d) takes every object first and has stop; move this rule "+
				"above it", upper.name, upper.line)
		}
	}
	return false
}

// stopsAbove lists the live rules above a live one that may take an object which it takes,
// and have stop.
func (l *linter) stopsAbove(r *rule) []*rule {
	if len(l.stopping) <= fewRules {
		return l.stopping
	}
	return slices.DeleteFunc(l.above(r), func(upper *rule) bool { return !upper.stop })
}

// lastExcept is the except block that excludes the last of some keys, which all are
// excluded.
func (l *linter) lastExcept(r *rule, keys *keyset.Set) *block {
	return r.except[sort.Search(len(r.except)-1, func(i int) bool {
		return l.keysLeftBy(r.except[:i+1], &r.match, keys).IsEmpty()
	})]
}

// noKeyMatches warns about a block that no key matches.
func (l *linter) noKeyMatches(m *block, never func(line, col int, format string, args ...any) bool) bool {
	var asks []string
	line := 0
	for _, c := range keyConditions {
		if m.given[c] != 0 {
			asks, line = append(asks, m.text(c)), max(line, m.given[c])
		}
	}
	switch {
	case !l.keysOf(m).IsEmpty():
		return never(line, m.col, "everything that matches %s begins with / or \\, and no OSS key does; remove "+
			"that", andList(asks))
	case len(asks) == 1:
		return never(line, m.col, "nothing can match %s; fix the pattern", asks[0])
	}
	return never(line, m.col, "no key matches %s at once; all conditions of a block must hold, so remove one, "+
		"or write two rules", andList(asks))
}

// sizes are the sizes that a rule may take: from low, and below high if that is
// not 0.
func (l *linter) sizes(r *rule) (low, high int64) {
	low, high = r.match.atLeast, r.match.below
	var out []*block // except blocks that exclude sizes, whatever else the object is like
	for _, b := range r.except {
		rest := *b
		rest.given[bySize] = 0
		if b.given[bySize] != 0 && l.implies(&r.match, &rest) && l.fitsKeys(l.keysOf(&r.match), b) {
			out = append(out, b)
		}
	}
	slices.SortFunc(out, func(a, b *block) int { return cmp.Compare(a.atLeast, b.atLeast) })
	for _, b := range out {
		if b.atLeast <= low && b.below > low {
			low = b.below
		}
	}
	for _, b := range slices.Backward(out) {
		if b.atLeast >= low && (b.below == 0 || high > 0 && b.below >= high) && (high == 0 || b.atLeast < high) {
			high = b.atLeast
		}
	}
	return low, high
}

// uploadEvents are the events of ordinary uploads.
var uploadEvents = maskOf("ObjectCreated:PutObject") | maskOf("ObjectCreated:PostObject") |
	maskOf("ObjectCreated:CompleteMultipartUpload")

// costlyRequests are the requests for which the event never has the answer, with the
// conditions that take them.
var costlyRequests = []struct {
	request    string
	conditions []condition
}{{headObject, []condition{byStorageClass, byMeta}}, {getObjectTagging, []condition{byTagging}}}

// costlyConditions warns about conditions that take a request for every upload, because
// no other condition of their block excludes objects for free.
func (l *linter) costlyConditions(r *rule) {
	costly := func(b *block) bool { return b.given[byStorageClass]|b.given[byMeta]|b.given[byTagging] != 0 }
	if !costly(&r.match) && !slices.ContainsFunc(r.except, costly) || l.filtersForFree(&r.match) {
		return
	}
	for i, b := range r.blocks() {
		if i > 0 && l.filtersForFree(b) {
			continue
		}
		for _, cost := range costlyRequests {
			given := slices.DeleteFunc(slices.Clone(cost.conditions), func(c condition) bool { return b.given[c] == 0 })
			if len(given) == 0 {
				continue
			}
			var names []string
			for _, c := range given {
				names = append(names, conditionNames[c])
			}
			name, where := r.name, "under match"
			if b.defaults {
				name, where = "", "to this block"
			}
			l.warn(b.given[given[0]], b.col, name, CostlyCondition, "testing %s costs one %s for every upload to "+
				"%s: add a prefix, a suffix or another free condition %s",
				andList(names), cost.request, l.bucketsText(r), where)
		}
	}
}

// bucketsText names the buckets of a rule.
func (l *linter) bucketsText(r *rule) string {
	switch {
	case r.match.given[byBucket] != 0:
		return someOf(r.match.buckets)
	case len(l.set.sources) == 1:
		return l.set.sources[0]
	}
	return "any source"
}

// filtersForFree reports whether a block has a condition that excludes some uploads and
// takes no request.
func (l *linter) filtersForFree(b *block) bool {
	for _, c := range []condition{bySize, byPrincipal, bySourceIP, byContentType} {
		if b.given[c] != 0 {
			return true
		}
	}
	if b.given[byEvent] != 0 && b.events&uploadEvents != uploadEvents {
		return true
	}
	k := l.keysOf(b)
	return !k.Exact() || !l.possible.Minus(k).IsEmpty()
}
