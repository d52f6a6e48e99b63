package deploy

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"afterput/internal/randomrules"
	"afterput/rules"
)

func TestNoTriggerOfRandomRulesCanBeDroppedOrMadeNarrower(t *testing.T) {
	randomrules.Seeds(t, 200, func(t *testing.T, seed uint64) {
		text := randomrules.New(seed).Rules(randomrules.Keys)
		set := load(t, text)
		triggers, _ := Triggers(set)
		wantNarrowest(t, set, filtersOf(triggers), text)
	})
}

// filtersOf returns what triggers filter by.
func filtersOf(triggers []Trigger) (filters []rules.Filter) {
	for _, t := range triggers {
		filters = append(filters, rules.Filter{
			Bucket: t.Bucket, Events: t.Events, Prefixes: []string{t.Prefix}, Suffixes: []string{t.Suffix},
		})
	}
	return filters
}

// missed returns the wanted events that no filter delivers: one for each rule and bucket.
func missed(set *rules.Set, filters []rules.Filter) []rules.Misdelivery {
	return slices.DeleteFunc(set.Misdeliveries(filters), func(d rules.Misdelivery) bool { return d.By != nil })
}

// wantNarrowest fails if a wanted event is missed, or if none would be missed without one of the filters, without one
// of its events, or with a longer prefix or suffix.
func wantNarrowest(t *testing.T, set *rules.Set, filters []rules.Filter, text string) {
	t.Helper()
	if all := missed(set, filters); len(all) > 0 {
		t.Errorf("missed: %+v\n%s", all, text)
	}
	for i, f := range filters {
		others := slices.Delete(slices.Clone(filters), i, i+1)
		needed := missed(set, others)
		if len(needed) == 0 {
			t.Errorf("%+v could be dropped\n%s", f, text)
			continue
		}
		for n := range f.Events {
			less := f
			less.Events = slices.Delete(slices.Clone(f.Events), n, n+1)
			if len(missed(set, append(others, less))) == 0 {
				t.Errorf("%+v: %s could be dropped\n%s", f, f.Events[n], text)
			}
		}
		if key := needed[0].Key; len(key) > max(len(f.Prefixes[0]), len(f.Suffixes[0])) {
			rest := strings.TrimPrefix(key, f.Prefixes[0])
			_, n := utf8.DecodeRuneInString(rest)
			longer := f
			longer.Prefixes = []string{f.Prefixes[0] + rest[:n]}
			wantMisses(t, set, others, longer, text)
			rest = strings.TrimSuffix(key, f.Suffixes[0])
			_, n = utf8.DecodeLastRuneInString(rest)
			longer = f
			longer.Suffixes = []string{rest[len(rest)-n:] + f.Suffixes[0]}
			wantMisses(t, set, others, longer, text)
		}
	}
}

func wantMisses(t *testing.T, set *rules.Set, others []rules.Filter, narrower rules.Filter, text string) {
	t.Helper()
	if len(missed(set, append(others, narrower))) == 0 {
		t.Errorf("%+v would do\n%s", narrower, text)
	}
}
