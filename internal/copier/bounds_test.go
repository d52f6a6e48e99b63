package copier_test

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"afterput/internal/copier"
	"afterput/internal/localoss"
	"afterput/rules"
)

// beforePart does something once, when the engine asks for a part.
func beforePart(n int, do func()) localoss.Intercept {
	var done atomic.Bool
	return func(_ context.Context, call *localoss.Call, next func() *localoss.Response) *localoss.Response {
		reply := next()
		if call.Name == "UploadPartCopy" && call.PartNumber == n && done.CompareAndSwap(false, true) {
			do()
		}
		return reply
	}
}

func TestSourceThatBecomesALinkInMidCopyIsSupersededAndReadOnce(t *testing.T) {
	for name, inFlight := range map[string]int{"one part at a time": 1, "many at once": 16} {
		t.Run(name, func(t *testing.T) {
			var w *world
			options := inParts()
			options.PartsInFlight = inFlight
			s := setup{options: options, intercept: beforePart(1, func() { w.link(10) })}
			inWorld(t, s, func(t *testing.T, world *world) {
				w = world
				w.wantOutcome(w.copy(w.within(time.Hour), w.put(64*partSize, 1), plan()), copier.Superseded)
				if heads, sent := w.Counts()["HeadObject"], w.Counts()["UploadPartCopy"]; heads > 3 || sent > 64 {
					t.Errorf("%d × HeadObject and %d × UploadPartCopy", heads, sent)
				}
				w.wantAbsent()
				w.wantTidy()
			})
		})
	}
}

func TestOverwrittenSourceIsReadOnceForAllParts(t *testing.T) {
	var w *world
	options := inParts()
	options.PartsInFlight = 32
	s := setup{options: options, intercept: beforePart(1, func() { w.put(10, 2) })}
	inWorld(t, s, func(t *testing.T, world *world) {
		w = world
		w.wantOutcome(w.copy(w.ctx, w.put(100*partSize, 1), plan()), copier.Superseded)
		if n := w.Counts()["HeadObject"]; n > 3 { // source and destination before, the source after
			t.Errorf("%d × HeadObject to learn of one change", n)
		}
		w.wantTidy()
	})
}

// always412 refuses every pinned copy, in whatever form its if-match is.
type always412 struct{ next http.RoundTripper }

func (n always412) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Header.Get("x-oss-copy-source-if-match") == "" && r.Header.Get("If-Match") == "" {
		return n.next.RoundTrip(r)
	}
	p := &frontEnd{is: func(*http.Request) bool { return true }, status: 412, left: 1,
		body:   `<Error><Code>PreconditionFailed</Code><Message>no</Message></Error>`,
		header: http.Header{"Content-Type": {"application/xml"}}}
	return p.RoundTrip(r)
}

func TestIfMatchThatIsRefusedInEveryFormFailsTheCopyAfterAFewRequests(t *testing.T) {
	via := func(next http.RoundTripper) http.RoundTripper { return always412{next} }
	byEachMethod(t, setup{via: via}, func(t *testing.T, w *world) {
		out := w.copy(w.ctx, w.put(large, 1), plan())
		w.wantOutcome(out, copier.Failed) // not superseded: HeadObject shows the version that was meant
		if n := w.Counts()["HeadObject"]; n > 4 || out.Error.Permanent {
			t.Errorf("%d × HeadObject, %+v", n, out.Error)
		}
	})
}

func TestConditionOfARuleThatFailsDoesNotChangeTheIfMatchOfLaterCopies(t *testing.T) {
	inWorld(t, setup{}, func(t *testing.T, w *world) {
		event := w.put(1000, 1)
		failing := func(c *rules.Copy) { c.CopySourceIfUnmodifiedSince = event.Time.Add(-time.Hour) }
		w.wantOutcome(w.copy(w.ctx, event, plan(failing)), copier.Superseded)
		w.wantCounts(map[string]int{"CopyObject": 1, "HeadObject": 1})
		w.wantOutcome(w.copy(w.ctx, event, plan()), copier.Copied)
		w.wantCounts(map[string]int{"CopyObject": 1})
	})
}

func TestETagInLowerCaseCopiesTheObjectWithOneRequest(t *testing.T) {
	via := func(next http.RoundTripper) http.RoundTripper { return caseSensitiveIfMatch{next} }
	byEachMethod(t, setup{via: via}, func(t *testing.T, w *world) {
		event := w.put(large, 1)
		event.ETag.Value = "\"" + strings.ToLower(event.ETag.Value) + "\""
		out := w.copy(w.ctx, event, plan())
		w.wantOutcome(out, copier.Copied)
		w.wantCopy()
		if w.method == copier.MethodCopyObject && out.Requests != 1 {
			t.Errorf("%d requests", out.Requests)
		}
	})
}

// caseSensitiveIfMatch is an OSS that compares ETags case-sensitively.
type caseSensitiveIfMatch struct{ next http.RoundTripper }

func (e caseSensitiveIfMatch) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.ContainsAny(r.Header.Get("x-oss-copy-source-if-match"), "abcdef") {
		return always412(e).RoundTrip(r)
	}
	return e.next.RoundTrip(r)
}

func TestUploadThatOthersKeepEndingIsBegunAFewTimesOnly(t *testing.T) {
	var w *world
	abortAll := func(_ context.Context, call *localoss.Call, next func() *localoss.Response) *localoss.Response {
		if call.Name == "ListParts" {
			for _, u := range w.Uploads(to) {
				w.abort(u)
			}
		}
		return next()
	}
	inWorld(t, setup{options: inParts(), intercept: abortAll}, func(t *testing.T, world *world) {
		w = world
		out := w.copy(w.ctx, w.put(large, 1), plan())
		w.wantOutcome(out, copier.Failed)
		if n := w.Counts()["InitiateMultipartUpload"]; n != 3 || out.Error.Permanent {
			t.Errorf("%d × InitiateMultipartUpload, error %+v", n, out.Error)
		}
		w.wantTidy()
	})
}
