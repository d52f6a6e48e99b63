package e2e_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"afterput/internal/localcloud"
	"afterput/internal/localoss"
)

// deliverFifty uploads fifty objects, then delivers their events all at once. OSS takes 50 ms for each copy; most is
// the largest number of copies that ran at the same time.
func deliverFifty(t *testing.T, change ...func(*localcloud.Config)) (w *world, most int64) {
	t.Helper()
	var now, peak atomic.Int64
	slow := func(ctx context.Context, call *localoss.Call, next func() *localoss.Response) *localoss.Response {
		if call.Name == "CopyObject" {
			for n := now.Add(1); ; {
				if old := peak.Load(); n <= old || peak.CompareAndSwap(old, n) {
					break
				}
			}
			defer now.Add(-1)
			select {
			case <-time.After(50 * time.Millisecond):
			case <-ctx.Done():
			}
		}
		return next()
	}
	// On a busy machine copies are slow, and slow copies would read their sources again.
	w = start(t, replicate, append(change, withoutDelivery, withIntercept(slow), withEnv("AFTERPUT_CONFIRM=never"))...)
	for i := range 50 {
		w.put(fmt.Sprint("in/", i), fmt.Sprint("content ", i))
	}
	w.deliverEvents()
	w.waitForEvents()
	return w, peak.Load()
}

func TestFiftyConcurrentEventsAreCopiedWithOneRequestEach(t *testing.T) {
	w, _ := deliverFifty(t, func(c *localcloud.Config) { c.FC.Instances = 3 })
	for i := range 50 {
		if got, want := w.content(fmt.Sprint("in/", i)), fmt.Sprint("content ", i); got != want {
			t.Errorf("in/%d holds %q", i, got)
		}
	}
	w.wantRequests(map[string]int{"PutObject": 50 /* the uploads */, "CopyObject": 50})
	seen := map[string]bool{}
	for _, r := range w.reports() {
		seen[r.RequestID] = true
	}
	if len(seen) != 50 || len(w.FC.Failed()) != 0 {
		t.Errorf("reports of %d invocations, want 50; given up: %v", len(seen), w.FC.Failed())
	}
}

func TestConcurrentEventsInOneCustomRuntimeInstanceAreBilledTogether(t *testing.T) {
	if !currentRuntime.custom {
		t.Skip("an instance of the built-in runtime handles one event at a time")
	}
	w, most := deliverFifty(t)
	var total time.Duration
	w.mu.Lock()
	for _, r := range w.results {
		total += r.Ended.Sub(r.Started)
	}
	w.mu.Unlock()
	usage := w.FC.Usage()
	t.Logf("sum of all durations %v, billed %v, %d copies at a time", total, usage.Billed, most)
	if most < 2 || most > 20 {
		t.Errorf("%d copies at a time, want 2 to 20", most)
	}
	if usage.Billed > total/4 || usage.Invocations != 51 /* the initializer */ {
		t.Errorf("usage %+v; the sum of all durations is %v", usage, total)
	}
}
