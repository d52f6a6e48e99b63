package copier_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"afterput/internal/copier"
	"afterput/internal/localoss"
	"afterput/rules"
)

// streams runs a test with the destination in another region.
func streams(t *testing.T, s setup, test func(t *testing.T, w *world)) {
	t.Helper()
	s.streams = true
	inWorld(t, s, test)
}

func TestASmallObjectTakesTwoRequestsToAnotherRegion(t *testing.T) {
	streams(t, setup{}, func(t *testing.T, w *world) {
		tagged := plan(func(c *rules.Copy) { c.TaggingDirective = rules.DirectiveReplace })
		out := w.copy(w.ctx, w.put(1000, 1), tagged)
		w.wantOutcome(out, copier.Copied)
		w.wantCounts(map[string]int{"GetObject": 1, "PutObject": 1})
		if out.Method != copier.MethodStream || out.Requests != 2 || out.Bytes != 1000 || out.NeedsSecondLook {
			t.Errorf("reports %+v", out)
		}
		w.wantCopy()

		// HeadObject and GetObject count the tags for those who may read them.
		w.wantOutcome(w.copy(w.ctx, w.put(1001, 2), plan()), copier.Copied)
		w.wantCounts(map[string]int{"GetObject": 1, "GetObjectTagging": 1, "PutObject": 1})
		w.wantOutcome(w.copy(w.ctx, w.put(1002, 3), plan()), copier.Copied)
		w.wantCounts(map[string]int{"GetObject": 1, "PutObject": 1})
		w.wantOutcome(w.copy(w.ctx, w.put(1003, 3, localoss.WithHeader("x-oss-tagging", "a=b")), plan()), copier.Copied)
		if o, _ := w.Object(to, key); len(o.Tags) != 1 {
			t.Errorf("the tags of the destination are %v", o.Tags)
		}
	})
}

func TestAnObjectOfUnknownSizeGoesInPartsIfItIsTooLargeForMemory(t *testing.T) {
	streams(t, setup{}, func(t *testing.T, w *world) {
		event := w.put(3*large, 1)
		event.Size.Known = false
		out := w.copy(w.ctx, event, plan())
		w.wantOutcome(out, copier.Copied)
		if out.Parts < 2 || out.Method != copier.MethodStream {
			t.Errorf("reports %+v", out)
		}
		w.wantCopy()
		w.wantTidy()
	})
}

func TestALinkIsMadeAnewInAnotherRegion(t *testing.T) {
	streams(t, setup{}, func(t *testing.T, w *world) {
		w.putSymlink(from, "elsewhere/a%20b%2Bc%25d")
		event := w.newest()
		out := w.copy(w.ctx, event, plan())
		w.wantOutcome(out, copier.Copied)
		if out.Method != copier.MethodPutSymlink {
			t.Errorf("reports %+v", out)
		}
		src, _ := w.Object(from, key)
		dst, _ := w.Object(to, key)
		if dst == nil || dst.SymlinkTarget != src.SymlinkTarget {
			t.Errorf("the destination is %+v, the source %+v", dst, src)
		}
		w.wantOutcome(w.retry(event, plan()), copier.Unchanged)
	})
}

func TestALinkThatWasCopiedToItsPlaceIsMadeAnewInAnotherRegion(t *testing.T) {
	for _, target := range []string{"none", "there"} {
		streams(t, setup{}, func(t *testing.T, w *world) {
			if target == "there" {
				w.overwrite(from, target, "content")
			}
			w.putSymlink(from, target)
			event := w.newest()
			event.Event = "ObjectCreated:CopyObject" // which does not say that it is a link
			out := w.copy(w.ctx, event, plan())
			w.wantOutcome(out, copier.Copied)
			dst, _ := w.Object(to, key)
			if out.Method != copier.MethodPutSymlink || dst == nil || dst.SymlinkTarget != target {
				t.Errorf("%s: %+v, the destination is %+v", target, out, dst)
			}
		})
	}
}

// spoiled changes what OSS answers to a number of GetObject requests.
type spoiled struct {
	next http.RoundTripper
	left *atomic.Int64
	how  func(*http.Request, *http.Response)
}

func (s spoiled) RoundTrip(r *http.Request) (*http.Response, error) {
	isContent := r.Method == http.MethodGet && r.URL.RawQuery == "" && strings.HasPrefix(r.URL.Path, "/"+from+"/")
	if isContent && r.Header.Get("Range") == "bytes=0-1048575" && s.left.Add(-1) >= 0 {
		resp, err := s.next.RoundTrip(r)
		if err == nil {
			s.how(r, resp)
		}
		return resp, err
	}
	return s.next.RoundTrip(r)
}

