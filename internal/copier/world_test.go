package copier_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"slices"
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
	"afterput/internal/osscall"
	"afterput/rules"
)

// Sizes and names most tests use: an object of four parts, with a limit that
// forces it into parts.
const (
	partSize = 1 << 20
	large    = parts * partSize
	parts    = 4
	from     = "source-bucket"
	to       = "target-bucket"
	home     = "cn-hangzhou"
	away     = "cn-beijing"
	key      = "dir/a b+c%d 中文.bin"
)

// world is an OSS in this process and a copy engine that uses it, in virtual time.
type world struct {
	*localoss.Server
	t       *testing.T
	ctx     context.Context
	streams bool
	method  string // the method of copying, in tests by byEachMethod
	copier  *copier.Copier
	engine  *oss.Client // of the copier
	client  *oss.Client // of the test, past all faults

	mu      sync.Mutex
	events  []events.Object // whole new objects, the newest last
	copied  []int           // numbers of the parts that UploadPartCopy was sent for
	history []*localoss.Object
}

// setup is what differs from the defaults in a test.
type setup struct {
	options copier.Options
	faults  []fault.Fault
	// intercept comes before the faults.
	intercept localoss.Intercept
	// via changes how the engine's requests reach the server.
	via func(http.RoundTripper) http.RoundTripper
	// authorize says what the key may do; nil is everything.
	authorize localoss.Authorize
	// streams has the target bucket in another region.
	streams bool
}

// inWorld runs a test in a bubble of virtual time.
func inWorld(t *testing.T, s setup, test func(t *testing.T, w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t}
		server, err := localoss.New(localoss.Config{
			Intercept: localoss.Chain(w.notePart, s.intercept, fault.New(1, s.faults...).Intercept),
			Authorize: s.authorize,
			OnEvent:   w.keepEvent,
			OnChange:  w.keepHistory,
		})
		if err != nil {
			t.Fatal(err)
		}
		defer server.Close()
		w.Server = server
		var elsewhere []localoss.BucketOption
		if s.streams {
			elsewhere = []localoss.BucketOption{localoss.WithRegion(away)}
		}
		if err := errors.Join(server.CreateBucket(from), server.CreateBucket(to, elsewhere...)); err != nil {
			t.Fatal(err)
		}
		transport := server.Transport()
		if s.via != nil {
			transport = s.via(transport)
		}
		w.streams = s.streams
		w.engine = osscall.NewClient(home, "http://127.0.0.1", transport)
		s.options.Region = home
		s.options.Remote = func(to rules.Remote) *oss.Client {
			return osscall.NewClient(to.Region, "http://127.0.0.1", transport)
		}
		w.copier = copier.New(w.engine, s.options)
		keys := osscall.Credentials{AccessKeyID: "local", AccessKeySecret: "local"}
		w.ctx = osscall.WithCredentials(t.Context(), keys)
		w.client = oss.NewClient(oss.LoadDefaultConfig().
			WithSignatureVersion(oss.SignatureVersionV1). // for both regions
			WithEndpoint("http://127.0.0.1").
			WithCredentialsProvider(credentials.NewStaticCredentialsProvider("local", "local")).
			WithHttpClient(&http.Client{Transport: server.Transport()}))
		test(t, w)
	})
}

// byEachMethod runs a test in a world of its own for each method of copying: within the region and
// to another one, with options that copy in one request, and with inParts.
func byEachMethod(t *testing.T, s setup, test func(t *testing.T, w *world)) {
	t.Helper()
	for name, m := range map[string]struct {
		method  string
		options copier.Options
		streams bool
	}{
		"CopyObject":      {copier.MethodCopyObject, copier.Options{}, false},
		"UploadPartCopy":  {copier.MethodUploadPartCopy, inParts(), false},
		"Stream":          {copier.MethodStream, copier.Options{}, true},
		"Stream in parts": {copier.MethodStream, inParts(), true},
	} {
		s.options, s.streams = m.options, m.streams
		t.Run(name, func(t *testing.T) {
			inWorld(t, s, func(t *testing.T, w *world) {
				w.method = m.method
				test(t, w)
			})
		})
	}
}

// inParts are options that make every object be copied in parts of 1 MiB.
func inParts() copier.Options { return copier.Options{SingleCopyLimit: 1, PartSize: partSize} }

// keepEvent keeps the objects of an event.
func (w *world) keepEvent(payload []byte) {
	objects, err := events.Parse(payload)
	if err != nil {
		w.t.Errorf("event: %v", err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, o := range objects {
		if o.Ignored == "" {
			w.events = append(w.events, o)
		}
	}
}

// keepHistory keeps every object that the destination was.
func (w *world) keepHistory(bucket, k string, now *localoss.Object) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if bucket == to && k == key && now != nil {
		w.history = append(w.history, now)
	}
}

// notePart notes which part a request copies, and makes that take a moment.
func (w *world) notePart(ctx context.Context, call *localoss.Call, next func() *localoss.Response) *localoss.Response {
	if call.Name == "UploadPartCopy" {
		w.mu.Lock()
		w.copied = append(w.copied, call.PartNumber)
		w.mu.Unlock()
		select {
		case <-time.After(10 * time.Millisecond):
		case <-ctx.Done():
		}
	}
	return next()
}

// put makes a sparse source object, whose content the seed decides, and gives
// its event.
func (w *world) put(size int64, seed uint64, options ...localoss.ObjectOption) events.Object {
	w.t.Helper()
	if err := w.PutSparse(from, key, size, append(options, localoss.WithSeed(seed))...); err != nil {
		w.t.Fatal(err)
	}
	return w.newest()
}

func (w *world) newest() events.Object {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.events[len(w.events)-1]
}

// plan is a plain copy to the target bucket under the same key.
func plan(change ...func(*rules.Copy)) *rules.Copy {
	c := &rules.Copy{Rule: "r", Bucket: to, Key: key,
		TaggingDirective: rules.DirectiveCopy, MetadataDirective: rules.DirectiveCopy}
	for _, f := range change {
		f(c)
	}
	return c
}

// copy carries the plan out and forgets what was counted before.
func (w *world) copy(ctx context.Context, o events.Object, p *rules.Copy) copier.Outcome {
	w.ResetCounts()
	w.mu.Lock()
	w.copied = nil
	w.mu.Unlock()
	src := w.copier.Source(ctx, o)
	src.Aside = func(wait func()) { wait() }
	return w.copier.Copy(ctx, src, w.inRegion(p))
}

// inRegion has a plan name the region of its destination.
func (w *world) inRegion(p *rules.Copy) *rules.Copy {
	if w.streams && p.Bucket == to {
		p.Remote.Region = away
	}
	return p
}

// within is the world's context with a deadline.
func (w *world) within(d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(w.ctx, d)
	w.t.Cleanup(cancel)
	return ctx
}

// partsCopied are the numbers of the parts that were sent, sorted.
func (w *world) partsCopied() []int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Sorted(slices.Values(w.copied))
}

