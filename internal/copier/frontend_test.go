package copier_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"afterput/internal/copier"
	"afterput/internal/localoss"
	"afterput/internal/localoss/fault"
	"afterput/rules"
)

// frontEnd answers the first requests of one kind itself, as a front end does, instead of
// OSS or after OSS has carried them out.
type frontEnd struct {
	next      http.RoundTripper
	is        func(*http.Request) bool
	status    int
	body      string
	header    http.Header
	committed bool

	mu   sync.Mutex // requests come side by side
	left int
	sent int
}

// via puts the front end before next.
func (p *frontEnd) via(next http.RoundTripper) http.RoundTripper { p.next = next; return p }

func (p *frontEnd) RoundTrip(r *http.Request) (*http.Response, error) {
	if !p.is(r) {
		return p.next.RoundTrip(r)
	}
	p.mu.Lock()
	p.sent++
	passes := p.left == 0
	if !passes {
		p.left--
	}
	p.mu.Unlock()
	if passes {
		return p.next.RoundTrip(r)
	}
	if p.committed {
		if _, err := p.next.RoundTrip(r); err != nil {
			return nil, err
		}
	}
	header := http.Header{"Content-Type": {"text/html"}, "X-Oss-Request-Id": {"1"}}
	for k, v := range p.header {
		header[k] = v
	}
	return &http.Response{StatusCode: p.status, Status: http.StatusText(p.status),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r,
		Header: header, Body: io.NopCloser(strings.NewReader(p.body)), ContentLength: int64(len(p.body))}, nil
}

func isCopyObject(r *http.Request) bool {
	return r.Header.Get("x-oss-copy-source") != "" && !r.URL.Query().Has("partNumber")
}

const (
	internalError = `<Error><Code>InternalError</Code><Message>We encountered an internal error.</Message></Error>`
	qpsExceeded   = `<Error><Code>TotalQpsLimitExceeded</Code><Message>slow down</Message></Error>`
	htmlPage      = `<html><body><h1>504 Gateway Time-out</h1></body></html>`
)

func TestCopyObjectIsSentAgainAfterARefusalInAnErrorDocumentOfOSS(t *testing.T) {
	for name, body := range map[string]string{
		"TotalQpsLimitExceeded": qpsExceeded, "ServiceUnavailable": `<Error><Code>ServiceUnavailable</Code></Error>`,
	} {
		t.Run(name, func(t *testing.T) {
			p := &frontEnd{is: isCopyObject, status: 503, body: body, left: 1}
			inWorld(t, setup{via: p.via}, func(t *testing.T, w *world) { w.wantCopiedSlowly(p, 2) })
		})
	}
}

func TestCopyObjectIsNotSentAgainAfterAnyOtherAnswerOfAFrontEnd(t *testing.T) {
	for name, p := range map[string]struct {
		status int
		body   string
	}{
		"500 InternalError":        {status: 500, body: internalError},
		"500 of a front end":       {status: 500, body: htmlPage},
		"502":                      {status: 502, body: htmlPage},
		"504":                      {status: 504, body: htmlPage},
		"504 without a body":       {status: 504},
		"408":                      {status: 408, body: htmlPage},
		"503 of a front end":       {status: 503, body: htmlPage},
		"503 without a body":       {status: 503},
		"503 with an unknown code": {status: 503, body: `<Error><Code>Strange</Code></Error>`},
		"429 of a front end":       {status: 429, body: htmlPage},
		"403 of a front end":       {status: 403, body: htmlPage},
		"200 with a page":          {status: 200, body: htmlPage},
	} {
		t.Run(name, func(t *testing.T) {
			p := &frontEnd{is: isCopyObject, status: p.status, body: p.body, left: 1}
			inWorld(t, setup{via: p.via}, func(t *testing.T, w *world) {
				out := w.copy(w.ctx, w.put(1000, 1), plan())
				w.wantOutcome(out, copier.Failed)
				if p.sent != 1 || out.Error.Permanent {
					t.Errorf("CopyObject was sent %d times; %+v", p.sent, out.Error)
				}
			})
		})
		t.Run(name+", carried out", func(t *testing.T) {
			p := &frontEnd{is: isCopyObject, status: p.status, body: p.body, committed: true, left: 1}
			inWorld(t, setup{via: p.via}, func(t *testing.T, w *world) { w.wantCopiedSlowly(p, 1) })
		})
	}
}

