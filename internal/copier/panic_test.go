package copier_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"afterput/internal/copier"
	"afterput/internal/localoss"
	"afterput/internal/state"
)

// panicOnce panics at the first matching request.
type panicOnce struct {
	next http.RoundTripper
	is   func(*http.Request) bool
	done atomic.Bool
}

// via puts the panic before next.
func (p *panicOnce) via(next http.RoundTripper) http.RoundTripper { p.next = next; return p }

func (p *panicOnce) RoundTrip(r *http.Request) (*http.Response, error) {
	if p.is(r) && p.done.CompareAndSwap(false, true) {
		panic("no code is ready for this")
	}
	return p.next.RoundTrip(r)
}

func TestPanicFailsOneCopyAndLeavesItsStateConsistent(t *testing.T) {
	for name, is := range map[string]func(*http.Request) bool{
		"CopyObject": isCopyObject,
		"HeadObject": func(r *http.Request) bool { return r.Method == http.MethodHead },
		"a part":     func(r *http.Request) bool { return r.URL.Query().Get("partNumber") == "2" },
		"the tags":   getting("tagging"),
		"the list":   getting("list-type"),
		"the state": func(r *http.Request) bool {
			return strings.Contains(r.URL.Path, state.DefaultPrefix) && r.Method != http.MethodGet
		},
		"the parts": getting("uploadId"),
		"its completion": func(r *http.Request) bool {
			return r.Method == http.MethodPost && r.URL.Query().Has("uploadId")
		},
	} {
		options := inParts()
		if name == "CopyObject" {
			options = copier.Options{}
		}
		p := &panicOnce{is: is}
		t.Run(name, func(t *testing.T) {
			inWorld(t, setup{via: p.via, options: options}, func(t *testing.T, w *world) {
				event := w.put(large, 1, localoss.WithHeader("x-oss-tagging", "a=b"))
				out := w.copy(w.ctx, event, plan())
				w.wantOutcome(out, copier.Failed)
				if e := out.Error; e.Code != "Panic" || e.Permanent ||
					!strings.Contains(e.Message, "no code is ready") || !strings.Contains(e.Stack(), "RoundTrip") {
					t.Errorf("%+v, stack %q", e, e.Stack())
				}
				if again := w.retry(event, plan()); again.Result != copier.Copied && again.Result != copier.Unchanged {
					t.Errorf("the next attempt: %s, %v", again.Result, again.Error)
				}
				w.wantCopy()
				w.wantTidy()
			})
		})
	}
}
