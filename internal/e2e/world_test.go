package e2e_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"

	"afterput/internal/copier"
	"afterput/internal/localcloud"
	"afterput/internal/localfc"
	"afterput/internal/localoss"
	"afterput/internal/relay"
)

const (
	from = "source-bucket"
	to   = "target-bucket"
)

// replicate copies what is under in/ to the same key of the target bucket.
const replicate = `
version: 1
sources: [source-bucket]
rules:
  - name: replicate
    match: {prefix: in/}
    copy:
      - bucket: target-bucket
`

// world is the whole, running.
type world struct {
	*localcloud.Cloud
	t      *testing.T
	client *oss.Client

	mu      sync.Mutex
	log     bytes.Buffer
	results []localfc.Result
	events  [][]byte // of the source bucket, since they were delivered last
	ahead   time.Duration
}

// config is a cloud with these rules, and with no wait before a retry.
func (w *world) config(rulesText string, change ...func(*localcloud.Config)) localcloud.Config {
	w.t.Helper()
	file := filepath.Join(w.t.TempDir(), "rules.yaml")
	if err := os.WriteFile(file, []byte(rulesText), 0o600); err != nil {
		w.t.Fatal(err)
	}
	c := localcloud.Config{
		Function: function, Rules: file, Sources: []string{from}, Destinations: []string{to},
		FC: localfc.Config{
			Log: w, OnResult: w.ended, MaxRetries: -1,
			RetryInterval: func(int) time.Duration { return time.Millisecond },
		},
	}
	onRuntime.setUp(&c)
	for _, f := range change {
		f(&c)
	}
	c.OSS.Now = w.now
	observe := c.OSS.OnEvent
	c.OSS.OnEvent = func(payload []byte) {
		w.hear(payload)
		if observe != nil {
			observe(payload)
		}
	}
	return c
}

// start runs it all until the test ends.
func start(t *testing.T, rulesText string, change ...func(*localcloud.Config)) *world {
	t.Helper()
	w := &world{t: t}
	cloud, err := localcloud.Start(t.Context(), w.config(rulesText, change...))
	if err != nil {
		t.Fatal(err)
	}
	w.Cloud = cloud
	w.client = oss.NewClient(oss.LoadDefaultConfig().WithRegion("cn-hangzhou").WithEndpoint(cloud.Endpoint).
		WithCredentialsProvider(credentials.NewStaticCredentialsProvider("local", "local")))
	t.Cleanup(func() {
		if err := cloud.Close(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Logf("on runtime %s the function printed:\n%s", onRuntime.name, w.printed())
		}
	})
	return w
}

// refused starts what cannot run, and gives the reason.
func refused(t *testing.T, rulesText string, change ...func(*localcloud.Config)) string {
	t.Helper()
	w := &world{t: t}
	cloud, err := localcloud.Start(t.Context(), w.config(rulesText, change...))
	if err == nil {
		t.Fatal(errors.Join(errors.New("it started"), cloud.Close()))
	}
	return err.Error()
}

// held makes a cloud in which no event reaches the function by itself.
func held(c *localcloud.Config) {
	c.Destinations = append(c.Destinations, c.Sources...)
	c.Sources = nil
}

// deliver hands over the events of the source bucket, for a cloud that is held,
// and again for one that is not.
func (w *world) deliver() {
	w.mu.Lock()
	events := w.events
	w.events = nil
	w.mu.Unlock()
	for _, e := range events {
		w.FC.Invoke(e)
	}
}

// now is OSS's clock; pass puts it forward.
func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return time.Now().Add(w.ahead)
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ahead += d
}

func (w *world) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.log.Write(p)
}

// printed is all that the function printed so far.
func (w *world) printed() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.log.String()
}

func (w *world) ended(r localfc.Result) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.results = append(w.results, r)
}

func (w *world) hear(payload []byte) {
	if bytes.Contains(payload, []byte(`"name":"`+from+`"`)) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.events = append(w.events, payload)
	}
}