// wantCopiedSlowly makes a copy, and checks that CopyObject was sent so many times and that the
// source is looked at again.
func (w *world) wantCopiedSlowly(p *frontEnd, sent int) {
	w.t.Helper()
	out := w.copy(w.ctx, w.put(1000, 1), plan())
	w.wantOutcome(out, copier.Copied)
	w.wantCopy()
	if p.sent != sent || !out.NeedsSecondLook {
		w.t.Errorf("CopyObject was sent %d times, want %d; needs a second look: %t", p.sent, sent, out.NeedsSecondLook)
	}
}

func TestWhatWasThereBeforeALostCopyIsNotTakenForIt(t *testing.T) {
	p := &frontEnd{is: isCopyObject, status: 504, body: htmlPage}
	inWorld(t, setup{via: p.via}, func(t *testing.T, w *world) {
		event := w.put(1000, 1)
		w.wantOutcome(w.copy(w.ctx, event, plan()), copier.Copied)
		time.Sleep(time.Minute)
		p.left = 1
		// The request may still be running: the attempt after it, which begins when it is
		// over, is the one to say that all is well.
		w.wantOutcome(w.copy(w.ctx, event, plan()), copier.Failed)
		w.wantOutcome(w.retry(event, plan()), copier.Unchanged)
	})
}

func TestTagsThatACopyDropsAreDroppedAfterALostAnswerToo(t *testing.T) {
	drop := func(c *rules.Copy) { c.TaggingDirective = rules.DirectiveReplace }
	for name, faults := range map[string][]fault.Fault{
		"to CopyObject": {
			{Operations: []string{"CopyObject"}, Calls: fault.Nth(1), Drop: true, Committed: true},
		},
		"to DeleteObjectTagging, done": {
			{Operations: []string{"DeleteObjectTagging"}, Calls: fault.Nth(1), Drop: true, Committed: true},
		},
		"to both": {
			{Operations: []string{"CopyObject", "DeleteObjectTagging"}, Calls: fault.Calls{First: 1, Last: 2},
				Drop: true, Committed: true},
		},
		"to DeleteObjectTagging, by 500": {
			{Operations: []string{"DeleteObjectTagging"}, Calls: fault.Nth(1), Committed: true,
				Error: &localoss.Error{Code: "InternalError"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, setup{faults: faults}, func(t *testing.T, w *world) {
				event := w.put(1000, 1, localoss.WithHeader("x-oss-tagging", "a=b"))
				w.wantOutcome(w.copy(w.ctx, event, plan(drop)), copier.Copied)
				if o, _ := w.Object(to, key); len(o.Tags) > 0 {
					t.Errorf("the copy has the source's tags: %v", o.Tags)
				}
				if n := w.Counts()["DeleteObjectTagging"]; n != 1 {
					t.Errorf("%d × DeleteObjectTagging", n)
				}
			})
		})
	}
}

func TestTagsAndACLInPlaceAreNotSetAgainWhileTheyMayStillBeOnTheirWay(t *testing.T) {
	for operation, change := range map[string]func(*rules.Copy){
		"PutObjectTagging": func(c *rules.Copy) {
			c.TaggingDirective, c.Tags = rules.DirectiveReplace, []rules.Pair{{Key: "a", Value: "b"}}
		},
		"PutObjectAcl": func(c *rules.Copy) { c.ObjectACL = "public-read" },
	} {
		for result, committed := range map[copier.Result]bool{copier.Copied: true, copier.Failed: false} {
			faults := []fault.Fault{{Operations: []string{operation}, Calls: fault.Nth(1),
				Committed: committed, Error: &localoss.Error{Code: "InternalError"}}}
			t.Run(fmt.Sprintf("%s, %s", operation, result), func(t *testing.T) {
				inWorld(t, setup{faults: faults}, func(t *testing.T, w *world) {
					out := w.copy(w.ctx, w.put(1000, 1), onItself(change))
					w.wantOutcome(out, result)
					if n := w.Counts()[operation]; n != 1 {
						t.Errorf("sent %d times: %v", n, w.Counts())
					}
				})
			})
		}
	}
}
