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
	sourceBucket = "source-bucket"
	targetBucket = "target-bucket"
)

// replicate copies objects under in/ to the same key of the target bucket.
const replicate = `
version: 1
sources: [source-bucket]
rules:
  - name: replicate
    match: {prefix: in/}
    copy:
      - bucket: target-bucket
`

// world is a running local cloud: the function, FC, OSS, and a client that uploads to OSS.
type world struct {
	*localcloud.Cloud
	t      *testing.T
	client *oss.Client

	mu          sync.Mutex
	log         bytes.Buffer
	results     []localfc.Result
	events      [][]byte // of the source bucket, since the last deliverEvents
	clockOffset time.Duration
}

// config returns the configuration of a cloud with these rules, whose FC retries after a millisecond.
func (w *world) config(rulesText string, change ...func(*localcloud.Config)) localcloud.Config {
	w.t.Helper()
	file := filepath.Join(w.t.TempDir(), "rules.yaml")
	if err := os.WriteFile(file, []byte(rulesText), 0o600); err != nil {
		w.t.Fatal(err)
	}
	c := localcloud.Config{
		Function: functionBinary, Rules: file, Sources: []string{sourceBucket}, Destinations: []string{targetBucket},
		FC: localfc.Config{
			Log: w, OnResult: w.addResult, MaxRetries: -1,
			RetryInterval: func(int) time.Duration { return time.Millisecond },
		},
	}
	currentRuntime.configure(&c)
	for _, f := range change {
		f(&c)
	}
	c.OSS.Now = w.now
	observe := c.OSS.OnEvent
	c.OSS.OnEvent = func(payload []byte) {
		w.addEvent(payload)
		if observe != nil {
			observe(payload)
		}
	}
	return c
}

// start starts a cloud with these rules. It is closed when the test ends.
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
			t.Logf("output of the function on runtime %s:\n%s", currentRuntime.name, w.output())
		}
	})
	return w
}

// startError starts a cloud that cannot run, and returns the error message.
func startError(t *testing.T, rulesText string, change ...func(*localcloud.Config)) string {
	t.Helper()
	w := &world{t: t}
	cloud, err := localcloud.Start(t.Context(), w.config(rulesText, change...))
	if err == nil {
		t.Fatal(errors.Join(errors.New("the cloud started, want an error"), cloud.Close()))
	}
	return err.Error()
}

// withoutDelivery removes the triggers: no event reaches the function until deliverEvents is called.
func withoutDelivery(c *localcloud.Config) {
	c.Destinations = append(c.Destinations, c.Sources...)
	c.Sources = nil
}

// deliverEvents invokes the function with each event of the source bucket since the last call. In a cloud with triggers
// the events arrive a second time.
func (w *world) deliverEvents() {
	for _, e := range w.takeEvents() {
		w.FC.Invoke(e)
	}
}

// takeEvents returns the events of the source bucket since the last call.
func (w *world) takeEvents() [][]byte {
	w.mu.Lock()
	defer w.mu.Unlock()
	events := w.events
	w.events = nil
	return events
}

// now is the clock of OSS.
func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return time.Now().Add(w.clockOffset)
}

// advanceClock puts the clock of OSS forward.
func (w *world) advanceClock(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.clockOffset += d
}

// Write collects the output of the function.
func (w *world) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.log.Write(p)
}

// output returns what the function has printed so far.
func (w *world) output() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.log.String()
}

func (w *world) addResult(r localfc.Result) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.results = append(w.results, r)
}

func (w *world) addEvent(payload []byte) {
	if bytes.Contains(payload, []byte(`"name":"`+sourceBucket+`"`)) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.events = append(w.events, payload)
	}
}

// put uploads an object to the source bucket with the SDK.
func (w *world) put(key, content string, change ...func(*oss.PutObjectRequest)) {
	w.t.Helper()
	request := &oss.PutObjectRequest{Bucket: oss.Ptr(sourceBucket), Key: &key, Body: strings.NewReader(content)}
	for _, f := range change {
		f(request)
	}
	if _, err := w.client.PutObject(w.t.Context(), request); err != nil {
		w.t.Fatal(err)
	}
}

