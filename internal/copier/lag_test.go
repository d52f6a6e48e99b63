package copier_test

import (
	"testing"
	"time"

	"afterput/internal/copier"
	"afterput/internal/localoss/fault"
	"afterput/rules"
)

func TestTheLagIsFromTheEventToTheLandingByOSSsClock(t *testing.T) {
	byEachMethod(t, setup{}, func(t *testing.T, w *world) {
		event := w.put(large, 1)
		time.Sleep(90 * time.Second)
		out := w.copy(w.ctx, event, plan())
		w.wantOutcome(out, copier.Copied)
		if lag := out.LagSeconds; lag == nil || *lag < 90 || *lag > 92 {
			t.Errorf("the lag is %v, want 90 s", out)
		}
	})
}

func TestTheLagIsNotNegativeAndAbsentWhereItIsNotKnown(t *testing.T) {
	inWorld(t, setup{}, func(t *testing.T, w *world) {
		event := w.put(large, 1)
		event.Time = event.Time.Add(time.Hour)
		if out := w.copy(w.ctx, event, plan()); out.LagSeconds == nil || *out.LagSeconds != 0 {
			t.Errorf("the lag of a copy before its event is %v", out.LagSeconds)
		}
		event.Time = time.Time{}
		if out := w.copy(w.ctx, event, plan()); out.Result != copier.Copied || out.LagSeconds != nil {
			t.Errorf("the lag without the event's time is %v", out.LagSeconds)
		}
		other := plan(func(c *rules.Copy) { c.CopySourceIfNoneMatch = event.ETag.Value })
		if out := w.copy(w.ctx, w.put(large, 1), other); out.Result != copier.Skipped || out.LagSeconds != nil {
			t.Errorf("a copy that was not made has a lag: %+v", out)
		}
	})
}

func TestTheLagOfACopyWhoseResponseWasLostIsToItsLanding(t *testing.T) {
	lost := fault.Fault{Operations: []string{"CopyObject"}, Drop: true, Committed: true, Calls: fault.Nth(1)}
	inWorld(t, setup{faults: []fault.Fault{lost}}, func(t *testing.T, w *world) {
		event := w.put(large, 1)
		time.Sleep(30 * time.Second)
		out := w.copy(w.ctx, event, plan())
		w.wantOutcome(out, copier.Copied)
		if lag := out.LagSeconds; lag == nil || *lag < 29 || *lag > 31 {
			t.Errorf("the lag is %v, want 30 s", lag)
		}
	})
}

func TestTheLagOfAChangeInPlaceIsToItsResponse(t *testing.T) {
	inWorld(t, setup{}, func(t *testing.T, w *world) {
		event := w.put(large, 1)
		time.Sleep(30 * time.Second)
		out := w.copy(w.ctx, event, onItself(func(c *rules.Copy) { c.ObjectACL = "private" }))
		w.wantOutcome(out, copier.Copied)
		if lag := out.LagSeconds; lag == nil || *lag < 29 || *lag > 31 {
			t.Errorf("the lag is %v, want 30 s", lag)
		}
	})
}
