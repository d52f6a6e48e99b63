package copier_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/events"
	"afterput/internal/copier"
	"afterput/internal/localoss"
	"afterput/internal/localoss/fault"
	"afterput/rules"
)

// retry carries a plan out as FC's next attempt at an event does.
func (w *world) retry(o events.Object, p *rules.Copy) copier.Outcome {
	w.ResetCounts()
	src := w.copier.Source(w.ctx, o)
	src.Retried, src.Repeated = true, true
	return w.copier.Copy(w.ctx, src, w.inRegion(p))
}

func TestSecondAttemptWritesNothingIfTheCopyHasLanded(t *testing.T) {
	all := func(c *rules.Copy) {
		c.TaggingDirective, c.Tags = rules.DirectiveReplace, []rules.Pair{{Key: "a", Value: "b"}}
		c.MetadataDirective, c.Headers.CacheControl = rules.DirectiveReplace, "no-cache"
		c.StorageClass, c.ServerSideEncryption, c.ObjectACL = "IA", "AES256", "public-read"
	}
	none := func(c *rules.Copy) { c.TaggingDirective = rules.DirectiveReplace }
	for name, change := range map[string]func(*rules.Copy){
		"plain": func(*rules.Copy) {}, "all named": all, "no tags": none,
	} {
		t.Run(name, func(t *testing.T) {
			byEachMethod(t, setup{}, func(t *testing.T, w *world) {
				event := w.put(large, 1, localoss.WithHeader("x-oss-tagging", "x=y"),
					localoss.WithHeader("x-oss-meta-m", "n"))
				w.wantOutcome(w.copy(w.ctx, event, plan(change)), copier.Copied)
				written := len(w.history)
				w.wantOutcome(w.retry(event, plan(change)), copier.Unchanged)
				if len(w.history) != written || w.Counts()["CopyObject"] > 0 || w.Counts()["PutObject"] > 0 {
					t.Errorf("it was written again: %v", w.Counts())
				}
			})
		})
	}
}

func TestSecondAttemptWritesWhatDiffers(t *testing.T) {
	spoils := map[string]func(w *world, p *rules.Copy){
		"nothing is there": func(w *world, _ *rules.Copy) {
			w.delete(to, key)
		},
		"other content": func(w *world, _ *rules.Copy) { w.overwrite(to, key, "other") },
		"a tag's value": func(w *world, _ *rules.Copy) {
			set := &oss.TagSet{Tags: []oss.Tag{{Key: oss.Ptr("x"), Value: oss.Ptr("z")}}}
			_, err := w.client.PutObjectTagging(w.ctx, &oss.PutObjectTaggingRequest{
				Bucket: oss.Ptr(to), Key: oss.Ptr(key), Tagging: &oss.Tagging{TagSet: set}})
			if err != nil {
				w.t.Fatal(err)
			}
		},
		"the ACL that the rule names": func(w *world, _ *rules.Copy) {
			_, err := w.client.PutObjectAcl(w.ctx, &oss.PutObjectAclRequest{
				Bucket: oss.Ptr(to), Key: oss.Ptr(key), Acl: oss.ObjectACLPublicRead})
			if err != nil {
				w.t.Fatal(err)
			}
		},
		"the rule's class": func(_ *world, p *rules.Copy) { p.StorageClass = "IA" },
	}
	for name, spoil := range spoils {
		t.Run(name, func(t *testing.T) {
			byEachMethod(t, setup{}, func(t *testing.T, w *world) { w.wantWrittenAgain(spoil, w.retry) })
		})
		t.Run(name+", first attempt", func(t *testing.T) { // which compares before it copies in parts
			inWorld(t, setup{options: inParts()}, func(t *testing.T, w *world) {
				w.wantWrittenAgain(spoil, func(o events.Object, p *rules.Copy) copier.Outcome {
					return w.copy(w.ctx, o, p)
				})
			})
		})
	}
}

// wantWrittenAgain makes a copy, spoils its destination, and checks that another copy of the same
// event writes it again.
func (w *world) wantWrittenAgain(
	spoil func(*world, *rules.Copy), again func(events.Object, *rules.Copy) copier.Outcome,
) {
	w.t.Helper()
	p := plan(func(c *rules.Copy) { c.ObjectACL = "private" })
	event := w.put(large, 1, localoss.WithHeader("x-oss-tagging", "x=y"))
	time.Sleep(time.Minute)
	w.wantOutcome(w.copy(w.ctx, event, p), copier.Copied)
	spoil(w, p)
	time.Sleep(time.Minute)
	w.wantOutcome(again(event, p), copier.Copied)
	w.wantCopy()
	if o, _ := w.Object(to, key); o.ACL != "private" || len(o.Tags) != 1 || o.Tags[0].Value != "y" {
		w.t.Errorf("the destination is %+v", o)
	}
}

