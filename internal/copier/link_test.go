package copier_test

import (
	"slices"
	"testing"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/events"
	"afterput/internal/copier"
	"afterput/internal/localoss"
	"afterput/internal/localoss/fault"
	"afterput/rules"
)

// link makes the source a symbolic link to an object of size bytes, and gives its
// event.
func (w *world) link(size int64) events.Object {
	w.t.Helper()
	w.putAt(from, "what it points to", size)
	w.putSymlink(from, "what it points to")
	return w.newest()
}

// wantLink checks that the destination is the link, and not what it points to.
func (w *world) wantLink() {
	w.t.Helper()
	if o, ok := w.Object(to, key); !ok || o.Type != "Symlink" || o.SymlinkTarget != "what it points to" ||
		o.Meta["a"] != "b" {
		w.t.Errorf("the destination is %+v, want a link", o)
	}
	w.wantTidy()
}

func TestLinkIsCopiedAndNotWhatItPointsToHoweverLargeThatIs(t *testing.T) {
	for name, options := range map[string]copier.Options{"by default": {}, "in parts": inParts()} {
		for what, size := range map[string]int64{"small": 10, "large": 6 << 30} {
			t.Run(what+" "+name, func(t *testing.T) {
				inWorld(t, setup{options: options}, func(t *testing.T, w *world) {
					w.wantOutcome(w.copy(w.ctx, w.link(size), plan()), copier.Copied)
					w.wantLink()
				})
			})
		}
	}
}

func TestLinkWhoseEventNamesNoSizeOrETagIsCopied(t *testing.T) {
	inWorld(t, setup{options: inParts()}, func(t *testing.T, w *world) {
		event := w.link(large)
		event.Size, event.ETag = events.Opt[int64]{}, events.Opt[string]{}
		w.wantOutcome(w.copy(w.ctx, event, plan()), copier.Copied)
		w.wantLink()
	})
}

func TestLinkToNothingIsCopiedToo(t *testing.T) {
	for name, options := range map[string]copier.Options{"by default": {}, "in parts": inParts()} {
		for of, etag := range map[string]events.Opt[string]{
			"without ETag": {}, "with another ETag": events.Some("0123"),
		} {
			t.Run(name+" by an event "+of, func(t *testing.T) {
				inWorld(t, setup{options: options}, func(t *testing.T, w *world) {
					event := w.link(10)
					event.Event, event.ETag, event.Size = "ObjectCreated:CopyObject", etag, events.Opt[int64]{}
					w.delete(from, "what it points to")
					w.wantOutcome(w.copy(w.ctx, event, plan()), copier.Copied)
					w.wantLink()
				})
			})
		}
	}
}

func TestLinkToALinkIsCopiedAsALink(t *testing.T) {
	inWorld(t, setup{}, func(t *testing.T, w *world) {
		event := w.link(10)
		_, err := w.client.PutSymlink(w.ctx, &oss.PutSymlinkRequest{
			Bucket: oss.Ptr(from), Key: oss.Ptr("what it points to"), Target: oss.Ptr("none")})
		if err != nil {
			t.Fatal(err)
		}
		event.Event, event.ETag = "ObjectCreated:CopyObject", events.Opt[string]{} // so it may be an object
		w.wantOutcome(w.copy(w.ctx, event, plan()), copier.Copied)
		w.wantLink()
		w.wantOutcome(w.retry(event, plan()), copier.Unchanged)
	})
}

func TestEncryptionThatALinkCannotHaveIsLeftOutOfItsCopy(t *testing.T) {
	encrypt := func(c *rules.Copy) { c.ServerSideEncryption = "AES256" }
	inWorld(t, setup{}, func(t *testing.T, w *world) {
		w.wantOutcome(w.copy(w.ctx, w.link(10), plan(encrypt)), copier.Copied)
		w.wantLink()
	})
}

// dangle removes what the link points to.
func (w *world) dangle() {
	w.t.Helper()
	w.delete(from, "what it points to")
}

