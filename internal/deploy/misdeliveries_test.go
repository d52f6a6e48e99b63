package deploy

import (
	"slices"
	"strings"
	"testing"

	"afterput/events"
	"afterput/internal/randomrules"
	"afterput/rules"
)

func TestMisdeliveriesAreFoundWhereverAnEventIsNotDeliveredOnce(t *testing.T) {
	wrong, sets := 0, 0
	randomrules.Seeds(t, 300, func(t *testing.T, seed uint64) {
		sets++
		r := randomrules.New(seed)
		text := r.Rules(randomrules.Keys)
		set := load(t, text)
		filters := make([]rules.Filter, r.IntN(5))
		for i := range filters {
			filters[i] = rules.Filter(r.Filter())
		}
		found := set.Misdeliveries(filters)
		for range 100 {
			o := r.Object().Object
			n := deliveries(filters, o)
			if n == 1 || !copies(t, set, o) {
				continue
			}
			wrong++
			if len(found) == 0 {
				t.Errorf("%d filters deliver %s of oss://%s/%s\n%+v\n%s", n, o.Event, o.Bucket, o.Key, filters, text)
			}
		}
		for _, d := range found {
			n := deliveries(filters, events.Object{Bucket: d.Bucket, Event: d.Event, Key: d.Key})
			if n == 1 || (d.By == nil) != (n == 0) {
				t.Errorf("%+v: %d filters deliver it\n%+v\n%s", d, n, filters, text)
			}
		}
	})
	if wrong < sets {
		t.Errorf("only %d events of %d sets of rules were not delivered once: the test shows little", wrong, sets)
	}
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
