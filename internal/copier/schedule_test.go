package copier_test

import (
	"testing"
	"time"

	"afterput/internal/copier"
	"afterput/internal/localoss/fault"
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
		_, extra := copyThrough(t, fault.Model{Conditions: steady(), Changes: []fault.Change{{After: after, Conditions: slower}}})
		if extra > 0 {
			t.Errorf("slower after %v: %d part requests more than parts", after, extra)
		}
	}
}
