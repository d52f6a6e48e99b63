package copier_test

import (
	"context"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"afterput/internal/copier"
	"afterput/internal/localoss"
	"afterput/internal/localoss/fault"
	"afterput/rules"
)

// steady is a service of 50 MiB/s a request.
func steady() fault.Conditions {
	return fault.Conditions{Latency: 20 * time.Millisecond, Bandwidth: 50 << 20}
}

// copyThrough copies 1,600 parts of 10 MiB, 16 at once, and gives how long that
// took and how many part requests were sent.
func copyThrough(t *testing.T, model fault.Model) (took time.Duration, sent int) {
	t.Helper()
	service := fault.NewService(model)
	options := copier.Options{SingleCopyLimit: 1, PartSize: 10 << 20, PartsInFlight: 16}
	inWorld(t, setup{options: options, intercept: service.Intercept}, func(t *testing.T, w *world) {
		event := w.put(16000<<20, 1)
		began := time.Now()
		out := w.copy(w.ctx, event, plan())
		w.wantOutcome(out, copier.Copied)
		w.wantCopy()
		took, sent = time.Since(began), w.Counts()["UploadPartCopy"]-out.Parts
	})
	return took, sent
}

func TestPartsThatStraggleAreSentOnceMoreAndNotWaitedFor(t *testing.T) {
	stragglers := steady()
	stragglers.Stragglers = fault.Stragglers{Probability: 0.01, Factor: 100}
	const seeds = 5
	for seed := range uint64(seeds) {
		plain, _ := copyThrough(t, fault.Model{Conditions: steady()})
		took, extra := copyThrough(t, fault.Model{Seed: seed, Conditions: stragglers})
		// One straggler alone takes 20 s and more, as long as the whole copy.
		if took > plain*12/10 {
			t.Errorf("seed %d: with stragglers it took %v, without %v", seed, took, plain)
		}
		if extra == 0 || extra > 48 {
			t.Errorf("seed %d: %d part requests more than parts, want 1 to 48, 3 %%", seed, extra)
		}
	}
}

func TestServiceThatSlowsDownMakesNoPartAStraggler(t *testing.T) {
	slower := steady()
	slower.Bandwidth /= 4
	for _, after := range []time.Duration{5 * time.Second, 5100 * time.Millisecond, 7030 * time.Millisecond} {
		_, extra := copyThrough(t,
			fault.Model{Conditions: steady(), Changes: []fault.Change{{After: after, Conditions: slower}}})
		if extra > 0 {
			t.Errorf("slower after %v: %d part requests more than parts", after, extra)
		}
	}
}

func TestDeadConnectionsHoldALargeCopyUpForMomentsOnly(t *testing.T) {
	const size, part = 128 * 64 << 20, 64 << 20
	copyPast := func(dead int) (took time.Duration) {
		var mu sync.Mutex
		met := 0
		service := fault.NewService(fault.Model{Conditions: steady()})
		silent := func(ctx context.Context, call *localoss.Call, next func() *localoss.Response) *localoss.Response {
			if call.Name == "UploadPartCopy" {
				mu.Lock()
				met++
				lost := met%10 == 3 && met/10 < dead
				mu.Unlock()
				if lost {
					<-ctx.Done() // never answered, never closed
					return nil
				}
			}
			return service.Intercept(ctx, call, next)
		}
		s := setup{intercept: silent, options: copier.Options{SingleCopyLimit: 1, PartSize: part}}
		inWorld(t, s, func(t *testing.T, w *world) {
			event := w.put(size, 1)
			began := time.Now()
			w.wantOutcome(w.copy(w.within(15*time.Minute), event, plan()), copier.Copied)
			took = time.Since(began)
			w.wantCopy()
		})
		return took
	}
	plain := copyPast(0)
	for _, dead := range []int{1, 4, 12} {
		if took := copyPast(dead); took > 6*plain {
			t.Errorf("with %d dead connections it took %v, without %v", dead, took, plain)
		}
	}
}

