package copier_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/events"
	"afterput/internal/copier"
	"afterput/internal/localoss"
	"afterput/internal/localoss/fault"
	"afterput/rules"
)

// The tables of docs/design.md, "Answers that never came", say what the engine concludes
// from each kind of answer to each request. Here they are read, and each cell is tried.

// reply is one answer, given once, instead of OSS's or in place of it when OSS has
// carried the request out.
type reply struct {
	status int
	body   string
	err    error
	hangs  bool // no answer at all
}

// replies are the columns of the tables. A column of one word is a code in OSS's words.
var replies = map[string][]reply{
	"refused for load": {
		{status: 503, body: qpsExceeded},
		{status: 503, body: `<Error><Code>ServiceUnavailable</Code></Error>`},
	},
	"503 or 429 in other words": {{status: 503, body: htmlPage}, {status: 429, body: htmlPage}, {status: 503}},
	"500, 502, 504, 408": {
		{status: 500, body: internalError}, {status: 500, body: htmlPage}, {status: 502, body: htmlPage},
		{status: 504, body: htmlPage}, {status: 504}, {status: 408, body: htmlPage},
	},
	"200 that is not the answer": {{status: 200, body: htmlPage}, {status: 200, body: internalError}},
	"nothing sent":               {{err: &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}}},
	"no answer":                  {{err: syscall.ECONNRESET}, {err: io.ErrUnexpectedEOF}, {hangs: true}},
}

// refusals are the columns of the second table.
var statuses = map[string]int{
	"AccessDenied": 403, "SecurityTokenExpired": 403, "NoSuchKey": 404, "NoSuchBucket": 404, "NoSuchUpload": 404,
	"FileAlreadyExists": 409, "FileImmutable": 409, "PreconditionFailed": 412,
}

// mayBeDone are the columns under which the request may have been carried out.
var mayBeDone = []string{"503 or 429 in other words", "500, 502, 504, 408", "200 that is not the answer", "no answer"}

func repliesOf(column string) []reply {
	if status, ok := statuses[column]; ok {
		return []reply{{status: status, body: "<Error><Code>" + column + "</Code><Message>no</Message></Error>"}}
	}
	return replies[column]
}

// answering answers the next request that it is armed for.
type answering struct {
	next http.RoundTripper
	is   func(*http.Request) bool
	reply
	done bool // OSS has carried it out

	mu    sync.Mutex
	armed bool
	asked int
}

func (a *answering) arm() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.armed, a.asked = true, 0
}

func (a *answering) RoundTrip(r *http.Request) (*http.Response, error) {
	if !a.is(r) {
		return a.next.RoundTrip(r)
	}
	a.mu.Lock()
	struck := a.armed
	a.armed = false
	a.asked++
	a.mu.Unlock()
	if !struck {
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
	return &http.Response{StatusCode: a.status, Status: http.StatusText(a.status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Request: r, Header: header, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body))}, nil
}

// asking is how one request of the engine comes about.
type asking struct {
	is     func(*http.Request) bool
	setup  setup
	event  func(*world) events.Object
	plan   *rules.Copy
	before func(*world, events.Object) // the answer
	fails  bool                        // the copy fails with any answer
	// patient says that one try has no time limit, or that the copy has no time for
	// another after one that is not answered.
	patient bool
	places  bool // it puts the copy in place
	// keepsTags says of an OSS that a CopyObject which replaces the tags by none keeps
	// the source's.
	keepsTags bool
}

// request gives a condition for a method, what stands in its query, and its bucket.
func request(method, bucket, query string) func(*http.Request) bool {
	return func(r *http.Request) bool {
		name, value, _ := strings.Cut(query, "=")
		q := r.URL.Query()
		return r.Method == method && strings.HasPrefix(r.URL.Path, "/"+bucket+"/") &&
			(query == "" && !q.Has("uploadId") && !q.Has("tagging") && !q.Has("list-type") ||
				query != "" && q.Has(name) && (value == "" || q.Get(name) == value))
	}
}

// about narrows a condition to state objects.
func about(state bool, is func(*http.Request) bool) func(*http.Request) bool {
	return func(r *http.Request) bool {
		return is(r) && strings.Contains(r.URL.Path, copier.DefaultStatePrefix) == state
	}
}

