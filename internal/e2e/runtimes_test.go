package e2e_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"afterput/internal/copier"
	"afterput/internal/localcloud"
	"afterput/internal/localoss"
)

// deployedAs is a runtime that the function is deployed on.
type deployedAs struct {
	name     string
	manifest string // that sets it up
	custom   bool
}

// runtimes are the two; every test runs on both.
var runtimes = []deployedAs{{"go1", "s.yaml", false}, {"custom", "s.custom.yaml", true}}

// onRuntime is the one that the tests run on.
var onRuntime deployedAs

// setUp makes a cloud's function run as the runtime's manifest says.
func (d deployedAs) setUp(c *localcloud.Config) {
	c.FC.Initializer, c.FC.Custom = true, d.custom
	if d.custom {
		c.FC.Concurrency = 20
	}
}

const fanOut = `
version: 1
sources: [source-bucket]
rules:
  - name: everywhere
    match: {prefix: in/}
    copy:
      - bucket: target-bucket
      - bucket: target-bucket
        key: archive/${key}
        storage-class: IA
      - bucket: target-bucket
        key: tagged/${key}
        tagging: {rule: "${rule}"}
`

func TestOneUploadIsCopiedToEveryDestination(t *testing.T) {
	w := start(t, fanOut)
	w.put("in/k", "content")
	w.settle()
	w.wantOutcomes(copier.Copied, copier.Copied, copier.Copied)
	for _, key := range []string{"in/k", "archive/in/k", "tagged/in/k"} {
		if got := w.content(key); got != "content" {
			t.Errorf("%s holds %q", key, got)
		}
	}
	w.wantCounts(map[string]int{"PutObject": 1 /* the upload */, "CopyObject": 3})
	if o, ok := w.OSS.Object(to, "tagged/in/k"); !ok || len(o.Tags) != 1 || o.Tags[0] != (localoss.Tag{Key: "rule", Value: "everywhere"}) {
		t.Errorf("the tagged one is %+v", o)
	}
}

// deliverFifty uploads fifty objects and then hands over their events at once.
// Each takes OSS some time to copy; most is how many it copied at a time.
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
	// A machine too busy to be quick would look at sources again.
	w = start(t, replicate, append(change, held, intercepting(slow), env("AFTERPUT_CONFIRM=never"))...)
	for i := range 50 {
		w.put(fmt.Sprint("in/", i), fmt.Sprint("content ", i))
	}
	w.deliver()
	w.settle()
	return w, peak.Load()
}

func TestFiftyEventsAtOnceAreAllCopiedWithARequestEach(t *testing.T) {
	w, _ := deliverFifty(t, func(c *localcloud.Config) { c.FC.Instances = 3 })
	for i := range 50 {
		if got, want := w.content(fmt.Sprint("in/", i)), fmt.Sprint("content ", i); got != want {
			t.Errorf("in/%d holds %q", i, got)
		}
	}
	w.wantCounts(map[string]int{"PutObject": 50 /* the uploads */, "CopyObject": 50})
	seen := map[string]bool{}
	for _, r := range w.reports() {
		seen[r.RequestID] = true
	}
	if len(seen) != 50 || len(w.FC.Failed()) != 0 {
		t.Errorf("%d reports of different invocations; given up: %v", len(seen), w.FC.Failed())
	}
}

func TestFiftyEventsInOneInstanceOfACustomRuntimeAreBilledTogether(t *testing.T) {
	if !onRuntime.custom {
		t.Skip("an instance of the built-in runtime has one event at a time")
	}
	w, most := deliverFifty(t)
	var each time.Duration
	w.mu.Lock()
	for _, r := range w.results {
		each += r.Ended.Sub(r.Started)
	}
	w.mu.Unlock()
	usage := w.FC.Usage()
	t.Logf("one by one %v, billed %v, %d at a time", each, usage.Billed, most)
	if most < 2 || most > 20 {
		t.Errorf("%d copies at a time, want several and at most 20", most)
	}
	if usage.Billed > each/4 || usage.Invocations != 51 /* the initializer */ {
		t.Errorf("usage %+v; one by one they took %v", usage, each)
	}
}
