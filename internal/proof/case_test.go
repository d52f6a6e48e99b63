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

// The cases are what random programs meet too seldom to rely on: one copy each,
// of an object in two parts.

// inCase runs a test with a copy engine alone, whose requests meet the faults.
func inCase(t *testing.T, o copier.Options, faults []fault.Fault, test func(ctx context.Context, w *world, c *copier.Copier)) {
	synctest.Test(t, func(t *testing.T) {
		w, err := newWorld(&program{faults: faults, calm: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		o.PartSize, o.SingleCopyLimit = 100<<10, medium
		key := keys[0]
		ctx := osscall.WithCredentials(t.Context(), osscall.Credentials{AccessKeyID: key, AccessKeySecret: key, SecurityToken: key})
		test(ctx, w, copier.New(osscall.NewClient("cn-hangzhou", endpoint, w.Transport()), o))
		synctest.Wait()
		if err := w.Close(); err != nil {
			t.Error(err)
		}
		for _, wrong := range w.wrongs {
			t.Error(wrong)
		}
	})
}

// upload is a user's upload of the first wanted key, as its event has it.
func (w *world) upload(ctx context.Context, l look, t tags) events.Object {
	return w.announced(ctx, step{kind: put, key: wantedKeys[0], size: 130 << 10, look: l, tags: t})
}

// small is a user's upload of what one request copies.
func (w *world) small(ctx context.Context) events.Object {
	return w.announced(ctx, step{kind: put, key: wantedKeys[0], size: 40, look: looks[0]})
}

// announced does a step and gives the object of its event.
func (w *world) announced(ctx context.Context, s step) events.Object {
	announced := w.do(ctx, s)
	objects, err := events.Parse(announced[len(announced)-1].body)
	if err != nil {
		w.wrong("event: %v", err)
	}
	return objects[0]
}

// plainly is a copy to the mirror that carries everything over.
func plainly(o events.Object) *rules.Copy {
	return &rules.Copy{Rule: "r", Bucket: mirror, Key: o.Key, TaggingDirective: rules.DirectiveCopy, MetadataDirective: rules.DirectiveCopy}
}

// shown is what a key shows now.
func (w *world) shown(place string) view {
	w.mu.Lock()
	defer w.mu.Unlock()
	states := w.history.states[place]
	if len(states) == 0 {
		return view{}
	}
	return states[len(states)-1]
}

func TestCaseTagsAreCarriedOverWithoutTheirCount(t *testing.T) {
	// As for a role that may read tags but is not told how many there are.
	hidden := fault.Fault{Operations: []string{"HeadObject"}, Header: map[string]string{"X-Oss-Tagging-Count": ""}}
	inCase(t, copier.Options{}, []fault.Fault{hidden}, func(ctx context.Context, w *world, c *copier.Copier) {
		o := w.upload(ctx, looks[2], tagSets[2])
		out := c.Copy(ctx, c.Source(ctx, o), plainly(o))
		if s := w.shown(mirror + "/" + o.Key); out.Result != copier.Copied || !maps.Equal(s.tags, tagSets[2]) {
			t.Errorf("%s with %v; want copied with %v", out.Result, s, tagSets[2])
		}
	})
}

// stuck holds the answer to one part up for longer than any invocation lives, once;
// the part is there, so that nothing is under way when its upload is aborted.
var stuck = fault.Fault{Operations: []string{"UploadPartCopy"}, Part: 2, Calls: fault.Calls{First: 1, Last: 2}, ReplyDelay: time.Hour}

func TestCaseNothingStaysOpenAfterTheTimeIsUp(t *testing.T) {
	late := stuck // for so long that OSS is still at it when the copy is tidied up
	late.Delay = 22 * time.Second
	inCase(t, copier.Options{State: state.Location{Off: true}}, []fault.Fault{late}, func(ctx context.Context, w *world, c *copier.Copier) {
		o := w.upload(ctx, looks[0], nil)
		within, cancel := context.WithTimeout(ctx, 20*time.Second)
		defer cancel()
		out := c.Copy(within, c.Source(within, o), plainly(o))
		if open := w.Uploads(mirror); out.Result != copier.Failed || len(open) > 0 {
			t.Errorf("%s, %+v is open", out.Result, open)
		}
	})
}

func TestCaseAnUploadBegunWithOtherHeadersIsNotGoneOnWith(t *testing.T) {
	inCase(t, copier.Options{}, []fault.Fault{stuck}, func(ctx context.Context, w *world, c *copier.Copier) {
		o := w.upload(ctx, looks[0], nil)
		within, cancel := context.WithTimeout(ctx, 20*time.Second)
		defer cancel()
		if out := c.Copy(within, c.Source(within, o), plainly(o)); out.Result != copier.Failed || len(w.Uploads(mirror)) != 1 {
			t.Fatalf("%s with %d uploads open; want it stopped, with one to go on with", out.Result, len(w.Uploads(mirror)))
		}
		time.Sleep(2 * time.Hour)        // what OSS had accepted is over
		o = w.upload(ctx, looks[1], nil) // the same content
		c.Copy(ctx, c.Source(ctx, o), plainly(o))
		if s := w.shown(mirror + "/" + o.Key); s.look.contentType != looks[1].contentType || len(w.Uploads(mirror)) > 0 {
			t.Errorf("it is %v with %d uploads open; want %+v", s, len(w.Uploads(mirror)), looks[1])
		}
	})
}

func TestCaseALostReplyToCompleteIsLookedInto(t *testing.T) {
	cut := fault.Fault{Operations: []string{"CompleteMultipartUpload"}, Calls: fault.Nth(1), Drop: true, Committed: true}
	inCase(t, copier.Options{}, []fault.Fault{cut}, func(ctx context.Context, w *world, c *copier.Copier) {
		o := w.upload(ctx, looks[0], nil)
		if out := c.Copy(ctx, c.Source(ctx, o), plainly(o)); out.Result != copier.Copied {
			t.Errorf("%s, %v", out.Result, out.Error)
		}
	})
}

func TestCasePartsOfTwoVersionsNeverMix(t *testing.T) {
	// Without a CRC-64 of the source the pins are all there is.
	unknown := fault.Fault{Operations: []string{"HeadObject"}, Header: map[string]string{"X-Oss-Hash-Crc64ecma": ""}}
	later := fault.Fault{Operations: []string{"UploadPartCopy"}, Part: 2, Calls: fault.Nth(1), Error: &localoss.Error{
		Code: localoss.ServiceUnavailable, Header: http.Header{"X-Oss-Qos-Delay-Time": {"5000"}}}}
	inCase(t, copier.Options{}, []fault.Fault{unknown, later}, func(ctx context.Context, w *world, c *copier.Copier) {
		o := w.upload(ctx, looks[0], nil)
		second := w.weather.lieInWait(o.Key, 1, time.Second)
		w.running.Go(func() {
			<-second.now
			w.do(ctx, step{kind: put, key: o.Key, size: 130 << 10, content: 1})
		})
		out := c.Copy(ctx, c.Source(ctx, o), plainly(o))
		w.running.Wait()
		if s := w.shown(mirror + "/" + o.Key); out.Result != copier.Superseded || s.content != nil {
			t.Errorf("%s, %v; want nothing of the version before", out.Result, s)
		}
	})
}

func TestCaseAnErrorUnder200IsNoCopy(t *testing.T) {
	odd := fault.Fault{Operations: []string{"CopyObject"}, Error: &localoss.Error{Code: localoss.InternalError, Status: http.StatusOK}}
	inCase(t, copier.Options{}, []fault.Fault{odd}, func(ctx context.Context, w *world, c *copier.Copier) {
		o := w.small(ctx)
		if out := c.Copy(ctx, c.Source(ctx, o), plainly(o)); out.Result != copier.Failed || out.Error.Permanent {
			t.Errorf("%s, %v; want it failed, to be tried again", out.Result, out.Error)
		}
	})
}

func TestCaseACopyObjectThatMayStillRunIsNotSentAgain(t *testing.T) {
	cut := fault.Fault{Operations: []string{"CopyObject"}, Drop: true, Delay: 20 * time.Second}
	inCase(t, copier.Options{}, []fault.Fault{cut}, func(ctx context.Context, w *world, c *copier.Copier) {
		o := w.small(ctx)
		c.Copy(ctx, c.Source(ctx, o), plainly(o))
		if n := w.Counts()["CopyObject"]; n != 1 {
			t.Errorf("sent %d times", n)
		}
	})
}

func TestInPlaceChangesKeepWhatTheyDoNotName(t *testing.T) {
	inCase(t, copier.Options{}, nil, func(ctx context.Context, w *world, c *copier.Copier) {
		o := w.upload(ctx, looks[2], tagSets[2])
		plan := plainly(o)
		plan.Bucket, plan.StorageClass, plan.RewriteInPlace = source, "IA", true
		out := c.Copy(ctx, c.Source(ctx, o), plan)
		head, err := w.user.HeadObject(ctx, &oss.HeadObjectRequest{Bucket: oss.Ptr(source), Key: &o.Key})
		if err != nil {
			t.Fatal(err)
		}
		if out.Result != copier.Copied || oss.ToString(head.StorageClass) != "IA" || oss.ToString(head.ContentType) != looks[2].contentType ||
			oss.ToString(head.CacheControl) != looks[2].cacheControl || head.Metadata["color"] != looks[2].color || head.TaggingCount != 2 {
			t.Errorf("%s: it is %+v", out.Result, head)
		}
		now, _ := w.Object(source, o.Key)
		var kept bytes.Buffer
		if _, err := kept.ReadFrom(now.Reader()); err != nil || kept.Len() != 130<<10 {
			t.Errorf("%d bytes are left, %v", kept.Len(), err)
		}
	})
}
