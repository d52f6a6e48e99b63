package copier_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"afterput/events"
	"afterput/internal/copier"
	"afterput/internal/localoss"
	"afterput/internal/localoss/fault"
	"afterput/internal/osscall"
	"afterput/internal/state"
	"afterput/rules"
)

// copyElsewhere copies as another instance of the function does.
func (w *world) copyElsewhere(o events.Object, p *rules.Copy, options copier.Options) copier.Outcome {
	other := copier.New(osscall.NewClient("cn-hangzhou", "http://127.0.0.1", w.Transport()), options)
	return other.Copy(w.ctx, other.Source(w.ctx, o), p)
}

func TestDuplicateDeliveryInMidCopyIsNoFailure(t *testing.T) {
	for name, delay := range map[string]time.Duration{
		"at the same moment": 0, "when the first has begun": 25 * time.Millisecond,
		"when parts are done": 65 * time.Millisecond,
	} {
		for _, slower := range []int{1, 2} { // parts in flight of the second
			t.Run(name, func(t *testing.T) {
				options := inParts()
				options.PartsInFlight = 1
				inWorld(t, setup{options: options}, func(t *testing.T, w *world) {
					event := w.put(8*partSize, 1)
					var both sync.WaitGroup
					outs := make([]copier.Outcome, 2)
					both.Go(func() { outs[0] = w.copier.Copy(w.ctx, w.copier.Source(w.ctx, event), plan()) })
					time.Sleep(delay)
					second := options
					second.PartsInFlight = slower
					both.Go(func() { outs[1] = w.copyElsewhere(event, plan(), second) })
					both.Wait()
					for i, out := range outs {
						if out.Result != copier.Copied && out.Result != copier.Unchanged {
							t.Errorf("delivery %d: %s, %v", i+1, out.Result, out.Error)
						}
					}
					w.wantCopy()
					w.wantTidy()
				})
			})
		}
	}
}

// The destination has the right content, but with tags that the rule removes.
func TestUploadThatIsGoneIsNoCopyWhereTheTagsAreOthers(t *testing.T) {
	untagged := func(c *rules.Copy) { c.TaggingDirective = rules.DirectiveReplace }
	gone := fault.Fault{Operations: []string{"ListParts"}, Calls: fault.Nth(1),
		Error: &localoss.Error{Code: "NoSuchUpload", Status: 404, Message: "gone"}}
	inWorld(t, setup{options: inParts(), faults: []fault.Fault{gone}}, func(t *testing.T, w *world) {
		event := w.put(large, 1, localoss.WithHeader("x-oss-tagging", "a=b"))
		w.wantOutcome(w.copyElsewhere(event, plan(), copier.Options{}), copier.Copied) // the tags with it
		w.wantOutcome(w.copy(w.ctx, event, plan(untagged)), copier.Copied)
		if o, ok := w.Object(to, key); !ok || len(o.Tags) != 0 {
			t.Errorf("the copy has tags: %v", o.Tags)
		}
	})
}

func TestTwoSourcesOfOneDestinationLeaveEachOthersUploadsAlone(t *testing.T) {
	options := inParts()
	options.PartsInFlight = 1
	inWorld(t, setup{options: options}, func(t *testing.T, w *world) {
		first := w.put(8*partSize, 1)
		if err := w.PutSparse(from, "another", 8*partSize, localoss.WithSeed(2)); err != nil {
			t.Fatal(err)
		}
		second := w.newest()
		var both sync.WaitGroup
		outs := make([]copier.Outcome, 2)
		both.Go(func() { outs[0] = w.copier.Copy(w.ctx, w.copier.Source(w.ctx, first), plan()) })
		time.Sleep(25 * time.Millisecond)
		both.Go(func() { outs[1] = w.copyElsewhere(second, plan(), options) })
		both.Wait()
		for i, out := range outs {
			if out.Result != copier.Copied {
				t.Errorf("copy %d: %s, %v", i+1, out.Result, out.Error)
			}
		}
		if n := w.Counts()["UploadPartCopy"]; n != 16 {
			t.Errorf("%d parts were copied, of 16", n)
		}
		w.wantTidy()
	})
}

func TestBeingOvertakenByANewerVersionIsSuperseded(t *testing.T) {
	options := inParts()
	options.PartsInFlight = 1
	inWorld(t, setup{options: options}, func(t *testing.T, w *world) {
		old := w.put(8*partSize, 1)
		var first sync.WaitGroup
		var out copier.Outcome
		first.Go(func() { out = w.copier.Copy(w.ctx, w.copier.Source(w.ctx, old), plan()) })
		time.Sleep(45 * time.Millisecond) // some of its parts are there
		w.wantOutcome(w.copyElsewhere(w.put(8*partSize, 2), plan(), options), copier.Copied)
		first.Wait()
		if out.Result == copier.Failed {
			t.Errorf("%v", out.Error)
		}
		w.wantCopy()
		w.wantTidy()
	})
}

