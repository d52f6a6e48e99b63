package rules

import (
	"slices"

	"afterput/rules/internal/keyset"
)

// wantedKeys computes which keys rules want events of.
type wantedKeys struct {
	*analysis
	possible *keyset.Set // the keys that OSS allows
	most     int         // see mostAlternatives
}

// mostAlternatives bounds the prefixes and suffixes that a rule with one glob or regular
// expression is divided into: a bucket can have ten triggers. In a file of more rules than
// maxDivided they are one pair, because filters are merged anyway.
const (
	mostAlternatives = 10
	maxDivided       = 100
)

func newWantedKeys(s *Set) *wantedKeys {
	a := &wantedKeys{newFullAnalysis(s), possibleKeys(), mostAlternatives}
	if len(s.rules) > maxDivided {
		a.most = 1
	}
	return a
}

// eventGroup is a set of events of a bucket for which a rule takes the same keys.
type eventGroup struct {
	events    []string // without "oss:"
	excluding []*block // the rule takes no key that one of these accepts
	undecided []*block // except blocks that also depend on more than the event and the key
}

// groups returns the events of a bucket that a rule takes. When the steps are used up, they are those of match alone.
func (a *wantedKeys) groups(r *rule, bucket string) (groups []eventGroup) {
	if a.meter.Exceeded() {
		return []eventGroup{{events: r.wantedEvents()}}
	}
	for _, events := range a.eventsAlike(r) {
		o := anyUpload(bucket)
		o.events = maskOfDelivered(events[0])
		ends, excluding := a.endsTaken(r, o)
		if len(ends) == 0 {
			continue
		}
		undecided := slices.DeleteFunc(slices.Clone(r.except), func(b *block) bool {
			return b.testBesidesKey(o.query()) != depends || !a.haveCommonEnds(ends, a.analysis.endsOf(b))
		})
		i := slices.IndexFunc(groups, func(g eventGroup) bool {
			return slices.Equal(g.undecided, undecided) && slices.Equal(g.excluding, excluding)
		})
		if i < 0 {
			groups = append(groups, eventGroup{events, excluding, undecided})
		} else {
			groups[i].events = append(groups[i].events, events...)
		}
	}
	return groups
}

// eventsAlike lists the events that a rule takes, together where no block that may exclude keys tells them apart.
func (a *wantedKeys) eventsAlike(r *rule) (lists [][]string) {
	events := r.wantedEvents()
	if !slices.ContainsFunc(r.except, (*block).dependsOnEvent) &&
		!slices.ContainsFunc(a.stops, func(upper *rule) bool { return upper.match.dependsOnEvent() }) {
		return [][]string{events}
	}
	for _, event := range events {
		lists = append(lists, []string{event})
	}
	return lists
}

func (b *block) dependsOnEvent() bool { return b.given[byEvent] != 0 }

// endsOf lists prefixes and suffixes of the keys that a rule takes, which are as long as
// they can be.
func (a *wantedKeys) endsOf(r *rule, g eventGroup) (ends []keyEnds) {
	literal := distinctEnds(r.match.keyEnds(maxKeyEnds, maxSpellings))
	if !r.match.hasPatterns() && len(g.excluding) == 0 || a.meter.Exceeded() {
		return literal
	}
	keys := a.possible.Intersect(a.keysOf(&r.match))
	if len(g.excluding) > 0 {
		keys = keys.Minus(a.keysOfAll(g.excluding)...)
	}
	for _, e := range literal {
		ofEnds := keys
		if len(literal) > 1 { // else all keys have them
			ofEnds = keys.Intersect(keysWith(e))
		}
		ends = append(ends, divided(ofEnds, e, max(1, a.most/len(literal)))...)
	}
	return distinctEnds(ends)
}

// hasPatterns reports whether the block has a condition that prefixes and suffixes may not
// express.
func (b *block) hasPatterns() bool { return b.given[byGlob] != 0 || b.given[byRegexp] != 0 }

func distinctEnds(all []keyEnds) (ends []keyEnds) {
	if len(all) == 1 {
		return all
	}
	seen := make(map[keyEnds]bool, len(all))
	for _, e := range all {
		if !seen[e] {
			seen[e] = true
			ends = append(ends, e)
		}
	}
	return ends
}

// divided lists at most so many prefixes and suffixes of keys, which all have certain ends; none if there is no key.
func divided(keys *keyset.Set, e keyEnds, most int) (ends []keyEnds) {
	if keys.IsEmpty() {
		return nil
	}
	if most == 1 {
		return []keyEnds{longerEnds(e, keyEnds{keys.Prefix(), keys.Suffix()})}
	}
	heads := keys.Prefixes(most)
	for _, head := range heads {
		beginning := keys.Intersect(keyset.StartingWith(head))
		for _, tail := range beginning.Suffixes(most / len(heads)) {
			both := beginning.Intersect(keyset.EndingWith(tail))
			found := longerEnds(e, keyEnds{head, tail})
			ends = append(ends, longerEnds(found, keyEnds{both.Prefix(), both.Suffix()}))
		}
	}
	return ends
}

// keysWith is the set of the keys with a prefix and a suffix.
func keysWith(e keyEnds) *keyset.Set {
	return keyset.StartingWith(e.prefix).Intersect(keyset.EndingWith(e.suffix))
}

// longerEnds is the longer prefix and the longer suffix of two that the same keys have.
func longerEnds(a, b keyEnds) keyEnds {
	if head, ok := longerHead(a.prefix, b.prefix); ok {
		a.prefix = head
	}
	if tail, ok := longerTail(a.suffix, b.suffix); ok {
		a.suffix = tail
	}
	return a
}

// areExactly reports whether the keys with one of these ends are surely all accepted by a
// block.
func (a *wantedKeys) areExactly(b *block, ends []keyEnds) bool {
	if !b.hasPatterns() {
		return true
	}
	keys := a.keysOf(b)
	return keys.Exact() && !slices.ContainsFunc(ends, func(e keyEnds) bool {
		return !keysWith(e).Intersect(a.possible).Minus(keys).IsEmpty()
	})
}

// openExcepts lists the except blocks of a rule that may accept a key with one of these ends.
func (a *wantedKeys) openExcepts(r *rule, g eventGroup, ends []keyEnds) (open []*block) {
	for _, b := range r.except {
		accepts := func(e keyEnds) bool { return !keysWith(e).Intersect(a.keysOf(b)).IsEmpty() }
		if slices.Contains(g.excluding, b) && slices.ContainsFunc(ends, accepts) {
			open = append(open, b)
		}
	}
	return open
}
