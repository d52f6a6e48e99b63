package deploy

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"afterput/events"
	"afterput/rules"
)

func TestMisdeliveriesAreFoundWhereverAnEventIsNotDeliveredOnce(t *testing.T) {
	wrong, sets := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		sets++
		set, text := randomRules(t)
		filters := randomFilters(t)
		found := set.Misdeliveries(filters)
		for range 100 {
			o := randomObject(t)
			n := deliveries(filters, o)
			if n == 1 || !copies(t, set, o) {
				continue
			}
			wrong++
			if len(found) == 0 {
				t.Fatalf("%d filters deliver %s of oss://%s/%s\n%+v\n%s", n, o.Event, o.Bucket, o.Key, filters, text)
			}
		}
		for _, d := range found {
			n := deliveries(filters, events.Object{Bucket: d.Bucket, Event: d.Event, Key: d.Key})
			if n == 1 || (d.By == nil) != (n == 0) {
				t.Fatalf("%+v: %d filters deliver it\n%+v\n%s", d, n, filters, text)
			}
		}
	})
	if wrong < sets {
		t.Errorf("only %d events of %d sets of rules were not delivered once: the test shows little", wrong, sets)
	}
}

func randomFilters(t *rapid.T) []rules.Filter {
	filters := make([]rules.Filter, rapid.IntRange(0, 4).Draw(t, "filters"))
	for i := range filters {
		filters[i] = rules.Filter{
			Bucket:   rapid.SampledFrom(buckets).Draw(t, "bucket"),
			Events:   rapid.SliceOfDistinct(rapid.SampledFrom(rules.UploadEvents()), rapid.ID).Draw(t, "events"),
			Prefixes: rapid.SliceOfN(rapid.SampledFrom(prefixes), 0, 2).Draw(t, "prefixes"),
			Suffixes: rapid.SliceOfN(rapid.SampledFrom(suffixes), 0, 2).Draw(t, "suffixes"),
		}
	}
	return filters
}

// deliveries returns how many filters deliver an event.
func deliveries(filters []rules.Filter, o events.Object) (n int) {
	anyOf := func(all []string, fits func(key, text string) bool) bool {
		return len(all) == 0 || slices.ContainsFunc(all, func(s string) bool { return fits(o.Key, s) })
	}
	for _, f := range filters {
		if f.Bucket == o.Bucket && slices.Contains(f.Events, o.Event) &&
			anyOf(f.Prefixes, strings.HasPrefix) && anyOf(f.Suffixes, strings.HasSuffix) {
			n++
		}
	}
	return n
}
