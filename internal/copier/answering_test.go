package copier_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/events"
	"afterput/internal/localoss"
	"afterput/internal/localoss/fault"
	"afterput/internal/state"
	"afterput/rules"
)

// reply is an answer that is given once instead of OSS's, before or after OSS has carried the
// request out.
type reply struct {
	status int
	body   string
	err    error
	hangs  bool // no answer at all
	done   bool // OSS has carried the request out
	// unlikely says that OSS gives this answer only if it has carried out an earlier request.
	unlikely bool
}

func (r reply) String() string {
	return fmt.Sprintf("%d %s %v, no answer: %t, carried out: %t", r.status, r.body, r.err, r.hangs, r.done)
}

// replies are the columns of the first table.
var replies = map[string][]reply{
	"refused for load": {
		{status: 503, body: qpsExceeded},
		{status: 503, body: `<Error><Code>ServiceUnavailable</Code></Error>`},
	},
	"other 503 or 429": {{status: 503, body: htmlPage}, {status: 429, body: htmlPage}, {status: 503}},
	"500, 502, 504, 408": {
		{status: 500, body: internalError}, {status: 500, body: htmlPage}, {status: 502, body: htmlPage},
		{status: 504, body: htmlPage}, {status: 504}, {status: 408, body: htmlPage},
	},
	"invalid 200":  {{status: 200, body: htmlPage}, {status: 200, body: internalError}},
	"nothing sent": {{err: &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}}},
	"no response":  {{err: syscall.ECONNRESET}, {err: io.ErrUnexpectedEOF}, {hangs: true}},
}

// statuses are the columns of the second table, codes in OSS's words, and their statuses.
var statuses = map[string]int{
	"AccessDenied": 403, "SecurityTokenExpired": 403, "NoSuchKey": 404, "NoSuchBucket": 404, "NoSuchUpload": 404,
	"FileAlreadyExists": 409, "FileImmutable": 409, "PreconditionFailed": 412,
}

// mayBeDone are the columns under which OSS may have carried the request out.
var mayBeDone = []string{"other 503 or 429", "500, 502, 504, 408", "invalid 200", "no response"}

// repliesTo are the answers of a column, and each of them after OSS has carried the
// request out.
func repliesTo(column string) (all []reply) {
	given := replies[column]
	if status, ok := statuses[column]; ok {
		given = []reply{{status: status, body: "<Error><Code>" + column + "</Code><Message>no</Message></Error>"}}
	}
	for _, r := range given {
		late := r
		late.done, late.unlikely = true, !slices.Contains(mayBeDone, column)
		all = append(all, r, late)
	}
	return all
}

// answering gives one answer, to the next matching request after arm.
type answering struct {
	next http.RoundTripper
	is   func(*http.Request) bool
	reply

	mu    sync.Mutex
	armed bool
	sent  int
}

func (a *answering) arm() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.armed, a.sent = true, 0
}

func (a *answering) RoundTrip(r *http.Request) (*http.Response, error) {
	if !a.is(r) {
		return a.next.RoundTrip(r)
	}
	a.mu.Lock()
	armed := a.armed
	a.armed = false
	a.sent++
	a.mu.Unlock()
	if !armed {
		return a.next.RoundTrip(r)
	}
	if a.done {
		resp, err := a.next.RoundTrip(r)
		if err != nil {
			return nil, err
		}
		_ = resp.Body.Close()
	}
	if a.hangs {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	if a.err != nil {
		return nil, a.err
	}
	header, body := http.Header{"Content-Type": {"application/xml"}, "X-Oss-Request-Id": {"1"}}, a.body
	if r.Method == http.MethodHead { // has no body: OSS puts its document into a header
		if a.status >= 300 && strings.HasPrefix(body, "<Error>") {
			header.Set("X-Oss-Err", base64.StdEncoding.EncodeToString([]byte(body)))
		}
		body = ""
	}
	return &http.Response{Request: r, StatusCode: a.status, Status: http.StatusText(a.status),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: header,
		Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body))}, nil
}

