package rules

import (
	"slices"

	"afterput/rules/internal/keyset"
)

// Want is a set of events that a rule needs: those of a bucket's objects whose keys begin
// with Prefix and end with Suffix, "" being any. The set may include objects that the
// rule does not take.
type Want struct {
	Rule   string
	Line   int // of the rule
	Bucket string
	// Events are the names of the events without "oss:". A rule that names none needs
	// [UploadEvents].
	Events []string
	Prefix string
	Suffix string
	// Beyond are the conditions of the rule, by the names of their fields, that Events,
	// Prefix and Suffix do not express.
	Beyond []string
}

// beyond are the conditions that the filter of a trigger cannot express.
var beyond = []condition{byGlob, byRegexp, bySize, byContentType, byPrincipal, bySourceIP, byStorageClass, byMeta,
	byTagging}

// Wants returns the events that the enabled rules need, in the order of rules and
// sources. Together they include every event of which some rule makes copies, except events
// whose names OSS may add in the future.
func (s *Set) Wants() []Want {
	a := newFullAnalysis(s)
	var all []Want
	for _, r := range s.rules {
		if r.disabled || r.onlyStops() {
			continue
		}
		events, more := r.match.eventNames(), r.beyondFilters()
		ends := r.match.keyEnds(maxKeyEnds, maxSpellings)
		for _, bucket := range s.bucketsOf(r) {
			o := anyUpload(bucket)
			excluding := a.excluding(r, o.query(), func(*block) bool { return true })
			for _, e := range ends {
				if !acceptAll(excluding, e) {
					all = append(all, Want{r.name, r.line, bucket, events, e.prefix, e.suffix, more})
				}
			}
		}
	}
	return all
}

// beyondFilters names what the rule asks for and the filters of triggers cannot express.
func (r *rule) beyondFilters() (names []string) {
	for _, c := range beyond {
		if r.match.given[c] != 0 {
			names = append(names, conditionNames[c])
		}
	}
	if !r.match.spelledOut() {
		names = append(names, "ignore-case")
	}
	for _, b := range r.except {
		names = append(names, b.exceptName())
	}
	return slices.Compact(names)
}

// spelledOut reports whether the ends of keys that the block accepts have its prefixes and suffixes in
// every spelling. Of long ones they have a part.
func (b *block) spelledOut() bool {
	whole := func(anyCase func(string, int) []string) func(string) bool {
		return func(s string) bool { return b.fold(anyCase(s, maxSpellings)[0]) == s }
	}
	return !b.ignoreCase ||
		every(b.heads, whole(keyset.PrefixesAnyCase)) && every(b.tails, whole(keyset.SuffixesAnyCase))
}

// eventNames lists the events that a block accepts.
func (b *block) eventNames() []string {
	if b.given[byEvent] == 0 {
		return UploadEvents()
	}
	return b.events.names()
}
