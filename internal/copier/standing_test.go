package copier_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/events"
	"afterput/internal/copier"
	"afterput/internal/localoss"
	"afterput/internal/localoss/fault"
	"afterput/rules"
)

// retryAs carries a plan out as FC's next attempt at an event does.
func (w *world) retryAs(o events.Object, p *rules.Copy) copier.Outcome {
	w.ResetCounts()
	src := w.copier.Source(w.ctx, o)
	src.Retried, src.Repeated = true, true
	return w.copier.Copy(w.ctx, src, p)
}

func TestSecondAttemptWritesNothingWhereTheCopyStands(t *testing.T) {
	all := func(c *rules.Copy) {
		c.TaggingDirective, c.Tags = rules.DirectiveReplace, []rules.Pair{{Key: "a", Value: "b"}}
		c.MetadataDirective, c.Headers.CacheControl = rules.DirectiveReplace, "no-cache"
		c.StorageClass, c.ServerSideEncryption, c.ObjectACL = "IA", "AES256", "public-read"
	}
	none := func(c *rules.Copy) { c.TaggingDirective = rules.DirectiveReplace }
	for name, change := range map[string]func(*rules.Copy){"plain": func(*rules.Copy) {}, "all named": all, "no tags": none} {
		for method, options := range map[string]copier.Options{"CopyObject": {}, "UploadPartCopy": inParts()} {
			t.Run(name+" "+method, func(t *testing.T) {
				inWorld(t, setup{options: options}, func(t *testing.T, w *world) {
					event := w.put(large, 1, localoss.WithHeader("x-oss-tagging", "x=y"), localoss.WithHeader("x-oss-meta-m", "n"))
					w.wantOutcome(w.copy(w.ctx, event, plan(change)), copier.Copied)
					written := len(w.history)
					w.wantOutcome(w.retryAs(event, plan(change)), copier.Unchanged)
					if len(w.history) != written || w.Counts()["CopyObject"] > 0 {
						t.Errorf("it was written again: %v", w.Counts())
					}
				})
			})
		}
	}
}

func TestSecondAttemptWritesWhatDoesNotStand(t *testing.T) {
	spoils := map[string]func(w *world, p *rules.Copy){
		"nothing is there": func(w *world, _ *rules.Copy) {
			if _, err := w.client.DeleteObject(w.ctx, &oss.DeleteObjectRequest{Bucket: oss.Ptr(to), Key: oss.Ptr(key)}); err != nil {
				w.t.Fatal(err)
			}
		},
		"other content": func(w *world, _ *rules.Copy) { w.overwrite(to, key, "other") },
		"a tag's value": func(w *world, _ *rules.Copy) {
			set := &oss.TagSet{Tags: []oss.Tag{{Key: oss.Ptr("x"), Value: oss.Ptr("z")}}}
			_, err := w.client.PutObjectTagging(w.ctx, &oss.PutObjectTaggingRequest{Bucket: oss.Ptr(to), Key: oss.Ptr(key), Tagging: &oss.Tagging{TagSet: set}})
			if err != nil {
				w.t.Fatal(err)
			}
		},
		"the ACL that the rule names": func(w *world, _ *rules.Copy) {
			_, err := w.client.PutObjectAcl(w.ctx, &oss.PutObjectAclRequest{Bucket: oss.Ptr(to), Key: oss.Ptr(key), Acl: oss.ObjectACLPublicRead})
			if err != nil {
				w.t.Fatal(err)
			}
		},
		"the rule's class": func(_ *world, p *rules.Copy) { p.StorageClass = "IA" },
	}
	for name, spoil := range spoils {
		for method, options := range map[string]copier.Options{"CopyObject": {}, "UploadPartCopy": inParts()} {
			for _, first := range []bool{false, true} {
				if first && method == "CopyObject" {
					continue // written without a look, at one request
				}
				t.Run(name+" "+method, func(t *testing.T) {
					inWorld(t, setup{options: options}, func(t *testing.T, w *world) {
						p := plan(func(c *rules.Copy) { c.ObjectACL = "private" })
						event := w.put(large, 1, localoss.WithHeader("x-oss-tagging", "x=y"))
						time.Sleep(time.Minute)
						w.wantOutcome(w.copy(w.ctx, event, p), copier.Copied)
						spoil(w, p)
						time.Sleep(time.Minute)
						if first {
							w.wantOutcome(w.copy(w.ctx, event, p), copier.Copied)
						} else {
							w.wantOutcome(w.retryAs(event, p), copier.Copied)
						}
						w.wantCopy()
						if o, _ := w.Object(to, key); o.ACL != "private" || len(o.Tags) != 1 || o.Tags[0].Value != "y" {
							t.Errorf("the destination is %+v", o)
						}
					})
				})
			}
		}
	}
}

