package copier_test

import (
	"context"
	"testing"
	"time"

	"afterput/internal/copier"
	"afterput/internal/localoss"
	"afterput/internal/localoss/fault"
	"afterput/internal/state"
	"afterput/rules"
)

var denied = &localoss.Error{Code: localoss.AccessDenied}

func TestCopyInPartsSendsTheDocumentedRequests(t *testing.T) {
	inWorld(t, setup{options: inParts()}, func(t *testing.T, w *world) {
		out := w.copy(w.ctx, w.put(large, 1), plan())
		w.wantOutcome(out, copier.Copied)
		w.wantCounts(map[string]int{
			"HeadObject":       2, // the source, the destination
			"GetObjectTagging": 1, // the source's, which UploadPartCopy does not carry over
			"ListObjectsV2":    1, // the state of an earlier attempt: none
			"PutObject":        1, // the state of this one
			"DeleteObject":     1, // … which is over

			"InitiateMultipartUpload": 1,
			"UploadPartCopy":          parts,
			"ListParts":               1,
			"CompleteMultipartUpload": 1,
		})
		w.wantCopy()
		w.wantTidy()
		if out.Method != copier.MethodUploadPartCopy || out.Parts != parts || out.Bytes != large ||
			!out.NeedsSecondLook {
			t.Errorf("outcome %+v", out)
		}
	})
}

func TestCorruptPartIsCaughtBeforeAnythingBecomesVisible(t *testing.T) {
	spoilt := map[string]fault.Fault{
		"one wrong byte": {Operations: []string{"UploadPartCopy"}, Part: 3, Calls: fault.Nth(1),
			Corrupt: []int64{12345}},
		"range ignored": {Operations: []string{"UploadPartCopy"}, Part: 3, Calls: fault.Nth(1), IgnoreRange: true},
	}
	for name, f := range spoilt {
		t.Run(name, func(t *testing.T) {
			inWorld(t, setup{faults: []fault.Fault{f}, options: inParts()}, func(t *testing.T, w *world) {
				event := w.put(large, 1)
				out := w.copy(w.ctx, event, plan())
				if out.Result == copier.Copied { // the part was copied again
					w.wantCopy()
					return
				}
				w.wantOutcome(out, copier.Failed)
				if out.Error.Permanent {
					t.Error("a corrupt part is reported as permanent: another upload may come out right")
				}
				if n := w.Counts()["CompleteMultipartUpload"]; n != 0 {
					t.Errorf("Complete was sent %d times", n)
				}
				w.wantAbsent()
				w.wantTidy()
				w.wantOutcome(w.copy(w.ctx, event, plan()), copier.Copied)
				w.wantCopy()
			})
		})
	}
}

func TestFirstPermanentFailureStopsTheOtherPartsAndLeavesNoUploadOpen(t *testing.T) {
	faults := []fault.Fault{
		{Operations: []string{"UploadPartCopy"}, Part: 2, Error: denied},
		{Operations: []string{"UploadPartCopy"}, Delay: time.Hour},
	}
	options := inParts()
	options.PartsInFlight = 3
	inWorld(t, setup{faults: faults, options: options}, func(t *testing.T, w *world) {
		event := w.put(20*partSize, 1)
		began := time.Now()
		out := w.copy(w.ctx, event, plan())
		w.wantOutcome(out, copier.Failed)
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("it took %v: the other parts were waited for", took)
		}
		if out.Error.Code != "AccessDenied" || !out.Error.Permanent {
			t.Errorf("error %+v, want a permanent AccessDenied", out.Error)
		}
		if n := w.Counts()["UploadPartCopy"]; n > 3 {
			t.Errorf("%d parts were sent, want those in flight alone", n)
		}
		w.wantAbsent()
		time.Sleep(2 * time.Hour) // what OSS had accepted of the other parts is over
		// Those parts may have kept the upload open: then it is named, and can be removed.
		collector := state.NewCollector(w.engine, state.Location{}, rules.Remote{}, nil)
		left, err := collector.Find(w.ctx, to, time.Hour)
		if err != nil || len(left) != len(w.Uploads(to)) {
			t.Errorf("found %+v, %v; open are %+v", left, err, w.Uploads(to))
		}
		for i := range left {
			if err := collector.Remove(w.ctx, &left[i]); err != nil {
				t.Error(err)
			}
		}
		w.wantTidy()
	})
}

