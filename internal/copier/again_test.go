package copier_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"afterput/internal/copier"
	"afterput/internal/localoss"
)

// copyPastOneLate copies an object in parts from a service that answers after 20 ms, but the first request of an
// operation after two seconds. It gives how long that took and how many requests of the operation were sent.
func copyPastOneLate(t *testing.T, op string) (took time.Duration, sent int) {
	t.Helper()
	var met atomic.Int64
	late := func(ctx context.Context, call *localoss.Call, next func() *localoss.Response) *localoss.Response {
		latency := 20 * time.Millisecond
		if call.Name == op && met.Add(1) == 1 {
			latency = 2 * time.Second
		}
		select {
		case <-time.After(latency):
			return next()
		case <-ctx.Done():
			return nil
		}
	}
	inWorld(t, setup{intercept: late, options: inParts()}, func(t *testing.T, w *world) {
		event := w.put(large, 1)
		began := time.Now()
		w.wantOutcome(w.copy(w.ctx, event, plan()), copier.Copied)
		took, sent = time.Since(began), w.Counts()[op]
		w.wantCopy()
		w.wantTidy()
	})
	return took, sent
}

func TestOneLateRequestBesideThePartsOfACopyIsNotWaitedForIfItMayBeSentAgain(t *testing.T) {
	plain, _ := copyPastOneLate(t, "none")
	for op, usually := range map[string]int{
		"HeadObject": 2, "GetObjectTagging": 1, "ListObjectsV2": 1, "ListParts": 1, "DeleteObject": 1,
	} {
		if took, sent := copyPastOneLate(t, op); took > plain+150*time.Millisecond || sent != usually+1 {
			t.Errorf("with a late %s it took %v, without %v; it was sent %d times, want %d", op, took, plain, sent,
				usually+1)
		}
	}
	for _, op := range []string{"InitiateMultipartUpload", "CompleteMultipartUpload"} {
		if took, sent := copyPastOneLate(t, op); took < 2*time.Second || sent != 1 {
			t.Errorf("with a late %s it took %v; it was sent %d times, want once", op, took, sent)
		}
	}
}
