package deploy

import (
	"fmt"
	"slices"
	"strings"

	"afterput/rules"
)

// mostInPattern is how many conditions on one field an EventBridge pattern can have.
// Source: EventBridge user guide, limits.
const mostInPattern = 5

// eventBridgeTrigger returns the trigger of a bucket for the wanted events that OSS triggers do not support; false if
// there are none. It is one, because Serverless Devs may skip EventBridge triggers that follow another.
func eventBridgeTrigger(bucket string, wants []rules.Want) (Trigger, bool) {
	var filters []*filter
	for _, group := range wantedFilters(wants, otherEvents(wants)) {
		filters = append(filters, group...)
	}
	if filters == nil {
		return Trigger{}, false
	}
	all := &filter{}
	var prefixes, suffixes []string
	for _, f := range filters {
		prefixes, suffixes = append(prefixes, f.prefix), append(suffixes, reversed(f.suffix))
		all.wants = append(all.wants, f.wants...)
	}
	prefixes, suffixes = fewPrefixes(prefixes), fewPrefixes(suffixes)
	for i, s := range suffixes {
		suffixes[i] = reversed(s)
	}
	t := Trigger{
		Name: EventBridge + "-" + bucket, Type: EventBridge, Bucket: bucket, Events: otherEvents(wants),
		Prefix: prefixes[0], Suffix: suffixes[0],
	}
	for i := range prefixes {
		t.Prefix = commonPrefix(t.Prefix, prefixes[i])
	}
	for i := range suffixes {
		t.Suffix = commonSuffix(t.Suffix, suffixes[i])
	}
	for _, prefix := range prefixes {
		for _, suffix := range suffixes {
			pair := &filter{prefix: prefix, suffix: suffix, events: t.Events}
			if !slices.ContainsFunc(filters, func(f *filter) bool { return f.covers(pair) }) {
				all.excess = fmt.Sprintf("a pattern of EventBridge combines every prefix with every suffix, "+
					"at most %d of each", mostInPattern)
			}
		}
	}
	t.Excess = all.excessText(wants)
	if prefixes[0] != "" {
		t.Prefixes = prefixes
	}
	if suffixes[0] != "" {
		t.Suffixes = suffixes
	}
	return t, true
}

// fewPrefixes returns at most [mostInPattern] prefixes, sorted, with one of which every text begins that begins with
// one of the given ones. None of them begins with another.
func fewPrefixes(all []string) []string {
	slices.Sort(all)
	few := all[:1]
	for _, s := range all[1:] {
		if !strings.HasPrefix(s, few[len(few)-1]) {
			few = append(few, s)
		}
	}
	for len(few) > mostInPattern {
		few = mergeClosest(few)
	}
	return few
}

// mergeClosest replaces those of the sorted prefixes that have most in common by what they have in common, until there
// are few enough. None of the prefixes begins with another.
func mergeClosest(prefixes []string) []string {
	most := 0
	for i := range prefixes[1:] {
		most = max(most, len(commonPrefix(prefixes[i], prefixes[i+1])))
	}
	left := len(prefixes)
	merged := prefixes[:1]
	for _, s := range prefixes[1:] {
		last := &merged[len(merged)-1]
		common := commonPrefix(*last, s)
		if covered := common == *last; covered || len(common) == most && left > mostInPattern {
			*last = common
			left--
		} else {
			merged = append(merged, s)
		}
	}
	return merged
}

// prefixes returns what one of which a key must begin with, as s.yaml has it.
func (t *Trigger) prefixes() []string {
	if t.Type == EventBridge {
		return t.Prefixes
	}
	return []string{t.Prefix}
}

// suffixes returns what one of which a key must end with, as s.yaml has it.
func (t *Trigger) suffixes() []string {
	if t.Type == EventBridge {
		return t.Suffixes
	}
	return []string{t.Suffix}
}