// askings are the rows of the tables, and how each of their requests comes about.
func askings() map[string][]asking {
	small := func(w *world) events.Object { return w.put(1000, 1, localoss.WithHeader("x-oss-tagging", "a=b")) }
	big := func(w *world) events.Object { return w.put(large, 1) }
	link := func(w *world) events.Object { return w.link(10) }
	drop := func(c *rules.Copy) { c.TaggingDirective = rules.DirectiveReplace }
	tag := func(c *rules.Copy) {
		c.TaggingDirective, c.Tags = rules.DirectiveReplace, []rules.Pair{{Key: "c", Value: "d"}}
	}
	open := func(c *rules.Copy) { c.ObjectACL = "public-read" }
	inPieces := func() setup { return setup{options: inParts()} }
	abandoned := inPieces()
	abandoned.faults = []fault.Fault{{Operations: []string{"UploadPartCopy"}, Part: 2, Error: &localoss.Error{Code: "AccessDenied"}}}
	earlier := stoppedAfter(2)
	stop := func(w *world, event events.Object) { w.stop(event, plan()) }
	return map[string][]asking{
		"CopyObject":              {{is: isCopyObject, event: small, plan: plan(), patient: true, places: true}},
		"UploadPartCopy":          {{is: request("PUT", to, "partNumber=2"), setup: inPieces(), event: big, plan: plan()}},
		"InitiateMultipartUpload": {{is: request("POST", to, "uploads"), setup: inPieces(), event: big, plan: plan()}},
		"CompleteMultipartUpload": {{is: request("POST", to, "uploadId"), setup: inPieces(), event: big, plan: plan(),
			patient: true, places: true}},
		"AbortMultipartUpload": {{is: request("DELETE", to, "uploadId"), setup: abandoned, event: big, plan: plan(),
			fails: true, patient: true}},
		"PutObject of the state": {{is: about(true, request("PUT", to, "")), setup: inPieces(), event: big, plan: plan(), patient: true}},
		"DeleteObject of the state": {{is: about(true, request("DELETE", to, "")), setup: inPieces(), event: big, plan: plan(),
			patient: true}},
		"PutObjectTagging":    {{is: request("PUT", from, "tagging"), event: small, plan: onItself(tag)}},
		"PutObjectACL":        {{is: request("PUT", from, "acl"), event: small, plan: onItself(open)}},
		"DeleteObjectTagging": {{is: request("DELETE", to, "tagging"), event: small, plan: plan(drop), keepsTags: true}},
		"HeadObject, GetObjectTagging, GetObjectACL, GetSymlink of the source": {
			{is: request("HEAD", from, ""), setup: inPieces(), event: big, plan: plan()},
			{is: request("GET", from, "tagging"), setup: inPieces(), event: big, plan: plan()},
			{is: request("GET", from, "acl"), event: small, plan: onItself(open)},
			{is: request("GET", from, "symlink"), event: link, plan: plan()},
		},
		"HeadObject of the destination": {{is: request("HEAD", to, ""), setup: inPieces(), event: big, plan: plan()}},
		"ListParts":                     {{is: request("GET", to, "uploadId"), setup: inPieces(), event: big, plan: plan()}},
		"ListObjectsV2 of the state":    {{is: request("GET", to, "list-type"), setup: inPieces(), event: big, plan: plan()}},
		"GetObject of the state":        {{is: about(true, request("GET", to, "")), setup: earlier, event: big, plan: plan(), before: stop}},
	}
}

// concluded is what there is to see of what the engine concluded.
type concluded struct {
	out    copier.Outcome
	asked  int
	begun  int  // uploads
	done   bool // OSS had carried the request out
	fails  bool // so the copy does at any rate
	orphan bool // an upload is open that no state object names
}

func (c concluded) String() string {
	return fmt.Sprintf("sent %d times, %d uploads begun, %s, error %+v", c.asked, c.begun, c.out.Outcome, c.out.Error)
}

// asUsual says that the copy ended as without the answer.
func (c concluded) asUsual() bool { return c.fails || c.out.Outcome == copier.Copied }

func (c concluded) failed(permanent bool) bool {
	return c.out.Outcome == copier.Failed && c.out.Error.Permanent == permanent
}

// conclusions are the words of the cells, and what each of them promises.
var conclusions = map[string]func(concluded) bool{
	"again":   func(c concluded) bool { return c.asked > 1 && c.asUsual() },
	"ignored": func(c concluded) bool { return c.asked == 1 && c.asUsual() },
	"done":    func(c concluded) bool { return c.asked == 1 && c.asUsual() },
	"look": func(c concluded) bool {
		return c.asked == 1 && (c.done && c.out.Outcome == copier.Copied || !c.done && c.failed(false))
	},
	"look, else fails for good": func(c concluded) bool {
		return c.asked == 1 && (c.done && c.out.Outcome == copier.Unchanged || !c.done && c.failed(true))
	},
	"look, else anew": func(c concluded) bool {
		return c.out.Outcome == copier.Copied && (c.done && c.begun == 1 || !c.done && c.begun == 2)
	},
	"fails":          func(c concluded) bool { return c.asked == 1 && c.failed(false) },
	"fails for good": func(c concluded) bool { return c.asked == 1 && c.failed(true) },
	"superseded":     func(c concluded) bool { return c.asked == 1 && c.out.Outcome == copier.Superseded },
}

