package proof

import (
	"bytes"
	"context"
	"maps"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/events"
	"afterput/internal/copier"
	"afterput/internal/localoss"
	"afterput/internal/localoss/fault"
	"afterput/internal/osscall"
	"afterput/internal/state"
	"afterput/rules"
)

// The cases are situations that random programs meet too rarely to rely on: one copy each.

// copyTest is a case: a test of a copier in a world.
type copyTest func(ctx context.Context, w *world, c *copier.Copier)

// runCase runs a case in virtual time, with the faults injected into the requests of the copier.
func runCase(t *testing.T, o copier.Options, faults []fault.Fault, test copyTest) {
	runCaseOf(t, program{faults: faults, faultsEnd: time.Hour}, o, test)
}

// runCaseOf runs a case in the world of a program.
func runCaseOf(t *testing.T, p program, o copier.Options, test copyTest) {
	synctest.Test(t, func(t *testing.T) {
		w, err := newWorld(&p)
		if err != nil {
			t.Fatal(err)
		}
		o.PartSize, o.SingleCopyLimit = 100<<10, largeSize
		if p.streamed {
			o.Region, o.Remote = homeRegion, func(to rules.Remote) *oss.Client {
				return osscall.NewClient(to.Region, endpoint, w.Transport())
			}
		}
		ctx := osscall.WithCredentials(t.Context(), credentialsOf(accessKeys[0]))
		test(ctx, w, copier.New(osscall.NewClient("cn-hangzhou", endpoint, w.Transport()), o))
		synctest.Wait()
		if err := w.Close(); err != nil {
			t.Error(err)
		}
		for _, violation := range w.violations {
			t.Error(violation)
		}
	})
}

// putLarge uploads an object of two parts with a key that the rules match, and returns the object of its event.
func (w *world) putLarge(ctx context.Context, l attributes, t tags) events.Object {
	return w.uploadAndParse(ctx, step{kind: stepPut, key: matchedKeys[0], size: 130 << 10, attributes: l, tags: t})
}

// putSmall uploads an object that one request copies, and returns the object of its event.
func (w *world) putSmall(ctx context.Context) events.Object {
	return w.uploadAndParse(ctx, step{kind: stepPut, key: matchedKeys[0], size: 40, attributes: attributeSets[0]})
}

// uploadAndParse performs a step and returns the object of its event.
func (w *world) uploadAndParse(ctx context.Context, s step) events.Object {
	announced := w.perform(ctx, s)
	objects, err := events.Parse(announced[len(announced)-1].body)
	if err != nil {
		w.addViolation("event: %v", err)
	}
	return objects[0]
}

// plainCopy is a copy to the mirror bucket that copies tags and metadata.
func plainCopy(o events.Object) *rules.Copy {
	return &rules.Copy{
		Rule: "r", Bucket: mirrorBucket, Key: o.Key,
		TaggingDirective: rules.DirectiveCopy, MetadataDirective: rules.DirectiveCopy,
	}
}

// stateOf returns the current state of an object, given as bucket/key.
func (w *world) stateOf(place string) objectState {
	w.mu.Lock()
	defer w.mu.Unlock()
	states := w.history.states[place]
	if len(states) == 0 {
		return objectState{}
	}
	return states[len(states)-1]
}

func TestCaseTagsAreCopiedWithoutTheCountHeader(t *testing.T) {
	// A role without oss:GetObjectTagging does not see how many tags there are.
	hidden := fault.Fault{Operations: []string{"HeadObject"}, Header: map[string]string{"X-Oss-Tagging-Count": ""}}
	runCase(t, copier.Options{}, []fault.Fault{hidden}, func(ctx context.Context, w *world, c *copier.Copier) {
		o := w.putLarge(ctx, attributeSets[2], tagSets[2])
		out := c.Copy(ctx, c.Source(ctx, o), plainCopy(o))
		if s := w.stateOf(mirrorBucket + "/" + o.Key); out.Result != copier.Copied || !maps.Equal(s.tags, tagSets[2]) {
			t.Errorf("%s with %v; want copied with %v", out.Result, s, tagSets[2])
		}
	})
}

// stuckPart delays the reply to part 2, once, for longer than any invocation lives. OSS stores the part at once, so
// that no request is in flight when the upload is aborted.
var stuckPart = fault.Fault{
	Operations: []string{"UploadPartCopy"}, Part: 2, Calls: fault.Calls{First: 1, Last: 2}, ReplyDelay: time.Hour,
}

func TestCaseUploadIsAbortedWhenTimeRunsOut(t *testing.T) {
	late := stuckPart // and OSS stores the part only after the copier has begun to clean up
	late.Delay = 22 * time.Second
	stateOff := copier.Options{State: state.Location{Off: true}}
	runCase(t, stateOff, []fault.Fault{late}, func(ctx context.Context, w *world, c *copier.Copier) {
		o := w.putLarge(ctx, attributeSets[0], nil)
		within, cancel := context.WithTimeout(ctx, 20*time.Second)
		defer cancel()
		out := c.Copy(within, c.Source(within, o), plainCopy(o))
		if open := w.Uploads(mirrorBucket); out.Result != copier.Failed || len(open) > 0 {
			t.Errorf("%s, open uploads %+v", out.Result, open)
		}
	})
}

