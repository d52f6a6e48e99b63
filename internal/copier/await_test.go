package copier_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"afterput/internal/copier"
	"afterput/internal/localoss"
	"afterput/internal/localoss/fault"
	"afterput/rules"
)

func TestCopyWithinABucketThatOutlastsItsInvocationIsAwaitedAndNotSentAgain(t *testing.T) {
	const size = 3 << 30
	faults := []fault.Fault{{Operations: []string{"CopyObject"}, Calls: fault.Nth(1), Delay: 50 * time.Second}}
	within := func(c *rules.Copy) { c.Bucket, c.Key = from, "copy" }
	inWorld(t, setup{faults: faults}, func(t *testing.T, w *world) {
		event := w.put(size, 1)
		w.wantOutcome(w.copy(w.within(30*time.Second), event, plan(within)), copier.Failed)
		w.ResetCounts()
		src := w.copier.Source(w.ctx, event)
		src.Retried, src.Repeated = true, true
		w.wantOutcome(w.copier.Copy(w.within(time.Minute), src, plan(within)), copier.Copied)
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

// The runtime may not say whether an invocation is a retry, and a role need not have the
// right to look at its destination.
func TestCopyThatOutlastsItsInvocationIsNotSentAgainBesideItByWhoKnowsLittle(t *testing.T) {
	faults := []fault.Fault{{Operations: []string{"CopyObject"}, Calls: fault.Nth(1), Delay: 50 * time.Second}}
	within := func(c *rules.Copy) { c.Bucket, c.Key = from, "copy" }
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
				w.wantOutcome(w.copy(w.within(30*time.Second), event, plan(within)), copier.Failed)
				w.ResetCounts()
				src := w.copier.Source(w.ctx, event)
				src.Retried = true // but whether it is Repeated is not known
				began := time.Now()
				w.wantOutcome(w.copier.Copy(w.within(10*time.Minute), src, plan(within)), copier.Copied)
				n, took := w.Counts()["CopyObject"], time.Since(began)
				if took < 20*time.Second || !unread && n != 0 || unread && n != 1 {
					t.Errorf("sent %d times, after %v", n, took)
				}
			})
		})
	}
}

func TestCopyWithinABucketThatNeverCameIsSentAgain(t *testing.T) {
	const size = 3 << 30
	within := func(c *rules.Copy) { c.Bucket, c.Key = from, "copy" }
	gone := fault.Fault{Operations: []string{"CopyObject"}, Calls: fault.Nth(1), Delay: time.Minute, Drop: true}
	for name, s := range map[string]setup{
		"after the wait": {faults: []fault.Fault{gone}}, "at once where none was sent": {},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, s, func(t *testing.T, w *world) {
				event := w.put(size, 1)
				if len(s.faults) > 0 {
					w.wantOutcome(w.copy(w.within(30*time.Second), event, plan(within)), copier.Failed)
				}
				began := time.Now()
				w.wantOutcome(w.retry(event, plan(within)), copier.Copied)
				if n, took := w.Counts()["CopyObject"], time.Since(began); n != 1 ||
					(took > time.Second) != (len(s.faults) > 0) {
					t.Errorf("%d × CopyObject, after %v", n, took)
				}
				for _, o := range w.Objects(from) {
					if o.Key != key && o.Key != "copy" {
						t.Errorf("left behind: %s", o.Key)
					}
				}
			})
		})
	}
}
