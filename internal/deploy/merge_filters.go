package deploy

import (
	"cmp"
	"fmt"
	"slices"

	"afterput/rules"
)

// mergeOneBelow is the number of filters up to which the closest pair is merged in each step. Of more filters, the
// closest pairs are merged in one step until about half as many are left, for speed.
const mergeOneBelow = 50

// filtersFor returns at most [MostTriggers] filters that together deliver the given events of what is wanted, none of
// them twice. They are sorted by prefix and suffix. needed is how many there would be without that limit.
func filtersFor(wants []rules.Want, events []string) (filters []*filter, needed int) {
	reason := fmt.Sprintf("a bucket can have at most %d triggers", MostTriggers)
	filters = narrowFilters(wants, events)
	needed = len(filters)
	for len(filters) > MostTriggers {
		pairs := closest(filters, max(0, len(filters)-mergeOneBelow)/2)
		filters = mergeEvents(mergePairs(filters, pairs, reason))
	}
	slices.SortFunc(filters, func(a, b *filter) int {
		return cmp.Or(cmp.Compare(a.prefix, b.prefix), cmp.Compare(a.suffix, b.suffix))
	})
	for _, f := range filters {
		slices.SortFunc(f.events, func(a, b string) int {
			return cmp.Compare(slices.Index(events, a), slices.Index(events, b))
		})
	}
	return filters, needed
}

// narrowFilters are those that filtersFor would return if a bucket could have any number of triggers, in no order.
func narrowFilters(wants []rules.Want, events []string) (filters []*filter) {
	for _, group := range wantedFilters(wants, events) {
		filters = append(filters, withoutOverlaps(group)...)
	}
	return mergeEvents(filters)
}

// MergeNotes says of which buckets the rules need more OSS triggers than a bucket can have.
func MergeNotes(set *rules.Set) (notes []string) {
	wants := wantsByBucket(set.Wants())
	for _, bucket := range set.Sources() {
		notes = append(notes, mergeNotes(bucket, len(narrowFilters(wants[bucket], followedNatively)))...)
	}
	return notes
}

// mergeNotes are those of a bucket whose rules need so many OSS triggers.
func mergeNotes(bucket string, needed int) []string {
	if needed <= MostTriggers {
		return nil
	}
	return []string{fmt.Sprintf("bucket %s: the rules need %d OSS triggers, and a bucket can have %d, those of other "+
		"functions included: afterput triggers merges those with most in common, so that the function is called for "+
		"more objects than the rules match", bucket, needed, MostTriggers)}
}

// wantedFilters groups the events that the same wants ask for. Each group has one filter for each prefix and suffix
// that is wanted of its events.
func wantedFilters(wants []rules.Want, events []string) (groups [][]*filter) {
	asked := eventSets(wants, events)
	sets := slices.Compact(slices.Sorted(slices.Values(asked)))
	alike := func(i, j int) bool {
		return !slices.ContainsFunc(sets, func(s eventSet) bool { return s.has(i) != s.has(j) })
	}
	for i := range events {
		isAsked := slices.ContainsFunc(sets, func(s eventSet) bool { return s.has(i) })
		var group []string
		for j, event := range events {
			if isAsked && alike(i, j) {
				group = append(group, event)
			}
		}
		if isAsked && group[0] == events[i] { // else the group is there already
			groups = append(groups, filtersByEnds(wants, asked, i, group))
		}
	}
	return groups
}

// eventSet is a set of events, by their places in a list.
type eventSet uint32

func (s eventSet) has(i int) bool { return s>>i&1 != 0 }

// eventSets are the events of a list that each want asks for.
func eventSets(wants []rules.Want, events []string) []eventSet {
	sets := make([]eventSet, len(wants))
	for n, w := range wants {
		if n > 0 && slices.Equal(w.Events, wants[n-1].Events) {
			sets[n] = sets[n-1]
			continue
		}
		for i, event := range events {
			if slices.Contains(w.Events, event) {
				sets[n] |= 1 << i
			}
		}
	}
	return sets
}