func TestLinkToNothingIsCopiedOnceHoweverLateItsAnswerIs(t *testing.T) {
	for name, f := range map[string]fault.Fault{
		"at once":           {},
		"late":              {ReplyDelay: 5 * time.Second},
		"lost":              {Drop: true, Committed: true},
		"answered with 500": {Error: &localoss.Error{Code: "InternalError"}, Committed: true},
	} {
		s := setup{options: copier.Options{Confirm: copier.ConfirmAlways}}
		if name != "at once" {
			f.Operations, f.Calls = []string{"CopyObject"}, fault.Nth(1)
			s.faults = []fault.Fault{f}
		}
		t.Run(name, func(t *testing.T) {
			inWorld(t, s, func(t *testing.T, w *world) {
				event := w.link(10)
				w.dangle()
				time.Sleep(2 * time.Second)
				src := w.copier.Source(w.ctx, event)
				out := w.copier.Copy(w.ctx, src, plan())
				w.wantOutcome(out, copier.Copied)
				if fresh, _, err := src.Recheck(w.ctx); fresh != copier.Same || err != nil {
					t.Errorf("looked at again: %v, %v", fresh, err)
				}
				w.wantLink()
				if n := w.Counts()["CopyObject"]; n != 1 {
					t.Errorf("copied %d times", n)
				}
				w.wantOutcome(w.retry(event, plan()), copier.Unchanged)
			})
		})
	}
}

func TestLinkThatPointsElsewhereByNowIsNewer(t *testing.T) {
	inWorld(t, setup{}, func(t *testing.T, w *world) {
		event := w.link(10)
		src := w.copier.Source(w.ctx, event)
		w.wantOutcome(w.copier.Copy(w.ctx, src, plan()), copier.Copied)
		w.putSymlink(from, "elsewhere")
		if fresh, _, err := src.Recheck(w.ctx); fresh != copier.Newer || err != nil {
			t.Errorf("looked at again: %v, %v", fresh, err)
		}
		w.put(10, 3)
		if fresh, head, err := src.Recheck(w.ctx); fresh != copier.Newer || err != nil || head.ETag == "" {
			t.Errorf("an object in its place: %v, %+v, %v", fresh, head, err)
		}
	})
}

// GetSymlink does not show the content headers, and the times of both links are the same.
func TestLinkPutAgainInTheSameSecondWithOtherContentHeadersDoesNotMatchTheCopyOfTheFirst(t *testing.T) {
	inWorld(t, setup{}, func(t *testing.T, w *world) {
		event := w.link(10)
		src := w.copier.Source(w.ctx, event)
		w.wantOutcome(w.copier.Copy(w.ctx, src, plan()), copier.Copied)
		w.putLinkAgain(from, "text/csv")
		fresh, _, err := src.Recheck(w.ctx)
		if fresh != copier.MayBeSame || err != nil {
			t.Fatalf("looked at again: %v, %v", fresh, err)
		}
		now := w.copier.Source(w.ctx, event)
		if matches, _, err := now.Matches(w.ctx, plan()); matches || err != nil {
			t.Errorf("the copy of the link before matches: %t, %v", matches, err)
		}
	})
}

// putLinkAgain makes the key of a bucket the link that it has been, with another content type.
func (w *world) putLinkAgain(bucket, contentType string) {
	w.t.Helper()
	_, err := w.client.PutSymlink(w.ctx, &oss.PutSymlinkRequest{
		Bucket: &bucket, Key: oss.Ptr(key), Target: oss.Ptr("what it points to"), Metadata: map[string]string{"a": "b"},
		RequestCommon: oss.RequestCommon{Headers: map[string]string{"Content-Type": contentType}},
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

func TestRetryCopiesALinkThatWasPutAgainOverALateCopyOfTheOneBefore(t *testing.T) {
	inWorld(t, setup{}, func(t *testing.T, w *world) {
		event := w.link(10)
		time.Sleep(2 * time.Second)
		w.putLinkAgain(from, "text/csv")
		time.Sleep(2 * time.Second)
		w.putLinkAgain(to, "text/plain") // as the copy of the event's link does if it lands now
		w.wantOutcome(w.retry(event, plan()), copier.Copied)
		w.wantLink()
		if o, _ := w.Object(to, key); o.ContentType != "text/csv" {
			t.Errorf("the copy has content type %s", o.ContentType)
		}
	})
}

func TestLinkWhoseTargetIsOnlyInOneBucketDiffersInNothingFromItsCopy(t *testing.T) {
	inWorld(t, setup{}, func(t *testing.T, w *world) {
		event := w.link(10)
		w.wantOutcome(w.copy(w.ctx, event, plan()), copier.Copied)
		differ, _, err := w.copier.Differences(w.ctx, w.copier.Source(w.ctx, event), plan())
		if err != nil || differ != nil {
			t.Errorf("the copy differs in %v, %v", differ, err)
		}
		w.putSymlink(to, "something else")
		differ, _, err = w.copier.Differences(w.ctx, w.copier.Source(w.ctx, event), plan())
		if want := []copier.Difference{copier.DiffersLink}; err != nil || !slices.Equal(differ, want) {
			t.Errorf("another link differs in %v, %v; want %v", differ, err, want)
		}
	})
}
