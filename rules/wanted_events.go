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

// beyondFilters are the conditions that the filter of a trigger cannot express, those on
// the key in general.
var beyondFilters = []condition{byGlob, byRegexp, bySize, byContentType, byPrincipal, bySourceIP, byStorageClass,
	byMeta, byTagging}

// Wants returns the events that the enabled rules need, in the order of rules and
// sources. Together they include every event of which some rule makes copies, except events
// whose names OSS may add in the future. Prefix and Suffix are as long as they can be, also
// where globs, regular expressions, except and stop decide which keys a rule takes. After
// tens of thousands of them, what other rules need of a bucket is one Want of any key.
func (s *Set) Wants() []Want {
	w := &wants{wantedKeys: newWantedKeys(s), rest: make([]eventMask, len(s.sources)),
		all: make([]Want, 0, min(len(s.rules)*len(s.sources), maxWants))}
	for _, r := range s.rules {
		switch {
		case r.disabled, r.onlyStops():
		case len(w.all) > maxWants:
			w.addToRest(r)
		default:
			w.add(r)
		}
	}
	for i, bucket := range s.sources {
		if w.rest[i] != 0 {
			w.all = append(w.all, Want{Rule: w.first.name, Line: w.first.line, Bucket: bucket,
				Events: w.rest[i].names()})
		}
	}
	return w.all
}

// maxWants bounds the wants that are listed one by one. A bucket has at most ten triggers, which are merged of them.
const maxWants = 60_000

// wants collects what rules need.
type wants struct {
	*wantedKeys
	all   []Want
	rest  []eventMask // by source: the events of the rules after too many wants
	first *rule       // of those
}

// add adds what a rule needs.
func (w *wants) add(r *rule) {
	first, unfiltered := len(w.all), &beyond{rule: r}
	var last *eventGroup // the last one, which is mostly the same for every bucket
	var ends []keyEnds   // its ends
	for _, bucket := range w.set.sources {
		if r.match.given[byBucket] != 0 && !slices.Contains(r.match.buckets, bucket) {
			continue
		}
		for _, group := range w.groups(r, bucket) {
			if last == nil || !slices.Equal(last.excluding, group.excluding) ||
				!slices.Equal(last.undecided, group.undecided) {
				ends = w.endsOf(r, group)
				unfiltered.add(w.wantedKeys, group, ends)
			}
			last = &group
			for _, e := range ends {
				w.all = append(w.all, Want{Rule: r.name, Line: r.line, Bucket: bucket, Events: group.events,
					Prefix: e.prefix, Suffix: e.suffix})
			}
		}
	}
	names := unfiltered.names()
	for i := range w.all[first:] {
		w.all[first+i].Beyond = names
	}
}

// addToRest adds the events that a rule needs, whatever the key.
func (w *wants) addToRest(r *rule) {
	if w.first == nil {
		w.first = r
	}
	events := r.match.events
	if r.match.given[byEvent] == 0 {
		events = 1<<uploadEventCount - 1
	}
	for i, bucket := range w.set.sources {
		if r.match.given[byBucket] == 0 || slices.Contains(r.match.buckets, bucket) {
			w.rest[i] |= events
		}
	}
}

// spelledOut reports whether the ends of keys that the block accepts have its prefixes and suffixes in
// every spelling. Of long ones they have a part.
func (b *block) spelledOut() bool {
	whole := func(anyCase func(string, int) []string) func(string) bool {
		return func(s string) bool {
			return every(anyCase(s, maxSpellings), func(spelled string) bool { return b.fold(spelled) == s })
		}
	}
	return !b.ignoreCase ||
		every(b.heads, whole(keyset.PrefixesAnyCase)) && every(b.tails, whole(keyset.SuffixesAnyCase))
}

// beyond collects the conditions of a rule that the filters of triggers do not express.
type beyond struct {
	rule     *rule
	patterns bool
	except   []*block
}

// add notes what filters with these ends leave open for some events.
func (b *beyond) add(a *wantedKeys, g eventGroup, ends []keyEnds) {
	b.patterns = b.patterns || !a.areExactly(&b.rule.match, ends)
	b.except = append(append(b.except, g.undecided...), a.openExcepts(b.rule, g, ends)...)
}

// names lists the conditions in the order of the language.
func (b *beyond) names() (names []string) {
	for _, c := range beyondFilters {
		if b.rule.match.given[c] != 0 && (b.patterns || c != byGlob && c != byRegexp) {
			names = append(names, conditionNames[c])
		}
	}
	if !b.rule.match.spelledOut() {
		names = append(names, "ignore-case")
	}
	for _, block := range b.rule.except {
		if name := block.exceptName(); slices.Contains(b.except, block) && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}
