package copier_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/events"
	"afterput/internal/copier"
	"afterput/internal/localoss"
	"afterput/rules"
)

const target = "what it points to"

func follow(c *rules.Copy) { c.FollowSymlinks = true }

// wantTarget checks that the destination has the content, headers and tags of what the link points to.
func (w *world) wantTarget() {
	w.t.Helper()
	dst, ok := w.Object(to, key)
	src, _ := w.Object(from, target)
	if !ok || dst.Type == "Symlink" || dst.CRC64 != src.CRC64 || dst.Size != src.Size ||
		dst.ContentType != src.ContentType || len(dst.Tags) != len(src.Tags) {
		w.t.Errorf("the destination is %+v, want what %+v is", dst, src)
	}
	w.wantTidy()
}

// afterFirst carries out an action once, after the first request of an operation on a bucket.
func afterFirst(operation, bucket string, act func()) localoss.Intercept {
	var done atomic.Bool
	return func(_ context.Context, call *localoss.Call, next func() *localoss.Response) *localoss.Response {
		response := next()
		if call.Name == operation && call.Bucket == bucket && done.CompareAndSwap(false, true) {
			act()
		}
		return response
	}
}

func TestWhatALinkPointsToIsCopiedUnderTheKeyOfTheLink(t *testing.T) {
	byEachMethod(t, setup{}, func(t *testing.T, w *world) {
		w.putAt(from, target, large, localoss.WithHeader("Content-Type", "text/csv"),
			localoss.WithHeader("x-oss-tagging", "k=v"), localoss.WithHeader("x-oss-meta-m", "n"))
		w.putSymlink(from, target)
		event := w.newest()
		out := w.copy(w.ctx, event, plan(follow, func(c *rules.Copy) { c.ServerSideEncryption = "AES256" }))
		w.wantOutcome(out, copier.Copied)
		src, _ := w.Object(from, target)
		if out.Method != w.method || out.Bytes != large || out.SourceETag != src.ETag ||
			!strings.Contains(out.Reason, "what it points to, oss://"+from+"/"+target) {
			t.Errorf("reports %+v", out)
		}
		if dst, _ := w.Object(to, key); dst.Meta["m"] != "n" || dst.ServerSideEncryption != "AES256" {
			t.Errorf("the destination is %+v", dst)
		}
		w.wantTarget()
		w.wantOutcome(w.retry(event, plan(follow)), copier.Unchanged)
	})
}

func TestFollowingLinksCostsRequestsOnlyWhereTheSourceMayBeALink(t *testing.T) {
	for event, want := range map[string]map[string]int{
		"ObjectCreated:PutObject":               {"CopyObject": 1},
		"ObjectCreated:CompleteMultipartUpload": {"CopyObject": 1},
		"ObjectCreated:CopyObject":              {"CopyObject": 1, "HeadObject": 1},
	} {
		inWorld(t, setup{}, func(t *testing.T, w *world) {
			o := w.put(10, 1)
			o.Event = event
			out := w.copy(w.ctx, o, plan(follow))
			w.wantOutcome(out, copier.Copied)
			w.wantCounts(want)
			if w.wantCopy(); out.Reason != "" {
				t.Errorf("says of an object: %s", out.Reason)
			}
		})
	}
	inWorld(t, setup{}, func(t *testing.T, w *world) {
		w.wantOutcome(w.copy(w.ctx, w.link(10), plan(follow)), copier.Copied)
		w.wantCounts(map[string]int{"GetSymlink": 1, "HeadObject": 1, "CopyObject": 1})
	})
}

// The copy of a link raises ObjectCreated:CopyObject.
func TestLinkWhoseEventDoesNotSayThatItIsOneIsFollowed(t *testing.T) {
	for name, etag := range map[string]events.Opt[string]{
		"without ETag": {}, "with the ETag of the link": events.Some("D41D8CD98F00B204E9800998ECF8427E"),
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, setup{}, func(t *testing.T, w *world) {
				event := w.link(10)
				event.Event, event.ETag = "ObjectCreated:CopyObject", etag
				w.wantOutcome(w.copy(w.ctx, event, plan(follow)), copier.Copied)
				w.wantTarget()
			})
		})
	}
}

func TestLinkThatLeadsNowhereFailsUntilItsTargetIsThere(t *testing.T) {
	inWorld(t, setup{}, func(t *testing.T, w *world) {
		event := w.link(10)
		w.dangle()
		out := w.copy(w.ctx, event, plan(follow))
		w.wantOutcome(out, copier.Failed)
		if out.Error.Code != "SymlinkTargetNotExist" || out.Error.Permanent {
			t.Errorf("fails with %+v", out.Error)
		}
		w.wantAbsent()
		w.putAt(from, target, 10)
		w.wantOutcome(w.retry(event, plan(follow)), copier.Copied)
		w.wantTarget()
	})
}

func TestLinkToALinkFailsPermanently(t *testing.T) {
	inWorld(t, setup{}, func(t *testing.T, w *world) {
		_, err := w.client.PutSymlink(w.ctx, &oss.PutSymlinkRequest{
			Bucket: oss.Ptr(from), Key: oss.Ptr("first"), Target: oss.Ptr("none")})
		if err != nil {
			t.Fatal(err)
		}
		w.putSymlink(from, "first")
		out := w.copy(w.ctx, w.newest(), plan(follow))
		w.wantOutcome(out, copier.Failed)
		if out.Error.Code != "InvalidTargetType" || !out.Error.Permanent {
			t.Errorf("fails with %+v", out.Error)
		}
		w.wantAbsent()
	})
}