// put uploads through the SDK; its event is on its way to the function then.
func (w *world) put(key, content string, change ...func(*oss.PutObjectRequest)) {
	w.t.Helper()
	request := &oss.PutObjectRequest{Bucket: oss.Ptr(from), Key: &key, Body: strings.NewReader(content)}
	for _, f := range change {
		f(request)
	}
	if _, err := w.client.PutObject(w.t.Context(), request); err != nil {
		w.t.Fatal(err)
	}
}

// settle waits until every event has its outcome.
func (w *world) settle() {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), time.Minute)
	defer cancel()
	if err := w.FC.Wait(ctx); err != nil {
		w.t.Fatalf("%v; the function printed:\n%s", err, w.printed())
	}
}

// attempts is how many attempts at events have ended.
func (w *world) attempts() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.results)
}

// reports are the function's, in the order in which attempts ended.
func (w *world) reports() (all []*relay.Report) {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, r := range w.results {
		report, err := relay.ReadReport(r.Response)
		if err != nil {
			w.t.Fatalf("attempt %d of %s: %v\n%s", r.Attempt, r.RequestID, err, r.Response)
		}
		all = append(all, report)
	}
	return all
}

// copies are all that were reported, without the objects that got none.
func (w *world) copies() (all []relay.CopyReport) {
	w.t.Helper()
	for _, r := range w.reports() {
		for _, o := range r.Objects {
			all = append(all, o.Copies...)
		}
	}
	return all
}

// wantOutcomes compares the outcomes of all copies so far, in their order where
// an instance has one event at a time.
func (w *world) wantOutcomes(want ...copier.Result) {
	w.t.Helper()
	var got []copier.Result
	for _, c := range w.copies() {
		got = append(got, c.Outcome.Result)
	}
	if onRuntime.custom {
		slices.Sort(got)
		slices.Sort(want)
	}
	if !slices.Equal(got, want) {
		w.t.Errorf("outcomes %v, want %v", got, want)
	}
}

// content reads an object of the target bucket, "" if there is none.
func (w *world) content(key string) string {
	w.t.Helper()
	o, ok := w.OSS.Object(to, key)
	if !ok {
		return ""
	}
	text, err := io.ReadAll(o.Reader())
	if err != nil {
		w.t.Fatal(err)
	}
	return string(text)
}

// failure is the report of the nth event that was given up.
func (w *world) failure(n int) *relay.Report {
	w.t.Helper()
	failed := w.FC.Failed()
	if len(failed) <= n {
		w.t.Fatalf("%d events were given up, want more than %d", len(failed), n)
	}
	report, err := relay.ReadReport([]byte(failed[n].ResponsePayload))
	if err != nil {
		w.t.Fatalf("what was given up has no report: %v\n%s", err, failed[n].ResponsePayload)
	}
	return report
}

// wantNextEventAnswered uploads once more and expects the copy.
func (w *world) wantNextEventAnswered() {
	w.t.Helper()
	before := len(w.FC.Failed())
	w.put("in/next", "next")
	w.settle()
	if got := w.content("in/next"); got != "next" || len(w.FC.Failed()) != before {
		w.t.Errorf("the next event: the destination holds %q; given up: %v", got, w.FC.Failed()[before:])
	}
}

// denying refuses to write keys that hold the word.
func denying(word string) func(*localcloud.Config) {
	return func(c *localcloud.Config) {
		c.OSS.Authorize = func(op localoss.Operation) error {
			if op.Bucket == to && strings.Contains(op.Key, word) {
				return errors.New("denied by the test")
			}
			return nil
		}
	}
}

// intercepting puts a hook in front of OSS's effects.
func intercepting(hook localoss.Intercept) func(*localcloud.Config) {
	return func(c *localcloud.Config) { c.OSS.Intercept = hook }
}

// env sets variables of the function.
func env(vars ...string) func(*localcloud.Config) {
	return func(c *localcloud.Config) { c.Env = append(c.Env, vars...) }
}
