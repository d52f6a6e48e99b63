package copier_test

import (
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

func TestOnlyARefusalInOSSsOwnWordsLetsACopyObjectBeSentAgain(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		body   string
		again  bool
	}{
		"500 InternalError":            {500, internalError, false},
		"500 of a front end":           {500, htmlPage, false},
		"502":                          {502, htmlPage, false},
		"504":                          {504, htmlPage, false},
		"504 without a body":           {504, "", false},
		"408":                          {408, htmlPage, false},
		"503 of a front end":           {503, htmlPage, false},
		"503 without a body":           {503, "", false},
		"503 with a code nobody knows": {503, `<Error><Code>Strange</Code></Error>`, false},
		"429 of a front end":           {429, htmlPage, false},
		"403 of a front end":           {403, htmlPage, false},
		"200 with a page":              {200, htmlPage, false},
		"503 TotalQpsLimitExceeded":    {503, qpsExceeded, true},
		"503 ServiceUnavailable":       {503, `<Error><Code>ServiceUnavailable</Code></Error>`, true},
	} {
		for _, committed := range []bool{false, true} {
			if c.again && committed {
				continue // a refusal
			}
			t.Run(name, func(t *testing.T) {
				p := &frontEnd{is: isCopyObject, status: c.status, body: c.body, committed: committed, left: 1}
				inWorld(t, setup{via: p.via}, func(t *testing.T, w *world) {
					out := w.copy(w.ctx, w.put(1000, 1), plan())
					if sent := 1 + b2i(c.again); p.sent != sent {
						t.Errorf("CopyObject was sent %d times, want %d", p.sent, sent)
					}
					if !c.again && !committed {
						w.wantOutcome(out, copier.Failed)
						if out.Error.Permanent {
							t.Errorf("%+v is marked permanent", out.Error)
						}
						return
					}
					w.wantOutcome(out, copier.Copied)
					w.wantCopy()
					if !out.NeedsSecondLook {
						t.Error("the source is not looked at again")
					}
				})
			})
		}
	}
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
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
	for _, op := range []string{"PutObjectTagging", "PutObjectACL"} {
		for _, committed := range []bool{false, true} {
			faults := []fault.Fault{{Operations: []string{op, "PutObjectAcl"}, Calls: fault.Nth(1),
				Committed: committed, Error: &localoss.Error{Code: "InternalError"}}}
			t.Run(op, func(t *testing.T) {
				inWorld(t, setup{faults: faults}, func(t *testing.T, w *world) {
					event := w.put(1000, 1)
					p := plan(func(c *rules.Copy) { c.Bucket = from })
					if op == "PutObjectACL" {
						p.ObjectACL = "public-read"
					} else {
						p.TaggingDirective, p.Tags = rules.DirectiveReplace, []rules.Pair{{Key: "a", Value: "b"}}
					}
					out := w.copy(w.ctx, event, p)
					counts := w.Counts()
					if n := counts["PutObjectTagging"] + counts["PutObjectAcl"] + counts["PutObjectACL"]; n != 1 {
						t.Errorf("sent %d times: %v", n, counts)
					}
					if committed {
						w.wantOutcome(out, copier.Copied)
					} else {
						w.wantOutcome(out, copier.Failed)
					}
				})
			})
		}
	}
}
