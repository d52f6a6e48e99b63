package copier_test

import (
	"testing"
	"time"

	"afterput/internal/copier"
	"afterput/internal/localoss"
	"afterput/internal/localoss/fault"
	"afterput/internal/state"
)

func TestRetryOfACopyThatWasKilledWhenItWasDoneRemovesWhatItRemembered(t *testing.T) {
	// What a kill between CompleteMultipartUpload and DeleteObject leaves.
	faults := []fault.Fault{
		{Operations: []string{"DeleteObject"}, Calls: fault.Nth(1), Error: &localoss.Error{Code: "AccessDenied"}}}
	inWorld(t, setup{options: inParts(), faults: faults}, func(t *testing.T, w *world) {
		event := w.put(large, 1)
		w.wantOutcome(w.copy(w.ctx, event, plan()), copier.Copied)
		if left := w.remembered(to, state.DefaultPrefix); len(left) != 1 {
			t.Fatalf("remembered %+v: there is nothing to remove", left)
		}
		w.wantOutcome(w.retry(event, plan()), copier.Unchanged)
		w.wantCopy()
		w.wantTidy()
		w.wantOutcome(w.retry(event, plan()), copier.Unchanged)
		w.wantCounts(map[string]int{"HeadObject": 2, "GetObjectTagging": 2, "ListObjectsV2": 1})
	})
}

func TestRetryThatIsSupersededRemovesTheUploadThatNobodyWillResume(t *testing.T) {
	inWorld(t, stoppedAfter(2), func(t *testing.T, w *world) {
		event := w.put(large, 1)
		w.stop(event, plan())
		time.Sleep(2 * time.Hour) // what OSS had accepted is over
		w.overwrite(from, key, "")
		w.wantOutcome(w.retry(event, plan()), copier.Superseded)
		w.wantAbsent()
		w.wantTidy()
	})
}

func TestRetryThatIsSupersededLeavesTheUploadOfTheNewerVersionAlone(t *testing.T) {
	inWorld(t, stoppedAfter(2), func(t *testing.T, w *world) {
		old := w.put(large, 1)
		w.stop(w.put(large, 2), plan())
		w.wantOutcome(w.retry(old, plan()), copier.Superseded)
		if open, left := w.Uploads(to), w.remembered(to, state.DefaultPrefix); len(open) != 1 || len(left) != 1 {
			t.Errorf("open are %+v, remembered %+v; want both as they were", open, left)
		}
	})
}
