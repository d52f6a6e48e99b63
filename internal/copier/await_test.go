package copier_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"afterput/events"
	"afterput/internal/copier"
	"afterput/internal/localoss"
	"afterput/internal/localoss/fault"
	"afterput/rules"
)

// withinBucket makes a plan's copy one within the source's bucket.
func withinBucket(c *rules.Copy) { c.Bucket, c.Key = from, "copy" }

func TestCopyWithinABucketThatOutlastsItsInvocationIsAwaitedAndNotSentAgain(t *testing.T) {
	faults := []fault.Fault{{Operations: []string{"CopyObject"}, Calls: fault.Nth(1), Delay: 50 * time.Second}}
	inWorld(t, setup{faults: faults}, func(t *testing.T, w *world) {
		event := w.put(3<<30, 1)
		w.wantOutcome(w.copy(w.within(30*time.Second), event, plan(withinBucket)), copier.Failed)
		w.ResetCounts()
		src := w.copier.Source(w.ctx, event)
		src.Retried, src.Repeated = true, true
		w.wantOutcome(w.copier.Copy(w.within(time.Minute), src, plan(withinBucket)), copier.Copied)
		if n := w.Counts()["CopyObject"]; n != 0 {
			t.Errorf("sent %d times while the first was running", n)
		}
	})
}

func TestCopyThatIsAwaitedLosesTheTagsThatItsRuleDrops(t *testing.T) {
	faults := []fault.Fault{{Operations: []string{"CopyObject"}, Calls: fault.Nth(1), Delay: 50 * time.Second}}
	untagged := func(c *rules.Copy) { c.Bucket, c.Key, c.TaggingDirective = from, "copy", rules.DirectiveReplace }
	inWorld(t, setup{faults: faults}, func(t *testing.T, w *world) {
		event := w.put(3<<30, 1, localoss.WithHeader("x-oss-tagging", "a=b"))
		w.wantOutcome(w.copy(w.within(30*time.Second), event, plan(untagged)), copier.Failed)
		w.wantOutcome(w.retry(event, plan(untagged)), copier.Copied)
		if n := w.Counts()["DeleteObjectTagging"]; n != 1 {
			t.Errorf("tags dropped %d times, want once", n)
		}
	})
}

// The runtime may not say whether an invocation is a retry, and the role may not have the right to
// read the destination.
func TestCopyThatOutlastsItsInvocationIsNotSentAgainBesideItByWhoKnowsLittle(t *testing.T) {
	faults := []fault.Fault{{Operations: []string{"CopyObject"}, Calls: fault.Nth(1), Delay: 50 * time.Second}}
	for _, unread := range []bool{false, true} {
		t.Run(fmt.Sprintf("unread %t", unread), func(t *testing.T) {
			authorize := func(op localoss.Operation) error {
				if unread && op.Name == "HeadObject" && op.Key == "copy" {
					return context.Canceled // the text is for a log that nobody reads
				}
				return nil
			}
			inWorld(t, setup{faults: faults, authorize: authorize}, func(t *testing.T, w *world) {
				event := w.put(3<<30, 1)
				w.wantOutcome(w.copy(w.within(30*time.Second), event, plan(withinBucket)), copier.Failed)
				w.ResetCounts()
				src := w.copier.Source(w.ctx, event)
				src.Retried = true // but whether it is Repeated is not known
				began := time.Now()
				w.wantOutcome(w.copier.Copy(w.within(10*time.Minute), src, plan(withinBucket)), copier.Copied)
				n, took := w.Counts()["CopyObject"], time.Since(began)
				if took < 20*time.Second || !unread && n != 0 || unread && n != 1 {
					t.Errorf("sent %d times, after %v", n, took)
				}
			})
		})
	}
}

func TestCopyWithinABucketThatNeverCameIsSentAgainAfterTheWait(t *testing.T) {
	gone := fault.Fault{Operations: []string{"CopyObject"}, Calls: fault.Nth(1), Delay: time.Minute, Drop: true}
	inWorld(t, setup{faults: []fault.Fault{gone}}, func(t *testing.T, w *world) {
		event := w.put(3<<30, 1)
		w.wantOutcome(w.copy(w.within(30*time.Second), event, plan(withinBucket)), copier.Failed)
		if took := w.sendAgain(event); took <= time.Second {
			t.Errorf("it was sent after %v", took)
		}
	})
}

func TestCopyWithinABucketThatWasNotSentIsSentAtOnce(t *testing.T) {
	inWorld(t, setup{}, func(t *testing.T, w *world) {
		if took := w.sendAgain(w.put(3<<30, 1)); took > time.Second {
			t.Errorf("it was sent after %v", took)
		}
	})
}

// sendAgain makes the copy in a retry, checks that it is sent once and leaves no state object, and
// gives how long it took.
func (w *world) sendAgain(event events.Object) time.Duration {
	w.t.Helper()
	began := time.Now()
	w.wantOutcome(w.retry(event, plan(withinBucket)), copier.Copied)
	if n := w.Counts()["CopyObject"]; n != 1 {
		w.t.Errorf("%d × CopyObject", n)
	}
	for _, o := range w.Objects(from) {
		if o.Key != key && o.Key != "copy" {
			w.t.Errorf("left behind: %s", o.Key)
		}
	}
	return time.Since(began)
}