func TestAbortDoesNotDependOnTheInvocationsDeadline(t *testing.T) {
	faults := []fault.Fault{{Operations: []string{"UploadPartCopy"}, Delay: 12 * time.Second}}
	options := inParts()
	options.State.Off = true // nothing is remembered, so nothing may stay
	inWorld(t, setup{faults: faults, options: options}, func(t *testing.T, w *world) {
		event := w.put(large, 1)
		began := time.Now()
		out := w.copy(w.within(10*time.Second), event, plan())
		w.wantOutcome(out, copier.Failed)
		if took := time.Since(began); took > 14*time.Second {
			t.Errorf("it took %v, more than 10 s and 4 s to clean up", took)
		}
		// More than once: the part under way may keep the upload open.
		if n := w.Counts()["AbortMultipartUpload"]; n < 1 || out.Error.Permanent {
			t.Errorf("%d × AbortMultipartUpload, error %+v", n, out.Error)
		}
		w.wantTidy()
	})
}

func TestSourceBeyondTheCopyObjectLimitOfOSSIsCopiedInParts(t *testing.T) {
	tooLarge := []fault.Fault{
		{Operations: []string{"CopyObject"}, Error: &localoss.Error{Code: localoss.EntityTooLarge}}}
	inWorld(t, setup{faults: tooLarge, options: copier.Options{PartSize: partSize}}, func(t *testing.T, w *world) {
		out := w.copy(w.ctx, w.put(large, 1), plan())
		w.wantOutcome(out, copier.Copied)
		w.wantCopy()
		w.wantTidy()
		if n := w.Counts()["CopyObject"]; n != 1 || out.Method != copier.MethodUploadPartCopy {
			t.Errorf("%d × CopyObject, then %s", n, out.Method)
		}
	})
}

func TestLargeCopyWithinABucketThatChangesNothingIsOneCopyObject(t *testing.T) {
	inWorld(t, setup{}, func(t *testing.T, w *world) {
		const huge = 6 << 30
		same := func(c *rules.Copy) { c.Bucket, c.Key = from, "copy" }
		event := w.put(huge, 1)
		out := w.copy(w.ctx, event, plan(same))
		w.wantOutcome(out, copier.Copied)
		w.wantCounts(map[string]int{"HeadObject": 1, "CopyObject": 1})
		classed := w.copy(w.ctx, event,
			plan(same, func(c *rules.Copy) { c.Key, c.StorageClass = "archived", "Archive" }))
		w.wantOutcome(classed, copier.Copied)
		if classed.Method != copier.MethodUploadPartCopy || classed.Parts < 2 {
			t.Errorf("with another class: %s in %d parts, want UploadPartCopy", classed.Method, classed.Parts)
		}
	})
}

func TestAnswerOfAPartForAnotherRangeIsNotBelieved(t *testing.T) {
	wrong := fault.Fault{Operations: []string{"UploadPartCopy"}, Part: 2, Calls: fault.Nth(1),
		Header: map[string]string{"Content-Range": "bytes 0-9/44"}}
	inWorld(t, setup{faults: []fault.Fault{wrong}, options: inParts()}, func(t *testing.T, w *world) {
		w.wantOutcome(w.copy(w.ctx, w.put(large, 1), plan()), copier.Copied)
		w.wantCopy()
		if n := w.Counts()["UploadPartCopy"]; n < parts+1 {
			t.Errorf("%d × UploadPartCopy, want the part once more", n)
		}
	})
}

func TestTwoCopiesOfOneEventAtOnceEndWithOneRightObjectAndNothingOpen(t *testing.T) {
	inWorld(t, setup{options: inParts()}, func(t *testing.T, w *world) {
		event := w.put(large, 1)
		ended := make(chan copier.Outcome)
		for range 2 {
			go func() { ended <- w.copier.Copy(w.ctx, w.copier.Source(w.ctx, event), plan()) }()
		}
		for range 2 {
			if out := <-ended; out.Result == copier.Failed && out.Error.Permanent {
				t.Errorf("one of them failed permanently: %v", out.Error)
			}
		}
		w.wantCopy()
		w.wantTidy()
	})
}

func TestCancelledCopyStopsAtOnceAndIsNoPermanentFailure(t *testing.T) {
	faults := []fault.Fault{{Operations: []string{"CopyObject"}, ReplyDelay: time.Hour}}
	inWorld(t, setup{faults: faults}, func(t *testing.T, w *world) {
		event := w.put(1000, 1)
		ctx, cancel := context.WithCancel(w.ctx)
		time.AfterFunc(time.Second, cancel)
		began := time.Now()
		out := w.copy(ctx, event, plan())
		w.wantOutcome(out, copier.Failed)
		if took := time.Since(began); took > 2*time.Second || out.Error.Permanent || out.Error.Code != "Stopped" {
			t.Errorf("after %v: %+v", took, out.Error)
		}
	})
}