// wantOutcome fails the test if the copy ended in another way.
func (w *world) wantOutcome(out copier.Outcome, want copier.Result) {
	w.t.Helper()
	if out.Result != want {
		w.t.Fatalf("outcome %s, error %v; want %s", out.Result, out.Error, want)
	}
}

// wantCounts compares the requests that reached the server, by operation.
func (w *world) wantCounts(want map[string]int) {
	w.t.Helper()
	got := w.Counts()
	for _, op := range slices.Sorted(slices.Values(append(keysOf(got), keysOf(want)...))) {
		if got[op] != want[op] {
			w.t.Errorf("%d × %s, want %d; all: %v", got[op], op, want[op], got)
		}
	}
}

func keysOf(m map[string]int) (all []string) {
	for k := range m {
		all = append(all, k)
	}
	return all
}

// wantCopy checks that the destination holds the source's content as it is now.
func (w *world) wantCopy() {
	w.t.Helper()
	src, _ := w.Object(from, key)
	dst, ok := w.Object(to, key)
	if !ok || dst.CRC64 != src.CRC64 || dst.Size != src.Size {
		w.t.Errorf("the destination is %+v, want the content of %+v", dst, src)
	}
}

// wantAbsent checks that nothing ever became visible at the destination.
func (w *world) wantAbsent() {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.history) > 0 {
		w.t.Errorf("the destination was written: %+v", w.history[0])
	}
}

// wantTidy checks that no upload is open and nothing is remembered.
func (w *world) wantTidy() {
	w.t.Helper()
	synctest.Wait()
	if open := w.Uploads(to); len(open) > 0 {
		w.t.Errorf("left open: %+v", open)
	}
	for _, o := range w.Objects(to) {
		if o.Key != key {
			w.t.Errorf("left behind: %s", o.Key)
		}
	}
}

// abort ends an upload, as a lifecycle rule does.
func (w *world) abort(u localoss.Upload) {
	w.t.Helper()
	_, err := w.client.AbortMultipartUpload(w.ctx, &oss.AbortMultipartUploadRequest{
		Bucket: oss.Ptr(to), Key: &u.Key, UploadId: &u.ID})
	if err != nil {
		w.t.Fatal(err)
	}
}

// delete deletes an object.
func (w *world) delete(bucket, k string) {
	w.t.Helper()
	if _, err := w.client.DeleteObject(w.ctx, &oss.DeleteObjectRequest{Bucket: &bucket, Key: &k}); err != nil {
		w.t.Fatal(err)
	}
}

// putAt puts a sparse object of seed 1.
func (w *world) putAt(bucket, k string, size int64, options ...localoss.ObjectOption) {
	w.t.Helper()
	if err := w.PutSparse(bucket, k, size, append(options, localoss.WithSeed(1))...); err != nil {
		w.t.Fatal(err)
	}
}

// putSymlink makes the key of a bucket a link, with the metadata a: b.
func (w *world) putSymlink(bucket, target string) {
	w.t.Helper()
	_, err := w.client.PutSymlink(w.ctx, &oss.PutSymlinkRequest{
		Bucket: &bucket, Key: oss.Ptr(key), Target: &target, Metadata: map[string]string{"a": "b"}})
	if err != nil {
		w.t.Fatal(err)
	}
}

// overwrite puts other content into an object.
func (w *world) overwrite(bucket, k, content string) {
	w.t.Helper()
	_, err := w.client.PutObject(w.ctx, &oss.PutObjectRequest{
		Bucket: &bucket, Key: &k, Body: strings.NewReader(content)})
	if err != nil {
		w.t.Fatal(err)
	}
}

// read is the body of an answer.
func read(resp *http.Response) string {
	var b bytes.Buffer
	if _, err := b.ReadFrom(resp.Body); err != nil {
		return err.Error()
	}
	return b.String()
}

// allVersions counts the versions and delete markers of every key of a bucket.
func (w *world) allVersions(bucket string) map[string]int {
	w.t.Helper()
	res, err := w.client.ListObjectVersions(w.ctx, &oss.ListObjectVersionsRequest{Bucket: &bucket, MaxKeys: 1000})
	if err != nil {
		w.t.Fatal(err)
	}
	count := map[string]int{}
	for _, v := range res.ObjectVersions {
		count[oss.ToString(v.Key)]++
	}
	for _, v := range res.ObjectDeleteMarkers {
		count[oss.ToString(v.Key)]++
	}
	return count
}