func TestOnePartOnADeadConnectionIsGivenUpThoughNoOtherTellsWhatIsUsual(t *testing.T) {
	var met atomic.Int64
	silent := func(ctx context.Context, call *localoss.Call, next func() *localoss.Response) *localoss.Response {
		if call.Name == "UploadPartCopy" && met.Add(1) == 1 {
			<-ctx.Done()
			return nil
		}
		return next()
	}
	inWorld(t, setup{intercept: silent, options: inParts()}, func(t *testing.T, w *world) {
		event := w.put(partSize, 1)
		began := time.Now()
		w.wantOutcome(w.copy(w.within(15*time.Minute), event, plan()), copier.Copied)
		if took := time.Since(began); took > 2*time.Minute {
			t.Errorf("it took %v", took)
		}
	})
}

func TestTrafficLimitIsThatOfTheCopyNotOfEachPart(t *testing.T) {
	for limit, most := range map[int64]int{819_200: 1, 4 * 819_200: 4, 100 * 819_200: 64, 838_860_800: 64} {
		var mu sync.Mutex
		var inFlight, peak int
		var sum, highest int64
		via := func(next http.RoundTripper) http.RoundTripper {
			return roundTrip(func(r *http.Request) (*http.Response, error) {
				each, err := strconv.ParseInt(r.Header.Get("x-oss-traffic-limit"), 10, 64)
				if err != nil {
					return next.RoundTrip(r)
				}
				mu.Lock()
				inFlight++
				sum += each
				peak, highest = max(peak, inFlight), max(highest, sum)
				if each < 819_200 {
					t.Errorf("a part has the limit %d, under OSS's least", each)
				}
				mu.Unlock()
				resp, err := next.RoundTrip(r)
				mu.Lock()
				inFlight--
				sum -= each
				mu.Unlock()
				return resp, err
			})
		}
		inWorld(t, setup{via: via, options: inParts()}, func(t *testing.T, w *world) {
			w.wantOutcome(w.copy(w.ctx, w.put(64*partSize, 1), plan(func(c *rules.Copy) { c.TrafficLimit = limit })),
				copier.Copied)
			if highest > limit || peak > most {
				t.Errorf("limit %d: %d parts at once with %d bit/s together", limit, peak, highest)
			}
		})
	}
}

// roundTrip is a way of requests made of a function.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// A part that does not get a place because a straggler holds it begins long after the others, and must not end as long
// after them.
func TestPartThatAStragglerKeptFromItsPlaceIsCutAgain(t *testing.T) {
	// The straggler ends shortly before the others do. If it still were under way then, it would depend on the order of
	// what happens at that moment whether it is sent a third time.
	const hold = 600 * time.Millisecond
	copyPast := func(held int) (took time.Duration) {
		service := fault.NewService(fault.Model{Conditions: steady()})
		holds := func(ctx context.Context, call *localoss.Call, next func() *localoss.Response) *localoss.Response {
			if call.Name == "UploadPartCopy" && call.PartNumber == held { // whenever it is sent
				select {
				case <-time.After(hold):
				case <-ctx.Done():
					return nil
				}
			}
			return service.Intercept(ctx, call, next)
		}
		s := setup{intercept: holds, options: copier.Options{SingleCopyLimit: 1, PartsInFlight: 64}}
		inWorld(t, s, func(t *testing.T, w *world) {
			event := w.put(3<<30, 1)
			began := time.Now()
			w.wantOutcome(w.copy(w.ctx, event, plan()), copier.Copied)
			took = time.Since(began)
			w.wantCopy()
		})
		return took
	}
	const none, first = 0, 1
	if plain, took := copyPast(none), copyPast(first); took > plain*12/10 {
		t.Errorf("with a straggler among the first parts it took %v, without %v", took, plain)
	}
}
