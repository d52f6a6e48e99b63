package relay_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"

	"afterput/internal/copier"
	"afterput/internal/localoss"
	"afterput/internal/localoss/fault"
	"afterput/internal/osscall"
	"afterput/internal/relay"
	"afterput/rules"
)

const (
	from = "source-bucket"
	to   = "target-bucket"
)

// replicate copies everything to the same key of the target bucket.
const replicate = `
version: 1
sources: [source-bucket]
rules:
  - name: replicate
    match: {}
    copy:
      - bucket: target-bucket
`

// The key and token that requests are signed with: nothing may ever show them.
const (
	secret = "SECRET-that-nobody-may-see"
	token  = "TOKEN-that-nobody-may-see"
)

// setup is what differs from the defaults in a test.
type setup struct {
	rules     string // default replicate
	options   copier.Options
	faults    []fault.Fault
	intercept localoss.Intercept
	authorize localoss.Authorize
	level     slog.Level
}

// world is an OSS in this process with a handler for its events, in virtual
// time.
type world struct {
	*localoss.Server
	t       *testing.T
	handler *relay.Handler
	client  *oss.Client
	log     bytes.Buffer // what the handler logged; read after it returned

	mu     sync.Mutex
	events [][]byte // all payloads of the source bucket
}

func inWorld(t *testing.T, s setup, test func(t *testing.T, w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t}
		server, err := localoss.New(localoss.Config{
			AccessKeys: map[string]localoss.AccessKey{
				"role": {Secret: secret, SecurityToken: token}, "user": {Secret: "user"}},
			OnEvent:   w.keepEvent,
			Authorize: s.authorize,
			Intercept: localoss.Chain(s.intercept, fault.New(1, s.faults...).Intercept),
		})
		if err != nil {
			t.Fatal(err)
		}
		defer server.Close()
		w.Server = server
		for _, bucket := range []string{from, to} {
			if err := server.CreateBucket(bucket); err != nil {
				t.Fatal(err)
			}
		}
		w.client = oss.NewClient(oss.LoadDefaultConfig().WithRegion("cn-hangzhou").WithEndpoint("http://127.0.0.1").
			WithCredentialsProvider(credentials.NewStaticCredentialsProvider("user", "user")).
			WithHttpClient(&http.Client{Transport: server.Transport()}))
		w.handler = w.newHandler(s)
		test(t, w)
	})
}

func (w *world) newHandler(s setup) *relay.Handler {
	w.t.Helper()
	if s.rules == "" {
		s.rules = replicate
	}
	set, err := rules.Load("rules.yaml", []byte(s.rules), func(string) (string, bool) { return "", false })
	if err != nil {
		w.t.Fatal(err)
	}
	return relay.New(relay.Config{
		Rules:  relay.Fixed(set),
		Copier: copier.New(osscall.NewClient("cn-hangzhou", "http://127.0.0.1", w.Transport()), s.options),
		Log:    slog.New(slog.NewJSONHandler(&w.log, &slog.HandlerOptions{Level: s.level})),
	})
}

// keepEvent keeps the payload of an event of the source's bucket.
func (w *world) keepEvent(payload []byte) {
	if bytes.Contains(payload, []byte(`"name":"`+from+`"`)) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.events = append(w.events, payload)
	}
}

// put uploads an object and gives the payload of its event.
func (w *world) put(key, content string, change ...func(*oss.PutObjectRequest)) []byte {
	w.t.Helper()
	request := &oss.PutObjectRequest{Bucket: oss.Ptr(from), Key: &key, Body: strings.NewReader(content)}
	for _, f := range change {
		f(request)
	}
	if _, err := w.client.PutObject(w.t.Context(), request); err != nil {
		w.t.Fatal(err)
	}
	return w.newest()
}

func (w *world) newest() []byte {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.events[len(w.events)-1]
}

// together is one payload with the records of several.
func together(payloads ...[]byte) []byte {
	var all struct {
		Events []json.RawMessage `json:"events"`
	}
	for _, p := range payloads {
		one := all
		one.Events = nil
		if err := json.Unmarshal(p, &one); err != nil {
			panic(err)
		}
		all.Events = append(all.Events, one.Events...)
	}
	data, err := json.Marshal(all)
	if err != nil {
		panic(err)
	}
	return data
}

// handle runs one invocation, and gives its report and whether it failed.
func (w *world) handle(payload []byte, retry int) (*relay.Report, bool) {
	w.t.Helper()
	return w.handleIn(w.t.Context(), payload, retry)
}

func (w *world) handleIn(ctx context.Context, payload []byte, retry int) (*relay.Report, bool) {
	w.t.Helper()
	answer, err := w.handler.Handle(ctx, relay.Invocation{RequestID: "inv-1", RetryCount: retry,
		Credentials: osscall.Credentials{AccessKeyID: "role", AccessKeySecret: secret, SecurityToken: token}}, payload)
	if err != nil {
		var failure *relay.Failure
		if !errors.As(err, &failure) || answer != nil {
			w.t.Fatalf("handle: %s, %v", answer, err)
		}
		// As Function Compute's runtime posts it.
		document := map[string]string{"errorMessage": failure.Error(), "errorType": "Failure"}
		if answer, err = json.Marshal(document); err != nil {
			w.t.Fatal(err)
		}
	}
	report, readErr := relay.ReadReport(answer)
	if readErr != nil {
		w.t.Fatalf("the report cannot be read: %v\n%s", readErr, answer)
	}
	return report, err != nil || bytes.Contains(answer, []byte("errorMessage"))
}

// content is what a key of the target bucket holds, "" for nothing.
func (w *world) content(key string) string {
	w.t.Helper()
	o, ok := w.Object(to, key)
	if !ok {
		return ""
	}
	var b bytes.Buffer
	if _, err := b.ReadFrom(o.Reader()); err != nil {
		w.t.Fatal(err)
	}
	return b.String()
}

// wantOutcomes checks how the copies of a report ended.
func (w *world) wantOutcomes(r *relay.Report, want ...copier.Result) {
	w.t.Helper()
	if got := outcomes(r); !slices.Equal(got, want) {
		w.t.Errorf("outcomes %v, want %v; report %+v", got, want, r)
	}
}

// outcomes are those of all copies of the report, in its order.
func outcomes(r *relay.Report) (all []copier.Result) {
	for _, o := range r.Objects {
		for _, c := range o.Copies {
			all = append(all, c.Outcome.Result)
		}
	}
	return all
}
