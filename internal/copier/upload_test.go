package copier_test

import (
	"strings"
	"testing"
	"time"

	"afterput/internal/copier"
	"afterput/internal/localoss"
	"afterput/internal/localoss/fault"
	"afterput/rules"
)

func TestARightThatIsMissingForTheStateIsFoundBeforeAllPartsAreCopied(t *testing.T) {
	hidden := deny(func(a, resource string) bool {
		return a == "oss:PutObject" && strings.Contains(resource, "/.afterput/")
	})
	options := inParts()
	options.PartsInFlight = 4
	inWorld(t, setup{options: options, authorize: hidden}, func(t *testing.T, w *world) {
		event := w.put(400*partSize, 1)
		out := w.copy(w.ctx, event, plan())
		w.wantOutcome(out, copier.Failed)
		if n := len(w.partsCopied()); n > 40 {
			t.Errorf("%d parts were copied and thrown away, at each try", n)
		}
	})
}

// The abort of the upload hangs, but its state object can still be written.
func TestAnUploadWhoseAbortHangsIsNamed(t *testing.T) {
	faults := []fault.Fault{
		{Operations: []string{"PutObject"}, Key: ".afterput/**", Calls: fault.Calls{First: 1, Last: 5},
			Error: &localoss.Error{Code: "InternalError"}},
		{Operations: []string{"UploadPartCopy"}, Part: 4, Delay: time.Hour},
		{Operations: []string{"AbortMultipartUpload"}, Delay: time.Hour, Drop: true},
	}
	inWorld(t, setup{options: inParts(), faults: faults}, func(t *testing.T, w *world) {
		event := w.put(large, 1)
		out := w.copy(w.within(60*time.Second), event, plan())
		w.wantOutcome(out, copier.Failed)
		if len(w.Uploads(to)) == 1 && len(w.Objects(to)) == 0 {
			t.Errorf("an upload is open that nothing names; requests: %v", w.Counts())
		}
	})
}

func TestACopyInPartsReturnsOnceItHasLandedAndLeavesItsStateForLater(t *testing.T) {
	removal := fault.Fault{Operations: []string{"DeleteObject"}, Delay: 20 * time.Millisecond}
	inWorld(t, setup{options: inParts(), faults: []fault.Fault{removal}}, func(t *testing.T, w *world) {
		src := w.copier.Source(w.ctx, w.put(large, 1))
		src.Later = true
		w.wantOutcome(w.copier.Copy(w.ctx, src, plan()), copier.Copied)
		if states := len(w.Objects(to)) - 1; states != 1 {
			t.Errorf("%d state objects are there when the copy has landed, want 1", states)
		}
		before := src.Requests()
		src.Wait()
		if sent := src.Requests() - before; sent != 1 {
			t.Errorf("%d requests of the removal count as the source's, want 1", sent)
		}
		w.wantCopy()
		w.wantTidy()
	})
}

func TestACopyThatFailsCleansUpBeforeItReturns(t *testing.T) {
	refused := fault.Fault{Operations: []string{"UploadPartCopy"}, Part: 4,
		Error: &localoss.Error{Code: "AccessDenied", Status: 403, Message: "no"}}
	inWorld(t, setup{options: inParts(), faults: []fault.Fault{refused}}, func(t *testing.T, w *world) {
		src := w.copier.Source(w.ctx, w.put(large, 1))
		src.Later = true
		w.wantOutcome(w.copier.Copy(w.ctx, src, plan()), copier.Failed)
		w.wantTidy()
	})
}

// Two requests of the clean-up hang; they share its four seconds.
func TestCleanUpTakesFourSecondsInAll(t *testing.T) {
	hang := fault.Fault{Operations: []string{"AbortMultipartUpload", "ListObjectsV2"}, Calls: fault.Calls{First: 2},
		Delay: time.Hour}
	abort := fault.Fault{Operations: []string{"AbortMultipartUpload"}, Calls: fault.Nth(1), Delay: time.Hour}
	inWorld(t, setup{options: inParts(), faults: []fault.Fault{abort, hang}}, func(t *testing.T, w *world) {
		event := w.put(large, 1)
		src := w.copier.Source(w.ctx, event)
		src.Retried = true
		_, err := src.Head()
		if err != nil {
			t.Fatal(err)
		}
		w.put(large, 2)
		began := time.Now()
		out := w.copier.Copy(w.ctx, src, plan())
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("%s after %s, %v", out.Result, took, w.Counts())
		}
	})
}

// Parts that OSS is still working on keep an upload open, so it must stay named.
func TestUploadThatOutlivesItsAbortIsNamedThoughAnAnswerToItsStateIsMissing(t *testing.T) {
	faults := []fault.Fault{
		{Operations: []string{"PutObject"}, Key: ".afterput/**", Calls: fault.Calls{First: 1, Last: 2}, Drop: true,
			Delay: time.Hour},
		{Operations: []string{"UploadPartCopy"}, Part: 1, ReplyDelay: 0, Delay: 20 * time.Second},
		{Operations: []string{"UploadPartCopy"}, Part: 2, Delay: time.Second,
			Error: &localoss.Error{Code: "PreconditionFailed", Status: 412, Message: "another version"}},
	}
	inWorld(t, setup{options: inParts(), faults: faults}, func(t *testing.T, w *world) {
		event := w.put(large, 1)
		time.AfterFunc(500*time.Millisecond, func() { w.put(large, 2) })
		w.wantOutcome(w.copy(w.ctx, event, plan()), copier.Superseded)
		if open, named := len(w.Uploads(to)), len(w.Objects(to)); open != 1 || named != 1 {
			t.Errorf("%d uploads are open, %d are named", open, named)
		}
	})
}

// The bucket forbids overwriting, so that PutObject is refused when it is sent again.
func TestAStateObjectWhoseReplyIsLostIsThere(t *testing.T) {
	for name, option := range map[string]localoss.BucketOption{
		"forbid": localoss.WithForbidOverwrite(), "worm": localoss.WithRetention(time.Hour),
	} {
		t.Run(name, func(t *testing.T) {
			faults := []fault.Fault{
				{Operations: []string{"PutObject"}, Key: ".afterput/**", Calls: fault.Nth(1), Drop: true,
					Committed: true},
				{Operations: []string{"UploadPartCopy"}, Part: 4, Delay: time.Hour},
			}
			inWorld(t, setup{options: inParts(), faults: faults}, func(t *testing.T, w *world) {
				const b = "strict-bucket"
				if err := w.CreateBucket(b, option); err != nil {
					t.Fatal(err)
				}
				out := w.copy(w.within(60*time.Second), w.put(large, 1), plan(func(c *rules.Copy) { c.Bucket = b }))
				w.wantOutcome(out, copier.Failed)
				if len(w.Uploads(b)) == 0 {
					t.Errorf("the parts were thrown away though the state object is there: %v", w.Counts())
				}
			})
		})
	}
}