// scenario is a copy in which the engine sends a certain request.
type scenario struct {
	is     func(*http.Request) bool
	setup  setup
	event  func(*world) events.Object
	plan   *rules.Copy
	fields string                      // of a rule that makes the copy instead of plan
	before func(*world, events.Object) // is called before the answer is armed
	fails  bool                        // the copy fails with any answer
	// untimed says that an attempt has no time limit, or that there is no time for another
	// after one that is not answered.
	untimed bool
	places  bool // the request makes the copy visible
	// keepsTags says that OSS keeps the source's tags in a CopyObject that replaces them with none.
	keepsTags bool
}

// possible reports whether OSS may give the answer to this request, if it leads to what word says.
func (a scenario) possible(r reply, word string) bool {
	if r.hangs && a.untimed {
		return false
	}
	return !r.unlikely || a.places && strings.HasPrefix(word, "look")
}

// request matches requests of a method to a bucket with a query parameter, "name" or "name=value".
func request(method, bucket, query string) func(*http.Request) bool {
	return func(r *http.Request) bool {
		name, value, _ := strings.Cut(query, "=")
		q := r.URL.Query()
		return r.Method == method && strings.HasPrefix(r.URL.Path, "/"+bucket+"/") &&
			(query == "" && !q.Has("uploadId") && !q.Has("tagging") && !q.Has("list-type") ||
				query != "" && q.Has(name) && (value == "" || q.Get(name) == value))
	}
}

// isGetBucketACL matches GetBucketAcl of the source's bucket.
func isGetBucketACL(r *http.Request) bool {
	return r.Method == http.MethodGet && r.URL.Path == "/"+from+"/" && r.URL.Query().Has("acl")
}

// ofState matches only those requests that are for a state object.
func ofState(is func(*http.Request) bool) func(*http.Request) bool {
	return func(r *http.Request) bool { return is(r) && strings.Contains(r.URL.Path, state.DefaultPrefix) }
}

