package faults

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"

	"afterput/events"
	"afterput/internal/copier"
	"afterput/internal/localoss"
	"afterput/internal/localoss/fault"
	"afterput/rules"
)

const (
	from = "source-bucket"
	to   = "target-bucket"
	key  = "dir/object"

	small    = int64(1000)
	large    = int64(2 << 30) // in parts for either tool
	partSize = 64 << 20       // the Copier's default
	inFlight = 3              // the Copier's default
)

// tool is what makes a copy.
type tool int

const (
	sdkCopier tool = iota
	engine
)

// world is a local OSS with one of the tools in front of it.
type world struct {
	*localoss.Server
	t      *testing.T
	ctx    context.Context
	tool   tool
	client *oss.Client // as a hand-written function would make it
	copier *copier.Copier

	mu       sync.Mutex
	event    events.Object
	copying  int            // CopyObject and UploadPartCopy under way
	sent     map[int]int    // UploadPartCopy by part number
	versions map[uint64]int // of the source, by CRC-64
	history  []*localoss.Object
}

// setup is what a fault needs.
type setup struct {
	faults    []fault.Fault
	intercept func(w *world) localoss.Intercept
	authorize localoss.Authorize
}

// run lets a tool meet a fault in virtual time.
func run(t *testing.T, with tool, s setup, measure func(w *world) string) (left string) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, tool: with, sent: map[int]int{}, versions: map[uint64]int{}}
		hooks := []localoss.Intercept{w.watch}
		if s.intercept != nil {
			hooks = append(hooks, s.intercept(w))
		}
		hooks = append(hooks, fault.New(1, s.faults...).Intercept)
		w.serve(localoss.Config{Intercept: localoss.Chain(hooks...), Authorize: s.authorize, OnEvent: w.hear, OnChange: w.see})
		defer w.Close()
		w.connect("http://127.0.0.1", cutting{w.Transport()}, &http.Client{Transport: cutting{w.Transport()}})
		left = measure(w)
		time.Sleep(time.Hour) // what was given up is over by then
	})
	return left
}

// cutting is the way to the server. A connection that is cut before an answer ends
// as it does over a socket, so that the SDK knows it for one to try again.
type cutting struct{ next http.RoundTripper }

func (c cutting) RoundTrip(r *http.Request) (*http.Response, error) {
	reply, err := c.next.RoundTrip(r)
	if err != nil && r.Context().Err() == nil {
		err = io.EOF
	}
	return reply, err
}

func (w *world) serve(c localoss.Config) {
	server, err := localoss.New(c)
	if err != nil {
		w.t.Fatal(err)
	}
	w.Server = server
	for _, bucket := range []string{from, to} {
		if err := server.CreateBucket(bucket); err != nil {
			w.t.Fatal(err)
		}
	}
}

// connect sets both tools up; the parts of both are as large, and as many of them
// on their way.
func (w *world) connect(endpoint string, transport http.RoundTripper, client *http.Client) {
	w.ctx = copier.WithCredentials(w.t.Context(), copier.Credentials{AccessKeyID: "local", AccessKeySecret: "local"})
	w.copier = copier.New(copier.NewClient("cn-hangzhou", endpoint, transport), copier.Options{PartSize: partSize, PartsInFlight: inFlight})
	config := oss.LoadDefaultConfig().WithRegion("cn-hangzhou").WithEndpoint(endpoint).
		WithCredentialsProvider(credentials.NewStaticCredentialsProvider("local", "local"))
	if client != nil {
		config.WithHttpClient(client)
	}
	w.client = oss.NewClient(config, func(o *oss.Options) { o.FeatureFlags &^= oss.FeatureCorrectClockSkew })
}

// watch counts what is under way. Copying a part takes a second.
func (w *world) watch(_ context.Context, call *localoss.Call, next func() *localoss.Response) *localoss.Response {
	if call.Name != "UploadPartCopy" && call.Name != "CopyObject" {
		return next()
	}
	w.mu.Lock()
	w.copying++
	if call.Name == "UploadPartCopy" {
		w.sent[call.PartNumber]++
	}
	w.mu.Unlock()
	defer func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.copying--
	}()
	if call.Name == "UploadPartCopy" {
		time.Sleep(time.Second)
	}
	return next()
}

func (w *world) hear(payload []byte) {
	objects, err := events.Parse(payload)
	if err != nil {
		w.t.Error(err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, o := range objects {
		if o.Bucket == from && o.Ignored == "" {
			w.event = o
		}
	}
}

func (w *world) see(bucket, k string, now *localoss.Object) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case now == nil:
	case bucket == from:
		w.versions[now.CRC64] = len(w.versions) + 1
	case k == key:
		w.history = append(w.history, now)
	}
}

// put makes the next version of the source.
func (w *world) put(size int64, options ...localoss.ObjectOption) {
	w.mu.Lock()
	seed := uint64(len(w.versions) + 1)
	w.mu.Unlock()
	if err := w.PutSparse(from, key, size, append(options, localoss.WithSeed(seed))...); err != nil {
		w.t.Fatal(err)
	}
}

// copy lets the tool copy the source, and gives what it reports.
func (w *world) copy(ctx context.Context, change ...func(*rules.Copy)) string {
	plan := &rules.Copy{Rule: "r", Bucket: to, Key: key, TaggingDirective: rules.DirectiveCopy, MetadataDirective: rules.DirectiveCopy}
	for _, f := range change {
		f(plan)
	}
	if w.tool == sdkCopier {
		request := &oss.CopyObjectRequest{Bucket: &plan.Bucket, Key: &plan.Key, SourceBucket: oss.Ptr(from), SourceKey: oss.Ptr(key)}
		if plan.ForbidOverwrite {
			request.ForbidOverwrite = oss.Ptr("true")
		}
		_, err := oss.NewCopier(w.client).Copy(ctx, request)
		return reported(err)
	}
	w.mu.Lock()
	event := w.event
	w.mu.Unlock()
	source := w.copier.Source(ctx, event)
	source.Retried = w.whole() > 0
	out := w.copier.Copy(ctx, source, plan)
	switch {
	case out.Error == nil:
		return "reports " + string(out.Outcome)
	case out.Error.Permanent:
		return "reports " + out.Error.Code + ", permanent"
	}
	return "reports " + out.Error.Code + ", to be tried again"
}

// reported is what the Copier's error tells.
func reported(err error) string {
	var service *oss.ServiceError
	switch {
	case err == nil:
		return "reports copied"
	case errors.As(err, &service):
		return "reports " + service.Code
	case errors.Is(err, context.DeadlineExceeded):
		return "reports the time-out"
	case strings.Contains(err.Error(), "crc is inconsistent"):
		return "reports a wrong CRC"
	}
	return "reports an error"
}

// stands says what is at the destination.
func (w *world) stands() string {
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.history) == 0 {
		return nothing
	}
	last := w.history[len(w.history)-1]
	if n := w.versions[last.CRC64]; n > 0 {
		return fmt.Sprintf("version %d in place", n)
	}
	return "**an object in place that the source never was**"
}

// open says how many uploads are left open.
func (w *world) open() string {
	if n := len(w.Uploads(to)); n > 0 {
		return fmt.Sprintf("%d upload open", n)
	}
	return "no upload open"
}

// left is the whole story.
func (w *world) left(said string) string {
	stands := w.stands()
	if said == "reports copied" && stands == nothing {
		stands = "**" + nothing + "**"
	}
	return said + "; " + stands + ", " + w.open()
}

const nothing = "nothing in place"