// filtersByEnds returns one filter of a group of events for each prefix and suffix of the wants that ask for them, of
// which event number i is one.
func filtersByEnds(wants []rules.Want, asked []eventSet, i int, group []string) (filters []*filter) {
	byEnds := map[[2]string]*filter{}
	for n, w := range wants {
		if !asked[n].has(i) {
			continue
		}
		ends := [2]string{beforeVariables(w.Prefix), afterVariables(w.Suffix)}
		f := byEnds[ends]
		if f == nil {
			f = &filter{prefix: ends[0], suffix: ends[1], events: group}
			byEnds[ends] = f
			filters = append(filters, f)
		}
		f.wants = append(f.wants, n)
	}
	return filters
}

// withoutOverlaps merges filters until no two overlap. Most do not from the beginning.
func withoutOverlaps(filters []*filter) []*filter {
	all := separated(filters)
	var alone, others []*filter
	for _, f := range filters {
		if all.overlapsAnother(f) {
			others = append(others, f)
		} else {
			alone = append(alone, f)
		}
	}
	if len(others) == 0 {
		return filters
	}
	separate := separated(alone)
	for _, f := range others {
		separate.add(f, "OSS refuses triggers that overlap")
	}
	return separate.list()
}

// mergeEvents merges filters that differ only in their events.
func mergeEvents(filters []*filter) []*filter {
	merged := make([]*filter, 0, len(filters))
	byEnds := make(map[[2]string]int, len(filters))
	for _, f := range filters {
		ends := [2]string{f.prefix, f.suffix}
		if n, ok := byEnds[ends]; ok {
			merged[n] = union(merged[n], f, "")
			continue
		}
		byEnds[ends] = len(merged)
		merged = append(merged, f)
	}
	return merged
}

// mergePairs replaces filters of which no two overlap by the unions of those that the pairs connect.
func mergePairs(filters []*filter, pairs [][2]*filter, reason string) []*filter {
	connected := map[*filter]*filter{} // one filter leads to another of its union
	first := func(f *filter) *filter {
		for connected[f] != nil {
			if next := connected[connected[f]]; next != nil {
				connected[f] = next
			}
			f = connected[f]
		}
		return f
	}
	for _, p := range pairs {
		if a, b := first(p[0]), first(p[1]); a != b {
			connected[b] = a
		}
	}
	isFirst := map[*filter]bool{}
	for f := range connected {
		isFirst[first(f)] = true
	}
	var alone, firsts []*filter
	unions := map[*filter]*filter{} // by the first
	for _, f := range filters {
		switch at := first(f); {
		case !isFirst[at]:
			alone = append(alone, f)
		case unions[at] == nil:
			firsts, unions[at] = append(firsts, at), f
		default:
			unions[at] = union(unions[at], f, reason)
		}
	}
	merged := separated(alone)
	for _, at := range firsts {
		merged.add(unions[at], reason)
	}
	return merged.list()
}

// closest returns the pair of filters whose union keeps most of their prefixes and suffixes, or, if more pairs are
// asked for, so many of those that keep most, and all that keep as much as the last of them.
func closest(filters []*filter, most int) (pairs [][2]*filter) {
	type entry struct {
		*filter
		reversedSuffix string
	}
	type pair struct {
		filters [2]*filter
		kept    int
	}
	sorted := make([]entry, len(filters))
	for n, f := range filters {
		sorted[n] = entry{f, reversed(f.suffix)}
	}
	byPrefix := func(a, b entry) int { return cmp.Compare(a.prefix, b.prefix) }
	bySuffix := func(a, b entry) int { return cmp.Compare(a.reversedSuffix, b.reversedSuffix) }
	all := make([]pair, 0, 2*len(filters))
	// The filters with most in common are neighbours in one of the two orders.
	for _, order := range []func(a, b entry) int{
		func(a, b entry) int { return cmp.Or(byPrefix(a, b), bySuffix(a, b)) },
		func(a, b entry) int { return cmp.Or(bySuffix(a, b), byPrefix(a, b)) },
	} {
		slices.SortFunc(sorted, order)
		for n := 1; n < len(sorted); n++ {
			a, b := sorted[n-1], sorted[n]
			kept := len(commonPrefix(a.prefix, b.prefix)) + len(commonSuffix(a.suffix, b.suffix))
			all = append(all, pair{[2]*filter{a.filter, b.filter}, kept})
		}
	}
	slices.SortStableFunc(all, func(a, b pair) int { return cmp.Compare(b.kept, a.kept) })
	for n, p := range all {
		if n > 0 && (most == 0 || n >= most && p.kept < all[n-1].kept) {
			break
		}
		pairs = append(pairs, p.filters)
	}
	return pairs
}