func TestCaseUploadWithOtherHeadersIsNotResumed(t *testing.T) {
	runCase(t, copier.Options{}, []fault.Fault{stuckPart}, func(ctx context.Context, w *world, c *copier.Copier) {
		o := w.putLarge(ctx, attributeSets[0], nil)
		within, cancel := context.WithTimeout(ctx, 20*time.Second)
		defer cancel()
		out := c.Copy(within, c.Source(within, o), plainCopy(o))
		if n := len(w.Uploads(mirrorBucket)); out.Result != copier.Failed || n != 1 {
			t.Fatalf("%s with %d open uploads; want failed, with 1 to resume", out.Result, n)
		}
		time.Sleep(2 * time.Hour)                  // all requests in flight have ended
		o = w.putLarge(ctx, attributeSets[1], nil) // the same content
		c.Copy(ctx, c.Source(ctx, o), plainCopy(o))
		s, n := w.stateOf(mirrorBucket+"/"+o.Key), len(w.Uploads(mirrorBucket))
		if s.attributes.contentType != attributeSets[1].contentType || n > 0 {
			t.Errorf("the destination is %v, with %d open uploads; want %+v", s, n, attributeSets[1])
		}
	})
}

func TestCaseLostReplyToCompleteIsNoFailure(t *testing.T) {
	cut := fault.Fault{
		Operations: []string{"CompleteMultipartUpload"}, Calls: fault.Nth(1), Drop: true, Committed: true,
	}
	runCase(t, copier.Options{}, []fault.Fault{cut}, func(ctx context.Context, w *world, c *copier.Copier) {
		o := w.putLarge(ctx, attributeSets[0], nil)
		if out := c.Copy(ctx, c.Source(ctx, o), plainCopy(o)); out.Result != copier.Copied {
			t.Errorf("%s, %v", out.Result, out.Error)
		}
	})
}

func TestCasePartsOfTwoVersionsNeverMix(t *testing.T) {
	// Without a CRC-64 of the source only the pins keep versions apart.
	unknown := fault.Fault{Operations: []string{"HeadObject"}, Header: map[string]string{"X-Oss-Hash-Crc64ecma": ""}}
	later := fault.Fault{Operations: []string{"UploadPartCopy"}, Part: 2, Calls: fault.Nth(1), Error: &localoss.Error{
		Code: localoss.ServiceUnavailable, Header: http.Header{"X-Oss-Qos-Delay-Time": {"5000"}}}}
	runCase(t, copier.Options{}, []fault.Fault{unknown, later}, func(ctx context.Context, w *world, c *copier.Copier) {
		o := w.putLarge(ctx, attributeSets[0], nil)
		second := w.faults.watchCopies(o.Key, 1, time.Second)
		w.running.Go(func() {
			<-second.reached
			w.perform(ctx, step{kind: stepPut, key: o.Key, size: 130 << 10, content: 1})
		})
		out := c.Copy(ctx, c.Source(ctx, o), plainCopy(o))
		w.running.Wait()
		if s := w.stateOf(mirrorBucket + "/" + o.Key); out.Result != copier.Superseded || s.content != nil {
			t.Errorf("%s, %v; want superseded, and no object", out.Result, s)
		}
	})
}

func TestCaseErrorDocumentUnder200IsAFailure(t *testing.T) {
	odd := fault.Fault{
		Operations: []string{"CopyObject"},
		Error:      &localoss.Error{Code: localoss.InternalError, Status: http.StatusOK},
	}
	runCase(t, copier.Options{}, []fault.Fault{odd}, func(ctx context.Context, w *world, c *copier.Copier) {
		o := w.putSmall(ctx)
		if out := c.Copy(ctx, c.Source(ctx, o), plainCopy(o)); out.Result != copier.Failed || out.Error.Permanent {
			t.Errorf("%s, %v; want failed, not permanent", out.Result, out.Error)
		}
	})
}

func TestCaseCopyObjectThatMayStillRunIsNotSentAgain(t *testing.T) {
	cut := fault.Fault{Operations: []string{"CopyObject"}, Drop: true, Delay: 20 * time.Second}
	runCase(t, copier.Options{}, []fault.Fault{cut}, func(ctx context.Context, w *world, c *copier.Copier) {
		o := w.putSmall(ctx)
		c.Copy(ctx, c.Source(ctx, o), plainCopy(o))
		if n := w.Counts()["CopyObject"]; n != 1 {
			t.Errorf("CopyObject was sent %d times, want 1", n)
		}
	})
}

func TestCaseInPlaceRewriteKeepsOtherAttributes(t *testing.T) {
	runCase(t, copier.Options{}, nil, func(ctx context.Context, w *world, c *copier.Copier) {
		o := w.putLarge(ctx, attributeSets[2], tagSets[2])
		plan := plainCopy(o)
		plan.Bucket, plan.StorageClass, plan.RewriteInPlace = sourceBucket, "IA", true
		out := c.Copy(ctx, c.Source(ctx, o), plan)
		head, err := w.user.HeadObject(ctx, &oss.HeadObjectRequest{Bucket: oss.Ptr(sourceBucket), Key: &o.Key})
		if err != nil {
			t.Fatal(err)
		}
		want := attributeSets[2]
		got := attributes{
			contentType: oss.ToString(head.ContentType), cacheControl: oss.ToString(head.CacheControl),
			color: head.Metadata["color"],
		}
		class := oss.ToString(head.StorageClass)
		if out.Result != copier.Copied || class != "IA" || got != want || head.TaggingCount != 2 {
			t.Errorf("%s: the object is %+v", out.Result, head)
		}
		now, _ := w.Object(sourceBucket, o.Key)
		var kept bytes.Buffer
		if _, err := kept.ReadFrom(now.Reader()); err != nil || kept.Len() != 130<<10 {
			t.Errorf("%d bytes, %v; want the whole content", kept.Len(), err)
		}
	})
}