func TestLinkToAnArchivedObjectFailsAsThatObjectDoes(t *testing.T) {
	inWorld(t, setup{}, func(t *testing.T, w *world) {
		w.putAt(from, target, 10, localoss.WithHeader("x-oss-storage-class", "Archive"))
		w.putSymlink(from, target)
		out := w.copy(w.ctx, w.newest(), plan(follow))
		w.wantOutcome(out, copier.Failed)
		if out.Error.Code != "InvalidObjectState" || !strings.Contains(out.Reason, target) {
			t.Errorf("fails with %+v, %s", out.Error, out.Reason)
		}
	})
}

func TestTargetOverwrittenWhileItIsCopiedIsCopiedInItsNewestVersion(t *testing.T) {
	for method, options := range map[string]copier.Options{
		copier.MethodCopyObject: {}, copier.MethodUploadPartCopy: inParts(),
	} {
		var w *world
		overwrite := afterFirst("HeadObject", from, func() { w.overwrite(from, target, "newer") })
		t.Run(method, func(t *testing.T) {
			inWorld(t, setup{options: options, intercept: overwrite}, func(t *testing.T, world *world) {
				w = world
				out := w.copy(w.ctx, w.link(large), plan(follow))
				w.wantOutcome(out, copier.Copied)
				if !out.NeedsSecondLook {
					t.Error("the source is not looked at again")
				}
				w.wantTarget()
			})
		})
	}
}

func TestLinkThatPointsElsewhereAfterItsTargetWasOverwrittenIsSuperseded(t *testing.T) {
	var w *world
	change := afterFirst("HeadObject", from, func() {
		w.overwrite(from, target, "newer")
		w.putSymlink(from, "elsewhere")
	})
	inWorld(t, setup{intercept: change}, func(t *testing.T, world *world) {
		w = world
		w.wantOutcome(w.copy(w.ctx, w.link(10), plan(follow)), copier.Superseded)
		w.wantAbsent()
	})
}

func TestConditionThatTheTargetDoesNotMeetEndsTheCopy(t *testing.T) {
	inWorld(t, setup{}, func(t *testing.T, w *world) {
		old := func(c *rules.Copy) { c.CopySourceIfUnmodifiedSince = time.Now().Add(-time.Hour) }
		w.wantOutcome(w.copy(w.ctx, w.link(10), plan(follow, old)), copier.Superseded)
		w.wantAbsent()
		if n := w.Counts()["CopyObject"]; n > 2 {
			t.Errorf("sent %d times", n)
		}
	})
}

func TestLinkChangedWhileItsTargetIsCopiedIsNewer(t *testing.T) {
	inWorld(t, setup{}, func(t *testing.T, w *world) {
		event := w.link(10)
		time.Sleep(2 * time.Second)
		src := w.copier.Source(w.ctx, event)
		w.wantOutcome(w.copier.Copy(w.ctx, src, plan(follow)), copier.Copied)
		if fresh, _, err := src.Recheck(w.ctx); fresh != copier.Same || err != nil {
			t.Errorf("nothing has changed: %v, %v", fresh, err)
		}
		w.overwrite(from, target, "newer")
		if fresh, _, err := src.Recheck(w.ctx); fresh != copier.Newer || err != nil {
			t.Errorf("its target was overwritten: %v, %v", fresh, err)
		}
		now := w.copier.Source(w.ctx, event)
		if matches, _, err := now.Matches(w.ctx, plan(follow)); matches || err != nil {
			t.Errorf("the copy of the old target matches: %t, %v", matches, err)
		}
		w.wantOutcome(w.retry(event, plan(follow)), copier.Copied)
		if matches, _, err := w.copier.Source(w.ctx, event).Matches(w.ctx, plan(follow)); !matches || err != nil {
			t.Errorf("the copy of the newer target matches: %t, %v", matches, err)
		}
		w.putAt(from, "elsewhere", 20)
		w.putSymlink(from, "elsewhere")
		if fresh, _, err := src.Recheck(w.ctx); fresh != copier.Newer || err != nil {
			t.Errorf("it points elsewhere: %v, %v", fresh, err)
		}
	})
}

func TestLinkToTheDestinationIsNotCopiedOverWhatItPointsTo(t *testing.T) {
	for name, change := range map[string]func(*rules.Copy){"followed": follow, "as a link": func(*rules.Copy) {}} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, setup{}, func(t *testing.T, w *world) {
				onto := func(c *rules.Copy) { c.Bucket, c.Key = from, target }
				out := w.copy(w.ctx, w.link(10), plan(change, onto))
				w.wantOutcome(out, copier.Skipped)
				if o, _ := w.Object(from, target); o == nil || o.Type == "Symlink" || o.Size != 10 {
					t.Errorf("what it points to is now %+v", o)
				}
			})
		})
	}
}

func TestCopyOfALinkSaysThatItIsOne(t *testing.T) {
	inWorld(t, setup{}, func(t *testing.T, w *world) {
		out := w.copy(w.ctx, w.link(10), plan())
		want := "the source is a symbolic link to oss://" + from + "/" + target + ", and is copied as a link"
		if w.wantOutcome(out, copier.Copied); out.Reason != want {
			t.Errorf("reports %q", out.Reason)
		}
	})
}

func TestTargetWhoseKeyIsEncodedInTheHeaderIsFound(t *testing.T) {
	inWorld(t, setup{}, func(t *testing.T, w *world) {
		const name = "目录/a b+c%d.bin"
		w.putAt(from, name, 10)
		w.putSymlink(from, "%E7%9B%AE%E5%BD%95/a%20b%2Bc%25d.bin")
		out := w.copy(w.ctx, w.newest(), plan(follow))
		if w.wantOutcome(out, copier.Copied); !strings.Contains(out.Reason, name) || out.Bytes != 10 {
			t.Errorf("reports %+v", out)
		}
	})
}