func TestCopyThatLandedBeforeInABucketThatForbidsOverwritingIsNotAFailure(t *testing.T) {
	for _, code := range []localoss.ErrorCode{"FileImmutable", "FileAlreadyExists"} {
		for result, seed := range map[copier.Result]uint64{copier.Unchanged: 1, copier.Failed: 2} {
			faults := []fault.Fault{{Operations: []string{"CopyObject", "PutObject", "InitiateMultipartUpload"},
				Error: &localoss.Error{Code: code, Status: 409, Message: "no"}}}
			t.Run(fmt.Sprintf("%s, %s", code, result), func(t *testing.T) {
				byEachMethod(t, setup{faults: faults}, func(t *testing.T, w *world) {
					event := w.put(large, 1)
					time.Sleep(time.Second)
					if err := w.PutSparse(to, key, large, localoss.WithSeed(seed)); err != nil {
						t.Fatal(err)
					}
					out := w.copy(w.ctx, event, plan())
					w.wantOutcome(out, result)
					if result == copier.Failed && !out.Error.Permanent {
						t.Errorf("%+v", out.Error)
					}
				})
			})
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
	s := setup{authorize: unread, options: copier.Options{Confirm: copier.ConfirmAlways}}
	inWorld(t, s, func(t *testing.T, w *world) {
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

// deny allows the engine's key everything but what refused says.
func deny(refused func(action, resource string) bool) localoss.Authorize {
	return localoss.Allowing("local", func(action, resource string) bool { return !refused(action, resource) })
}

// Without the right to read tags, HeadObject shows no tag count, on either side.
func TestTagsThatMayNotBeReadAreNotTakenForNone(t *testing.T) {
	hidden := deny(func(action, _ string) bool { return strings.Contains(action, "GetObjectTagging") })
	t.Run("copied over", func(t *testing.T) {
		inWorld(t, setup{authorize: hidden}, func(t *testing.T, w *world) {
			event := w.put(5, 1, localoss.WithHeader("x-oss-tagging", "a=1"))
			w.putAt(to, key, 5, localoss.WithHeader("x-oss-tagging", "b=2"))
			out := w.retry(event, plan())
			if out.Result == copier.Unchanged {
				t.Errorf("unchanged, though the tags are others")
			}
		})
	})
	t.Run("dropped", func(t *testing.T) {
		inWorld(t, setup{authorize: hidden}, func(t *testing.T, w *world) {
			event := w.put(5, 1)
			w.putAt(to, key, 5, localoss.WithHeader("x-oss-tagging", "b=2"))
			out := w.retry(event, plan(func(c *rules.Copy) { c.TaggingDirective = rules.DirectiveReplace }))
			if out.Result == copier.Unchanged {
				t.Errorf("unchanged, though tags are there that the rule drops")
			}
		})
	})
}

func TestASecondAttemptNeedsNoRightThatTheFirstDidNotNeed(t *testing.T) {
	for name, action := range map[string]string{"ACL": "oss:GetObjectAcl", "tags": "oss:GetObjectTagging"} {
		t.Run(name, func(t *testing.T) {
			hidden := deny(func(a, resource string) bool { return a == action && strings.Contains(resource, to) })
			inWorld(t, setup{authorize: hidden}, func(t *testing.T, w *world) {
				event := w.put(5, 1, localoss.WithHeader("x-oss-tagging", "a=1"))
				p := plan(func(c *rules.Copy) {
					c.ObjectACL = "private"
					c.TaggingDirective = rules.DirectiveReplace
					c.Tags = []rules.Pair{{Key: "a", Value: "1"}}
				})
				w.wantOutcome(w.copy(w.ctx, event, p), copier.Copied)
				if out := w.retry(event, p); out.Result == copier.Failed {
					t.Errorf("the second attempt: %v", out.Error)
				}
			})
		})
	}
}

func TestALinkToTheSameContentIsNotTheCopy(t *testing.T) {
	for name, o := range map[string]copier.Options{"large, first attempt": inParts(), "small, second attempt": {}} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, setup{options: o}, func(t *testing.T, w *world) {
				event := w.put(large, 1)
				w.putAt(to, "other", large)
				w.putSymlink(to, "other")
				out := w.copy(w.ctx, event, plan())
				if strings.HasPrefix(name, "small") {
					w.putSymlink(to, "other")
					out = w.retry(event, plan())
				}
				w.delete(to, "other")
				_, err := w.client.HeadObject(w.ctx, &oss.HeadObjectRequest{Bucket: oss.Ptr(to), Key: oss.Ptr(key)})
				if err != nil {
					t.Errorf("%s, and the destination is a link to what is gone: %v", out.Result, err)
				}
			})
		})
	}
}
