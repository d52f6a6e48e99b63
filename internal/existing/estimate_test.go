package existing_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"afterput/internal/existing"
	"afterput/internal/localoss"
	"afterput/internal/osscall"
)

// archive has a rule whose copies are charged for at least 64 KiB and 30 days, and one whose copies are not.
const archive = `
version: 1
sources: [uploads]
rules:
  - name: rarely
    match: {prefix: a/}
    copy: [{bucket: replica, storage-class: IA}]
  - name: all
    match: {}
    copy: [{bucket: sorted, key: "all/${key}"}]
`

func near(a, b float64) bool { return math.Abs(a-b) <= 1e-9*max(math.Abs(a), math.Abs(b)) }

func TestAnEstimateSaysForEachRuleWhatItsCopiesTake(t *testing.T) {
	w := newWorld(t, "uploads", "replica", "sorted")
	for i := range 1000 {
		err := w.PutSparse("uploads", fmt.Sprintf("a/%04d", i), 1024, localoss.WithHeader("x-oss-storage-class", "IA"))
		if err != nil {
			t.Fatal(err)
		}
	}
	w.put("uploads", 1000, func(i int) string { return fmt.Sprintf("b/%04d", i) })
	c := w.compared(existing.Config{}, archive)
	const mib = 1 << 20
	here := existing.Pace{QPS: 100, InFlight: 64}
	rarely, all := c.Estimate("rarely", here), c.Estimate("", here)
	if rarely.Copies != 1000 || rarely.Bytes != 1000*1024 || rarely.Requests != 1000 || rarely.Seconds != 10 ||
		!near(rarely.CNY.Requests, 0.01) || !near(rarely.CNY.Storage, 0.08*62.5*mib/(1<<30)) ||
		!near(rarely.CNY.Retrieval, 0.0325*1000/mib) || rarely.CNY.Function != 0 {
		t.Errorf("rarely: %+v", rarely)
	}
	if all.Copies != 3000 || all.Seconds != 30 || !near(all.CNY.Requests, 0.01+0.002) ||
		!near(all.CNY.Total(), rarely.CNY.Total()+c.Estimate("all", here).CNY.Total()) {
		t.Errorf("all: %+v", all)
	}
	by := c.Estimate("", existing.Pace{ByFunction: true})
	if by.Invocations < 4 || by.Invocations > 9 || by.FunctionSeconds <= 0 || by.CNY.Function != 0.01 ||
		by.Seconds <= 0 {
		t.Errorf("by the function: %+v", by)
	}
	if n := c.Sampled; n != 0 || c.ForMillion(here) != (existing.Estimate{}) {
		t.Errorf("all objects were seen, and %d are said to be a sample", n)
	}
}

func TestAnEstimateCountsWhatIsSentToOtherRegionsAndPassesThrough(t *testing.T) {
	w := newWorld(t, "uploads")
	const size = 1 << 30
	if err := w.PutSparse("uploads", "a", size); err != nil {
		t.Fatal(err)
	}
	for to, want := range map[string]struct{ streamed, sent int64 }{
		"far, region: cn-beijing":               {size, size},
		"home, region: cn-hangzhou":             {0, 0},
		"partner, role: 'acs:ram::42:role/out'": {size, 0},
	} {
		bucket, _, _ := strings.Cut(to, ", ")
		if err := w.CreateBucket(bucket); err != nil { // here, since the listing of this world reaches no other region
			t.Fatal(err)
		}
		c := w.compared(existing.Config{Region: "cn-hangzhou"}, fmt.Sprintf(`
version: 1
sources: [uploads]
rules:
  - name: all
    match: {}
    copy: [{bucket: %s}]
`, to))
		load := c.ToDo["all"][""]
		if load.Streamed != want.streamed || load.Sent != want.sent {
			t.Errorf("%s: %+v", to, load)
		}
		e := c.Estimate("", existing.Pace{InFlight: 64})
		if !near(e.CNY.Traffic, float64(want.sent)/size*0.5) || want.streamed > 0 && !near(e.Seconds, size/100e6) {
			t.Errorf("%s: %+v", to, e)
		}
		if twice := load.Requests > 800; twice != (want.streamed > 0) { // each part is read and sent
			t.Errorf("%s: %d requests", to, load.Requests)
		}
	}
}

// compared compares, and gives the counts.
func (w *world) compared(with existing.Config, rulesText string) existing.Counts {
	w.t.Helper()
	ctx := osscall.WithCredentials(w.t.Context(), keys)
	c := w.config(load(w.t, rulesText), existing.NewMemory())
	c.Sample, c.Found, c.Deep, c.Keys, c.Region = with.Sample, with.Found, with.Deep, with.Keys, with.Region
	j, err := existing.Open(ctx, c)
	if err == nil {
		err = j.Compare(ctx)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return j.Counts()
}

func TestASampleLooksAtTheFirstObjectsOfEachSourceAndSaysSo(t *testing.T) {
	w := newWorld(t, "uploads", "replica", "sorted")
	w.put("uploads", 5000, func(i int) string { return fmt.Sprintf("a/%04d", i) })
	c := w.compared(existing.Config{Sample: 2000}, archive)
	if c.Objects != 2000 || c.Sampled != 2000 || c.Copies().Copies != 4000 || w.requests["ListObjectsV2"] > 4 {
		t.Errorf("%d objects, %+v, %v", c.Objects, c, w.requests)
	}
	if m := c.ForMillion(existing.Pace{InFlight: 1}); m.Copies != 2_000_000 || m.Requests != 2_000_000 {
		t.Errorf("for a million: %+v", m)
	}
	for _, enough := range []int{5000, 9000} {
		if c := w.compared(existing.Config{Sample: enough}, archive); c.Objects != 5000 || c.Sampled != 0 {
			t.Errorf("a sample of %d: %d objects, sampled %d", enough, c.Objects, c.Sampled)
		}
	}
}