// waitForEvents waits until every event has succeeded or was given up.
func (w *world) waitForEvents() {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), time.Minute)
	defer cancel()
	if err := w.FC.Wait(ctx); err != nil {
		w.t.Fatalf("%v; output of the function:\n%s", err, w.output())
	}
}

// attempts returns how many attempts have ended.
func (w *world) attempts() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.results)
}

// reports returns the reports of all attempts, in the order in which the attempts ended.
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

// copies returns every copy in every report.
func (w *world) copies() (all []relay.CopyReport) {
	w.t.Helper()
	for _, r := range w.reports() {
		for _, o := range r.Objects {
			all = append(all, o.Copies...)
		}
	}
	return all
}

// wantOutcomes compares the outcomes of all copies so far. Their order counts only on the built-in runtime, where an
// instance handles one event at a time.
func (w *world) wantOutcomes(want ...copier.Result) {
	w.t.Helper()
	var got []copier.Result
	for _, c := range w.copies() {
		got = append(got, c.Outcome.Result)
	}
	if currentRuntime.custom {
		slices.Sort(got)
		slices.Sort(want)
	}
	if !slices.Equal(got, want) {
		w.t.Errorf("outcomes %v, want %v", got, want)
	}
}

// content returns the content of an object in the target bucket, "" if there is none.
func (w *world) content(key string) string {
	w.t.Helper()
	o, ok := w.OSS.Object(targetBucket, key)
	if !ok {
		return ""
	}
	text, err := io.ReadAll(o.Reader())
	if err != nil {
		w.t.Fatal(err)
	}
	return string(text)
}

// givenUpReport returns the report of the nth event that was given up, counted from 0.
func (w *world) givenUpReport(n int) *relay.Report {
	w.t.Helper()
	failed := w.FC.Failed()
	if len(failed) <= n {
		w.t.Fatalf("%d events were given up, want more than %d", len(failed), n)
	}
	report, err := relay.ReadReport([]byte(failed[n].ResponsePayload))
	if err != nil {
		w.t.Fatalf("given-up event %d has no report: %v\n%s", n, err, failed[n].ResponsePayload)
	}
	return report
}

// wantNextEventCopied uploads another object and expects its copy.
func (w *world) wantNextEventCopied() {
	w.t.Helper()
	before := len(w.FC.Failed())
	w.put("in/next", "next")
	w.waitForEvents()
	if got := w.content("in/next"); got != "next" || len(w.FC.Failed()) != before {
		w.t.Errorf("next event: the destination holds %q; given up: %v", got, w.FC.Failed()[before:])
	}
}

// denyKeysContaining denies access to keys of the target bucket that contain the word.
func denyKeysContaining(word string) func(*localcloud.Config) {
	return func(c *localcloud.Config) {
		c.OSS.Authorize = func(op localoss.Operation) error {
			if op.Bucket == targetBucket && strings.Contains(op.Key, word) {
				return errors.New("denied by the test")
			}
			return nil
		}
	}
}

// withIntercept sets a hook that OSS calls before a request takes effect.
func withIntercept(hook localoss.Intercept) func(*localcloud.Config) {
	return func(c *localcloud.Config) { c.OSS.Intercept = hook }
}

// withEnv adds environment variables of the function.
func withEnv(vars ...string) func(*localcloud.Config) {
	return func(c *localcloud.Config) { c.Env = append(c.Env, vars...) }
}

// withRetries sets how often FC retries an event.
func withRetries(n int) func(*localcloud.Config) {
	return func(c *localcloud.Config) { c.FC.MaxRetries = n }
}

// withRole gives the function temporary credentials of its own.
func withRole(secret, token string) func(*localcloud.Config) {
	return func(c *localcloud.Config) {
		c.OSS.AccessKeys = map[string]localoss.AccessKey{
			"local": {Secret: "local"},
			"role":  {Secret: secret, SecurityToken: token},
		}
		c.FC.Credentials = func() localfc.Credentials {
			return localfc.Credentials{AccessKeyID: "role", AccessKeySecret: secret, SecurityToken: token}
		}
	}
}
