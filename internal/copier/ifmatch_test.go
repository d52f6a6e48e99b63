package copier_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"afterput/internal/copier"
	"afterput/internal/localoss"
	"afterput/rules"
)

func TestSmallCopyIsOneRequestAndNothingElse(t *testing.T) {
	inWorld(t, setup{}, func(t *testing.T, w *world) {
		out := w.copy(w.ctx, w.put(1000, 1), plan())
		w.wantOutcome(out, copier.Copied)
		w.wantCounts(map[string]int{"CopyObject": 1})
		w.wantCopy()
		if out.Method != copier.MethodCopyObject || out.Requests != 1 || out.Bytes != 1000 || out.NeedsSecondLook {
			t.Errorf("outcome %+v", out)
		}
	})
}

func TestSourceOverwrittenBetweenEventAndCopyIsSupersededAndTheDestinationUntouched(t *testing.T) {
	byEachMethod(t, setup{}, func(t *testing.T, w *world) {
		event := w.put(large, 1)
		w.put(large, 2)
		w.wantOutcome(w.copy(w.ctx, event, plan()), copier.Superseded)
		w.wantAbsent()
		w.wantTidy()
	})
}

func TestSourceOverwrittenWhileItsPartsAreCopiedNeverMixesVersions(t *testing.T) {
	var w *world
	overwrite := func(_ context.Context, call *localoss.Call, next func() *localoss.Response) *localoss.Response {
		reply := next()
		if call.Name == "UploadPartCopy" && call.PartNumber == 2 {
			w.put(large, 2)
		}
		return reply
	}
	options := inParts()
	options.PartsInFlight = 1
	inWorld(t, setup{options: options, intercept: overwrite}, func(t *testing.T, world *world) {
		w = world
		event := w.put(large, 1)
		w.wantOutcome(w.copy(w.ctx, event, plan()), copier.Superseded)
		w.wantAbsent()
		w.wantTidy()
	})
}

func TestDeletedSourceIsSupersededByEitherMethod(t *testing.T) {
	byEachMethod(t, setup{}, func(t *testing.T, w *world) {
		event := w.put(large, 1)
		w.delete(from, key)
		w.wantOutcome(w.copy(w.ctx, event, plan()), copier.Superseded)
		w.wantAbsent()
		w.wantTidy()
	})
}

// onlyForm refuses with 412 an if-match that is not in one form, as an OSS might that compares
// ETags literally.
type onlyForm struct {
	next   http.RoundTripper
	quoted bool
}

func (f onlyForm) RoundTrip(r *http.Request) (*http.Response, error) {
	condition := r.Header.Get("x-oss-copy-source-if-match")
	if condition == "" || strings.HasPrefix(condition, `"`) == f.quoted {
		return f.next.RoundTrip(r)
	}
	return always412{f.next}.RoundTrip(r)
}

func TestIfMatchIsSentInBothFormsAndTheAcceptedOneIsRemembered(t *testing.T) {
	for name, quoted := range map[string]bool{"quoted": true, "bare": false} {
		via := func(next http.RoundTripper) http.RoundTripper { return onlyForm{next, quoted} }
		t.Run(name, func(t *testing.T) {
			inWorld(t, setup{via: via}, func(t *testing.T, w *world) {
				event := w.put(1000, 1)
				w.wantOutcome(w.copy(w.ctx, event, plan()), copier.Copied)
				w.wantCopy()
				again := w.copy(w.ctx, event, plan())
				w.wantOutcome(again, copier.Copied)
				if again.Requests != 1 {
					t.Errorf("the second copy took %d requests: the form was not remembered", again.Requests)
				}
			})
		})
		t.Run(name+" in parts", func(t *testing.T) {
			inWorld(t, setup{via: via, options: inParts()}, func(t *testing.T, w *world) {
				w.wantOutcome(w.copy(w.ctx, w.put(large, 1), plan()), copier.Copied)
				w.wantCopy()
				w.wantTidy()
			})
		})
	}
}

func TestConditionOfTheRuleThatIsNotMetEndsTheCopyWithoutFailure(t *testing.T) {
	hour := time.Hour
	cases := map[string]struct {
		change func(*rules.Copy, string, time.Time)
		want   copier.Result
	}{
		"if-unmodified-since": {func(c *rules.Copy, _ string, put time.Time) {
			c.CopySourceIfUnmodifiedSince = put.Add(-hour)
		}, copier.Superseded},
		"if-match": {func(c *rules.Copy, _ string, _ time.Time) {
			c.CopySourceIfMatch = "0123"
		}, copier.Superseded},
		"if-modified-since": {func(c *rules.Copy, _ string, put time.Time) {
			c.CopySourceIfModifiedSince = put.Add(hour)
		}, copier.Skipped},
		"if-none-match": {func(c *rules.Copy, etag string, _ time.Time) {
			c.CopySourceIfNoneMatch = etag
		}, copier.Skipped},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			byEachMethod(t, setup{}, func(t *testing.T, w *world) {
				event := w.put(large, 1)
				time.Sleep(2 * hour) // OSS ignores an if-modified-since in the future
				p := plan()
				c.change(p, event.ETag.Value, event.Time)
				w.wantOutcome(w.copy(w.ctx, event, p), c.want)
				w.wantAbsent()
				w.wantTidy()
			})
		})
	}
}

func TestEventWithoutETagAndSizeIsPinnedToWhatHeadObjectShows(t *testing.T) {
	inWorld(t, setup{}, func(t *testing.T, w *world) {
		event := w.put(1000, 1)
		event.ETag.Known, event.ETag.Value = false, ""
		event.Size.Known = false
		out := w.copy(w.ctx, event, plan())
		w.wantOutcome(out, copier.Copied)
		w.wantCounts(map[string]int{"HeadObject": 1, "CopyObject": 1})
		w.wantCopy()
	})
}