func TestUploadOfAnOlderVersionIsRemovedAndOneOfANewerIsNot(t *testing.T) {
	inWorld(t, stoppedAfter(2), func(t *testing.T, w *world) {
		w.stop(w.put(large, 1), plan())
		old := w.Uploads(to)[0].ID
		time.Sleep(2 * time.Hour) // what was under way is over
		w.wantOutcome(w.copy(w.ctx, w.put(large, 2), plan()), copier.Copied)
		for _, u := range w.Uploads(to) {
			if u.ID == old {
				t.Error("the upload of the older version is left")
			}
		}
		w.wantTidy()
	})
}

func TestStateObjectsNameOneUploadEachAndAreNobodyElsesToDelete(t *testing.T) {
	inWorld(t, stoppedAfter(2), func(t *testing.T, w *world) {
		event := w.put(large, 1)
		w.stop(event, plan())
		other := func(c *rules.Copy) { c.StorageClass = "IA" }
		if err := w.PutSparse(from, "another", large, localoss.WithSeed(2)); err != nil {
			t.Fatal(err)
		}
		w.wantOutcome(w.copy(w.ctx, w.newest(), plan(other)), copier.Copied)
		if left := w.remembered(to, state.DefaultPrefix); len(left) != 1 || left[0].Source != "oss://"+from+"/"+key {
			t.Errorf("remembered %+v; want the upload of the first source", left)
		}
	})
}

func TestStateObjectIsReadableAtOnceAndByNobodyElse(t *testing.T) {
	inWorld(t, stoppedAfter(2), func(t *testing.T, w *world) {
		const open = "open-archive"
		if err := w.CreateBucket(open, localoss.WithBucketClass("Archive"),
			localoss.WithBucketACL("public-read")); err != nil {
			t.Fatal(err)
		}
		p := plan(func(c *rules.Copy) { c.Bucket = open })
		event := w.put(large, 1)
		out := w.copy(w.within(30*time.Second), event, p)
		w.wantOutcome(out, copier.Failed)
		var states int
		for _, o := range w.Objects(open) {
			if strings.HasPrefix(o.Key, state.DefaultPrefix) {
				states++
				if o.StorageClass != "Standard" || o.ACL != "private" {
					t.Errorf("%s has class %s and ACL %s", o.Key, o.StorageClass, o.ACL)
				}
			}
		}
		if states != 1 {
			t.Fatalf("%d state objects", states)
		}
		w.wantOutcome(w.copy(w.ctx, event, p), copier.Copied)
		if got := w.partsCopied(); len(got) != 2 {
			t.Errorf("parts %v were copied, want the two that were missing", got)
		}
	})
}

func TestLargeCopiesLeaveNoVersionsOfTheirStateBehind(t *testing.T) {
	inWorld(t, stoppedAfter(2), func(t *testing.T, w *world) {
		w.version(to)
		event := w.put(large, 1)
		w.stop(event, plan())
		w.wantOutcome(w.copy(w.ctx, event, plan()), copier.Copied)
		w.wantOutcome(w.copy(w.ctx, w.put(large, 2), plan()), copier.Copied)
		for name, versions := range w.allVersions(to) {
			if name != key {
				t.Errorf("%d versions of %s are left", versions, name)
			}
		}
	})
}

func TestStateObjectThatCannotBeWrittenCostsNoFinishedCopy(t *testing.T) {
	faults := []fault.Fault{{Operations: []string{"PutObject"}, Error: &localoss.Error{Code: "InternalError"}}}
	inWorld(t, setup{options: inParts(), faults: faults}, func(t *testing.T, w *world) {
		w.wantOutcome(w.copy(w.ctx, w.put(large, 1), plan()), copier.Copied)
		w.wantCopy()
		w.wantTidy()
	})
}

func TestStateObjectThatMayNotBeDeletedStopsNoLaterVersion(t *testing.T) {
	undeletable := func(op localoss.Operation) error {
		if op.Name == "DeleteObject" {
			return context.Canceled // the text is for a log that nobody reads
		}
		return nil
	}
	s := stoppedAfter(2)
	s.authorize = undeletable
	inWorld(t, s, func(t *testing.T, w *world) {
		w.stop(w.put(large, 1), plan())
		for seed := range uint64(3) {
			w.wantOutcome(w.copy(w.ctx, w.put(large, seed+2), plan()), copier.Copied)
			w.wantCopy()
		}
	})
}