// table is a table of a page, by row and column.
type table struct {
	columns []string
	cells   map[string][]string
	rows    []string
}

// tablesOf reads the tables of a page's section whose first heading is first.
func tablesOf(t *testing.T, page, first string) (all []table) {
	t.Helper()
	text, err := os.ReadFile("../../docs/" + page)
	if err != nil {
		t.Fatal(err)
	}
	open := false
	for line := range strings.Lines(string(text)) {
		line, is := strings.CutPrefix(strings.TrimSpace(line), "| ")
		if !is {
			open = open && strings.HasPrefix(line, "|---")
			continue
		}
		cells := strings.Split(strings.TrimSuffix(line, " |"), " | ")
		switch {
		case cells[0] == first:
			open = true
			all = append(all, table{columns: cells[1:], cells: map[string][]string{}})
		case open:
			last := &all[len(all)-1]
			if len(cells) != 1+len(last.columns) {
				t.Fatalf("%s: %d cells, want %d: %s", page, len(cells), 1+len(last.columns), line)
			}
			last.cells[cells[0]] = cells[1:]
			last.rows = append(last.rows, cells[0])
		}
	}
	if len(all) != 2 {
		t.Fatalf("%s has %d tables that begin with %q, want 2", page, len(all), first)
	}
	return all
}

const none = "–" // OSS does not answer so

func TestTheEngineConcludesFromAnswersWhatTheDesignSays(t *testing.T) {
	requests := askings()
	tried := 0
	for _, table := range tablesOf(t, "design.md", "request") {
		if rows := slices.Sorted(maps.Keys(requests)); !slices.Equal(rows, slices.Sorted(slices.Values(table.rows))) {
			t.Fatalf("rows %q, want %q", table.rows, rows)
		}
		for _, row := range table.rows {
			for i, column := range table.columns {
				word := table.cells[row][i]
				if word == none {
					continue
				}
				holds, known := conclusions[word]
				if !known {
					t.Fatalf("%s, %s: %q is none of the words", row, column, word)
				}
				given := repliesOf(column)
				if len(given) == 0 {
					t.Fatalf("no answer is called %q", column)
				}
				for _, a := range requests[row] {
					for _, r := range given {
						if r.hangs && a.patient {
							continue
						}
						for _, done := range []bool{false, true} {
							if done && !slices.Contains(mayBeDone, column) && !(a.places && strings.HasPrefix(word, "look")) {
								continue
							}
							tried++
							if c := a.try(t, r, done); !holds(c) {
								t.Errorf("%s, %s (%+v, carried out: %t): the design says %q, but: %s", row, column, r, done, word, c)
							} else if c.orphan && row != "InitiateMultipartUpload" && column != "NoSuchUpload" {
								t.Errorf("%s, %s (%+v, carried out: %t): an upload is open that nothing names", row, column, r, done)
							}
						}
					}
				}
			}
		}
	}
	if tried < 400 {
		t.Errorf("%d answers were tried only", tried)
	}
}

// try has the copy made with one answer to one request, and says what came of it.
func (a asking) try(t *testing.T, r reply, done bool) (c concluded) {
	t.Helper()
	way := &answering{is: a.is, reply: r, done: done}
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
		c = concluded{out: w.copy(w.ctx, event, a.plan), done: done, fails: a.fails}
		c.asked, c.begun = way.asked, w.Counts()["InitiateMultipartUpload"]
		for _, u := range w.Uploads(to) {
			named := slices.ContainsFunc(w.remembered(to, copier.DefaultStatePrefix),
				func(s copier.SavedUpload) bool { return s.UploadID == u.ID })
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

// translated are the words of the tables in the Chinese page.
var translated = map[string]string{
	"again": "重发", "ignored": "忽略", "done": "已完成", "look": "查看", "look, else fails for good": "查看，否则永久失败",
	"look, else anew": "查看，否则重新上传", "fails": "失败", "fails for good": "永久失败", "superseded": "已被取代", none: none,
}

func TestTheChinesePageSaysTheSameOfAnswers(t *testing.T) {
	english, chinese := tablesOf(t, "design.md", "request"), tablesOf(t, "design.zh-CN.md", "请求")
	for n, en := range english {
		zh := chinese[n]
		if len(en.rows) != len(zh.rows) {
			t.Fatalf("table %d has %d rows, in Chinese %d", n+1, len(en.rows), len(zh.rows))
		}
		for i, row := range en.rows {
			for j, word := range en.cells[row] {
				if got := zh.cells[zh.rows[i]][j]; got != translated[word] {
					t.Errorf("%s, %s: %q, in Chinese %q, want %q", row, en.columns[j], word, got, translated[word])
				}
			}
		}
	}
}