// change replaces the content of a response.
func change(resp *http.Response, f func([]byte) []byte) {
	content, _ := io.ReadAll(resp.Body)
	resp.Body = io.NopCloser(bytes.NewReader(f(content)))
}

func TestPartsThatArriveWrongAreReadAgainAndNothingElseBecomesVisible(t *testing.T) {
	for name, how := range map[string]func(*http.Request, *http.Response){
		"short": func(_ *http.Request, resp *http.Response) {
			change(resp, func(b []byte) []byte { return b[:len(b)-1] })
		},
		"another byte": func(_ *http.Request, resp *http.Response) {
			change(resp, func(b []byte) []byte { b = slices.Clone(b); b[7] ^= 1; return b })
		},
		"another version": func(_ *http.Request, resp *http.Response) {
			resp.Header.Set("Etag", `"0123456789ABCDEF0123456789ABCDEF"`)
		},
		"the whole object": func(_ *http.Request, resp *http.Response) {
			resp.StatusCode = http.StatusOK
			resp.Header.Del("Content-Range")
			change(resp, func(b []byte) []byte { return slices.Concat(b, b, b, b) })
		},
		"another range": func(_ *http.Request, resp *http.Response) {
			resp.Header.Set("Content-Range", "bytes 1-1048576/4194304")
		},
	} {
		t.Run(name, func(t *testing.T) {
			var left atomic.Int64
			left.Store(1)
			s := setup{options: inParts(), via: func(next http.RoundTripper) http.RoundTripper {
				return spoiled{next, &left, how}
			}}
			streams(t, s, func(t *testing.T, w *world) {
				event := w.put(large, 1)
				out := w.copy(w.ctx, event, plan())
				w.wantOutcome(out, copier.Copied)
				if left.Load() >= 1 {
					t.Error("nothing was spoiled")
				}
				w.wantCopy()
				w.wantTidy()
				if len(w.history) != 1 {
					t.Errorf("%d objects became visible", len(w.history))
				}
			})
		})
	}
}

func TestSmallContentThatArrivesWrongIsNotSentOn(t *testing.T) {
	var left atomic.Int64
	via := func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			resp, err := next.RoundTrip(r)
			if err == nil && r.Method == http.MethodGet && r.URL.RawQuery == "" && left.Add(-1) >= 0 {
				change(resp, func(b []byte) []byte { b = slices.Clone(b); b[7] ^= 1; return b })
			}
			return resp, err
		})
	}
	streams(t, setup{via: via}, func(t *testing.T, w *world) {
		event := w.put(1000, 1)
		left.Store(1)
		w.wantOutcome(w.copy(w.ctx, event, plan()), copier.Copied)
		if len(w.history) != 1 {
			t.Errorf("%d objects became visible", len(w.history))
		}
		w.wantCopy()
	})
}

// eachTakes has every part of a stream take a time.
func eachTakes(d time.Duration) localoss.Intercept {
	return func(ctx context.Context, call *localoss.Call, next func() *localoss.Response) *localoss.Response {
		if call.Name == "UploadPart" {
			select {
			case <-time.After(d):
			case <-ctx.Done():
			}
		}
		return next()
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestAStreamedCopyThatIsStoppedGoesOnWhereItWas(t *testing.T) {
	options := inParts()
	options.PartsInFlight = 8
	streams(t, setup{options: options, intercept: eachTakes(100 * time.Millisecond)}, func(t *testing.T, w *world) {
		event := w.put(200*partSize, 1)
		out := w.copy(w.within(700*time.Millisecond), event, plan())
		w.wantOutcome(out, copier.Failed)
		first := w.Counts()["UploadPart"]
		time.Sleep(time.Minute)
		w.wantOutcome(w.retry(event, plan()), copier.Copied)
		if again := w.Counts()["UploadPart"]; first == 0 || again > 200-first/2 {
			t.Errorf("%d parts at first, then %d of 200", first, again)
		}
		w.wantCopy()
		w.wantTidy()
	})
}

func TestARegionWithoutAClientFailsTheCopyBeforeARequest(t *testing.T) {
	inWorld(t, setup{}, func(t *testing.T, w *world) {
		event := w.put(1000, 1)
		w.copier = copier.New(w.engine, copier.Options{Region: home})
		out := w.copy(w.ctx, event, plan(func(c *rules.Copy) { c.Remote.Region = away }))
		w.wantOutcome(out, copier.Failed)
		w.wantCounts(nil)
		if !strings.Contains(out.Error.Message, away) || !out.Error.Permanent {
			t.Errorf("reports %+v", out.Error)
		}
	})
}
