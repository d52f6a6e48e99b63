package deploy

import (
	"cmp"
	"fmt"
	"slices"

	"afterput/rules"
)

// mergeAllAbove is the number of filters above which all equally close pairs are merged in one step instead of one
// pair, for speed.
const mergeAllAbove = 200

// filtersFor returns at most [MostTriggers] filters that together deliver the given events of what is wanted, none of
// them twice. They are sorted by prefix and suffix.
func filtersFor(wants []rules.Want, events []string) []*filter {
	reason := fmt.Sprintf("a bucket can have at most %d triggers", MostTriggers)
	var filters []*filter
	for _, group := range wantedFilters(wants, events) {
		filters = append(filters, withoutOverlaps(group)...)
	}
	filters = mergeEvents(filters)
	for len(filters) > MostTriggers {
		pairs := closest(filters)
		if len(filters) <= mergeAllAbove {
			pairs = pairs[:1]
		}
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
	return filters
}

// wantedFilters groups the events that the same wants ask for. Each group has one filter for each prefix and suffix
// that is wanted of its events.
func wantedFilters(wants []rules.Want, events []string) (groups [][]*filter) {
	groupOf := map[string]int{} // by the wants that ask for an event
	for _, event := range events {
		filters, asking := filtersOfEvent(wants, event)
		if filters == nil {
			continue
		}
		n, ok := groupOf[asking]
		if !ok {
			groupOf[asking] = len(groups)
			groups = append(groups, filters)
			continue
		}
		for _, f := range groups[n] {
			f.events = append(f.events, event)
		}
	}
	return groups
}

// filtersOfEvent returns one filter for each prefix and suffix wanted of one event, and a text that is the same for
// events that the same wants ask for.
func filtersOfEvent(wants []rules.Want, event string) (filters []*filter, asking string) {
	var key []byte
	byEnds := map[[2]string]*filter{}
	for i, w := range wants {
		if !slices.Contains(w.Events, event) {
			continue
		}
		key = append(key, byte(i), byte(i>>8), byte(i>>16), byte(i>>24))
		ends := [2]string{beforeVariables(w.Prefix), afterVariables(w.Suffix)}
		f := byEnds[ends]
		if f == nil {
			f = &filter{prefix: ends[0], suffix: ends[1], events: []string{event}}
			byEnds[ends] = f
			filters = append(filters, f)
		}
		f.wants = append(f.wants, i)
	}
	return filters, string(key)
}

// withoutOverlaps merges filters until no two overlap.
func withoutOverlaps(filters []*filter) []*filter {
	var separate separateFilters
	for _, f := range filters {
		separate.add(f, "OSS refuses triggers that overlap")
	}
	return separate.list()
}

// mergeEvents merges filters that differ only in their events.
func mergeEvents(filters []*filter) (merged []*filter) {
	byEnds := map[[2]string]int{}
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

// mergePairs replaces each pair of filters by its union.
func mergePairs(filters []*filter, pairs [][2]*filter, reason string) []*filter {
	paired := map[*filter]bool{}
	for _, p := range pairs {
		paired[p[0]], paired[p[1]] = true, true
	}
	var merged separateFilters
	for _, f := range filters {
		if !paired[f] {
			merged.add(f, reason)
		}
	}
	for _, p := range pairs {
		merged.add(union(p[0], p[1], reason), reason)
	}
	return merged.list()
}

// closest returns the pairs of filters whose unions keep most of their prefixes and suffixes. If several pairs keep
// equally much, it returns all of them.
func closest(filters []*filter) (pairs [][2]*filter) {
	type entry struct {
		*filter
		reversedSuffix string
	}
	sorted := make([]entry, len(filters))
	for n, f := range filters {
		sorted[n] = entry{f, reversed(f.suffix)}
	}
	byPrefix := func(a, b entry) int { return cmp.Compare(a.prefix, b.prefix) }
	bySuffix := func(a, b entry) int { return cmp.Compare(a.reversedSuffix, b.reversedSuffix) }
	best := -1
	// The filters with most in common are neighbours in one of the two orders.
	for _, order := range []func(a, b entry) int{
		func(a, b entry) int { return cmp.Or(byPrefix(a, b), bySuffix(a, b)) },
		func(a, b entry) int { return cmp.Or(bySuffix(a, b), byPrefix(a, b)) },
	} {
		slices.SortFunc(sorted, order)
		for n := 1; n < len(sorted); n++ {
			a, b := sorted[n-1], sorted[n]
			kept := len(commonPrefix(a.prefix, b.prefix)) + len(commonSuffix(a.suffix, b.suffix))
			if kept > best {
				best, pairs = kept, nil
			}
			if kept == best {
				pairs = append(pairs, [2]*filter{a.filter, b.filter})
			}
		}
	}
	return pairs
}
