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
	orAny := func(texts []string) []string {
		if len(texts) == 0 {
			return []string{""}
		}
		return texts
	}
	for i := range triggers {
		t := &triggers[i]
		filters = append(filters, rules.Filter{
			Bucket: t.Bucket, Events: t.Events, Prefixes: orAny(t.prefixes()), Suffixes: orAny(t.suffixes()),
		})
	}
	return filters
}

// missed returns the wanted events that no filter delivers: one for each rule and bucket.
func missed(set *rules.Set, filters []rules.Filter) []rules.Misdelivery {
	return slices.DeleteFunc(set.Misdeliveries(filters), func(d rules.Misdelivery) bool { return d.By != nil })
}

// wantNarrowest fails if a wanted event is missed, or if none would be missed without an event, a prefix or a suffix of
// one of the filters, or with a longer prefix or suffix.
func wantNarrowest(t *testing.T, set *rules.Set, filters []rules.Filter, text string) {
	t.Helper()
	if all := missed(set, filters); len(all) > 0 {
		t.Errorf("missed: %+v\n%s", all, text)
	}
	for i := range filters {
		for name, list := range map[string]func(f *rules.Filter) *[]string{
			"event":  func(f *rules.Filter) *[]string { return &f.Events },
			"prefix": func(f *rules.Filter) *[]string { return &f.Prefixes },
			"suffix": func(f *rules.Filter) *[]string { return &f.Suffixes },
		} {
			for n, value := range *list(&filters[i]) {
				with := func(values ...string) []rules.Misdelivery {
					f := filters[i]
					*list(&f) = slices.Replace(slices.Clone(*list(&f)), n, n+1, values...)
					others := slices.Delete(slices.Clone(filters), i, i+1)
					if len(*list(&f)) > 0 {
						others = append(others, f)
					}
					return missed(set, others)
				}
				needed := with()
				if len(needed) == 0 {
					t.Errorf("%+v: %s %q could be dropped\n%s", filters[i], name, value, text)
					continue
				}
				if longer := longerBy(needed[0].Key, name, value); longer != value && len(with(longer)) == 0 {
					t.Errorf("%+v: %s %q would do\n%s", filters[i], name, longer, text)
				}
			}
		}
	}
}

// longerBy returns a prefix or a suffix with one more character of a key.
func longerBy(key, name, value string) string {
	switch name {
	case "prefix":
		rest := strings.TrimPrefix(key, value)
		_, n := utf8.DecodeRuneInString(rest)
		return value + rest[:n]
	case "suffix":
		rest := strings.TrimSuffix(key, value)
		_, n := utf8.DecodeLastRuneInString(rest)
		return rest[len(rest)-n:] + value
	}
	return value
}