// scenarios are those of each row of the tables.
func scenarios() map[string][]scenario {
	small := func(w *world) events.Object { return w.put(1000, 1, localoss.WithHeader("x-oss-tagging", "a=b")) }
	big := func(w *world) events.Object { return w.put(large, 1) }
	archive := func(w *world) events.Object { return w.put(1000, 1, archivedAs("Archive")) }
	link := func(w *world) events.Object { return w.link(10) }
	drop := func(c *rules.Copy) { c.TaggingDirective = rules.DirectiveReplace }
	tag := func(c *rules.Copy) {
		c.TaggingDirective, c.Tags = rules.DirectiveReplace, []rules.Pair{{Key: "c", Value: "d"}}
	}
	open := func(c *rules.Copy) { c.ObjectACL = "public-read" }
	inPieces := func() setup { return setup{options: inParts()} }
	abandoned := inPieces()
	abandoned.faults = []fault.Fault{{
		Operations: []string{"UploadPartCopy"}, Part: 2, Error: &localoss.Error{Code: "AccessDenied"}}}
	earlier := stoppedAfter(2)
	stop := func(w *world, event events.Object) { w.stop(event, plan()) }
	return map[string][]scenario{
		"CopyObject": {{is: isCopyObject, event: small, plan: plan(), untimed: true, places: true}},
		"UploadPartCopy": {{is: request("PUT", to, "partNumber=2"), setup: inPieces(), event: big,
			plan: plan()}},
		"InitiateMultipartUpload": {{is: request("POST", to, "uploads"), setup: inPieces(), event: big, plan: plan()}},
		"CompleteMultipartUpload": {{
			is: request("POST", to, "uploadId"), setup: inPieces(), event: big, plan: plan(), untimed: true,
			places: true}},
		"AbortMultipartUpload": {{
			is: request("DELETE", to, "uploadId"), setup: abandoned, event: big, plan: plan(), fails: true,
			untimed: true}},
		"PutObject of the state": {{
			is: ofState(request("PUT", to, "")), setup: inPieces(), event: big, plan: plan(), untimed: true}},
		"DeleteObject of the state": {{
			is: ofState(request("DELETE", to, "")), setup: inPieces(), event: big, plan: plan(), untimed: true}},
		"PutObjectTagging": {{is: request("PUT", from, "tagging"), event: small, plan: onItself(tag)}},
		"PutObjectACL":     {{is: request("PUT", from, "acl"), event: small, plan: onItself(open)}},
		"DeleteObjectTagging": {{is: request("DELETE", to, "tagging"), event: small, plan: plan(drop),
			keepsTags: true}},
		"HeadObject, GetObjectTagging, GetObjectACL, GetSymlink of the source": {
			{is: request("HEAD", from, ""), setup: inPieces(), event: big, plan: plan()},
			{is: request("GET", from, "tagging"), setup: inPieces(), event: big, plan: plan()},
			{is: request("GET", from, "acl"), event: small, plan: onItself(open)},
			{is: request("GET", from, "symlink"), event: link, plan: plan()},
		},
		"RestoreObject": {{
			is: request("POST", from, "restore"), event: archive, plan: plan(restoring("Standard"))}},
		"GetBucketACL of the source's bucket": {{is: isGetBucketACL, event: small, fields: "object-acl: source"}},
		"HeadObject of the destination": {{is: request("HEAD", to, ""), setup: inPieces(), event: big,
			plan: plan()}},
		"ListParts": {{is: request("GET", to, "uploadId"), setup: inPieces(), event: big,
			plan: plan()}},
		"ListObjectsV2 of the state": {{is: request("GET", to, "list-type"), setup: inPieces(), event: big,
			plan: plan()}},
		"GetObject of the state": {{
			is: ofState(request("GET", to, "")), setup: earlier, event: big, plan: plan(), before: stop}},
	}
}

// try makes the copy with one answer to one request, and gives the result.
func (a scenario) try(t *testing.T, r reply) (c concluded) {
	t.Helper()
	way := &answering{is: a.is, reply: r}
	s := a.setup
	var w *world
	s.intercept = func(_ context.Context, call *localoss.Call, next func() *localoss.Response) *localoss.Response {
		resp := next()
		if a.keepsTags && call.Name == "CopyObject" {
			w.tag(to)
		}
		return resp
	}
	s.via = func(next http.RoundTripper) http.RoundTripper { way.next = next; return way }
	inWorld(t, s, func(t *testing.T, its *world) {
		w = its
		event := a.event(w)
		if a.before != nil {
			a.before(w, event)
		}
		time.Sleep(time.Minute)
		way.arm()
		c = concluded{done: r.done, fails: a.fails}
		if a.fields != "" {
			c.out = w.copyByRule(a.fields)
		} else {
			c.out = w.copy(w.ctx, event, a.plan)
		}
		c.sent, c.begun = way.sent, w.Counts()["InitiateMultipartUpload"]
		for _, u := range w.Uploads(to) {
			named := slices.ContainsFunc(w.remembered(to, state.DefaultPrefix),
				func(s state.Upload) bool { return s.UploadID == u.ID })
			c.orphan = c.orphan || !named
		}
	})
	return c
}

// tag gives the object a tag.
func (w *world) tag(bucket string) {
	w.t.Helper()
	_, err := w.client.PutObjectTagging(w.ctx, &oss.PutObjectTaggingRequest{Bucket: &bucket, Key: oss.Ptr(key),
		Tagging: &oss.Tagging{TagSet: &oss.TagSet{Tags: []oss.Tag{{Key: oss.Ptr("a"), Value: oss.Ptr("b")}}}}})
	if err != nil {
		w.t.Error(err)
	}
}