func TestCopyThatStandsInABucketThatLetsNothingBeOverwrittenIsNoFailure(t *testing.T) {
	for _, code := range []localoss.ErrorCode{"FileImmutable", "FileAlreadyExists"} {
		for method, options := range map[string]copier.Options{"CopyObject": {}, "UploadPartCopy": inParts()} {
			for _, right := range []bool{true, false} {
				op := "CopyObject"
				if method == "UploadPartCopy" {
					op = "InitiateMultipartUpload"
				}
				faults := []fault.Fault{{Operations: []string{op}, Error: &localoss.Error{Code: code, Status: 409, Message: "no"}}}
				t.Run(string(code)+" "+method, func(t *testing.T) {
					inWorld(t, setup{options: options, faults: faults}, func(t *testing.T, w *world) {
						event := w.put(large, 1)
						seed := uint64(1)
						if !right {
							seed = 2
						}
						time.Sleep(time.Second)
						if err := w.PutSparse(to, key, large, localoss.WithSeed(seed)); err != nil {
							t.Fatal(err)
						}
						out := w.copy(w.ctx, event, plan())
						if right {
							w.wantOutcome(out, copier.Unchanged)
							return
						}
						w.wantOutcome(out, copier.Failed)
						if !out.Error.Permanent {
							t.Errorf("%+v", out.Error)
						}
					})
				})
			}
		}
	}
}

func TestDestinationThatMayNotBeReadIsWrittenOnce(t *testing.T) {
	unread := func(op localoss.Operation) error {
		if op.Name == "HeadObject" && op.Bucket == to {
			return context.Canceled // the text is for a log that nobody reads
		}
		return nil
	}
	inWorld(t, setup{authorize: unread, options: copier.Options{Confirm: copier.ConfirmAlways}}, func(t *testing.T, w *world) {
		event := w.put(1000, 1)
		src := w.copier.Source(w.ctx, event)
		w.wantOutcome(w.copier.Copy(w.ctx, src, plan()), copier.Copied)
		fresh, head, err := src.Recheck(w.ctx)
		if fresh != copier.MayBeSame || err != nil {
			t.Fatalf("looked at again: %v, %v", fresh, err)
		}
		now := w.copier.Source(w.ctx, event)
		now.SetHead(head)
		if matches, hidden, err := now.Matches(w.ctx, plan()); matches || !hidden || err != nil {
			t.Errorf("matches %t, hidden %t, %v", matches, hidden, err)
		}
	})
}

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
		w.wantOutcome(w.retryAs(event, plan(untagged)), copier.Copied)
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
	for name, s := range map[string]setup{"after the wait": {faults: []fault.Fault{gone}}, "at once where none was sent": {}} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, s, func(t *testing.T, w *world) {
				event := w.put(size, 1)
				if len(s.faults) > 0 {
					w.wantOutcome(w.copy(w.within(30*time.Second), event, plan(within)), copier.Failed)
				}
				began := time.Now()
				w.wantOutcome(w.retryAs(event, plan(within)), copier.Copied)
				if n, took := w.Counts()["CopyObject"], time.Since(began); n != 1 || (took > time.Second) != (len(s.faults) > 0) {
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
