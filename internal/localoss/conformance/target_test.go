package conformance

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/retry"

	"afterput/internal/localoss"
)

// target is an OSS that the tests run against.
type target struct {
	client   *oss.Client
	endpoint string
	live     bool
	// sparse creates an object that is too large to upload in a test; nil on the live service.
	sparse func(bucket, key string, size int64) error
	// pass advances the clock of the service.
	pass func(time.Duration)
}

// conform runs a test against every available target.
func conform(t *testing.T, test func(w *world)) {
	t.Helper()
	t.Run("local", func(t *testing.T) { test(newWorld(t, local(t))) })
	if os.Getenv("OSS_TEST_ENDPOINT") != "" {
		t.Run("live", func(t *testing.T) { test(newWorld(t, live(t))) })
	}
}

func local(t *testing.T) *target {
	t.Helper()
	var ahead atomic.Int64
	server, err := localoss.New(localoss.Config{
		Now: func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) },
	})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	web := &http.Server{Handler: server}
	go web.Serve(listener)
	t.Cleanup(func() {
		web.Close()
		server.Close()
	})
	endpoint := "http://" + listener.Addr().String()
	config := configure("cn-hangzhou", endpoint, "local", "local").WithRetryer(retry.NopRetryer{})
	return &target{
		client:   oss.NewClient(config),
		endpoint: endpoint,
		sparse:   func(bucket, key string, size int64) error { return server.PutSparse(bucket, key, size) },
		pass:     func(d time.Duration) { ahead.Add(int64(d)) },
	}
}

func live(t *testing.T) *target {
	t.Helper()
	endpoint := os.Getenv("OSS_TEST_ENDPOINT")
	return &target{
		client: oss.NewClient(configure(os.Getenv("OSS_TEST_REGION"), endpoint,
			os.Getenv("OSS_TEST_ACCESS_KEY_ID"), os.Getenv("OSS_TEST_ACCESS_KEY_SECRET"))),
		endpoint: endpoint,
		live:     true,
		pass:     time.Sleep,
	}
}

func configure(region, endpoint, id, secret string) *oss.Config {
	return oss.LoadDefaultConfig().
		WithRegion(region).
		WithEndpoint(endpoint).
		WithCredentialsProvider(credentials.NewStaticCredentialsProvider(id, secret))
}

// world is a target and the buckets of one test, which are deleted when the test ends.
type world struct {
	*testing.T
	*target
	ctx    context.Context
	bucket string
}

func newWorld(t *testing.T, on *target) *world {
	t.Helper()
	w := &world{T: t, target: on, ctx: context.Background()}
	w.bucket = w.newBucket()
	return w
}

// try runs a part of the test as a subtest.
func (w *world) try(name string, part func(w *world)) {
	w.Helper()
	w.Run(name, func(t *testing.T) {
		inner := *w
		inner.T = t
		part(&inner)
	})
}

func (w *world) newBucket(changes ...func(*oss.PutBucketRequest)) string {
	w.Helper()
	name := bucketName()
	request := &oss.PutBucketRequest{Bucket: &name}
	for _, change := range changes {
		change(request)
	}
	_, err := w.client.PutBucket(w.ctx, request)
	w.ok(err)
	w.Cleanup(func() { w.removeBucket(name) })
	return name
}

func bucketName() string {
	var b [6]byte
	rand.Read(b[:])
	return "conformance-" + hex.EncodeToString(b[:])
}

// removeBucket deletes a bucket with every upload and version in it.
func (w *world) removeBucket(name string) {
	w.Helper()
	uploads := w.client.NewListMultipartUploadsPaginator(&oss.ListMultipartUploadsRequest{Bucket: &name})
	for uploads.HasNext() {
		page, err := uploads.NextPage(w.ctx)
		w.ok(err)
		for _, u := range page.Uploads {
			_, err := w.client.AbortMultipartUpload(w.ctx, &oss.AbortMultipartUploadRequest{
				Bucket: &name, Key: u.Key, UploadId: u.UploadId,
			})
			w.ok(err)
		}
	}
	remove := func(key, version *string) {
		_, err := w.client.DeleteObject(w.ctx, &oss.DeleteObjectRequest{Bucket: &name, Key: key, VersionId: version})
		w.ok(err)
	}
	versions := w.client.NewListObjectVersionsPaginator(&oss.ListObjectVersionsRequest{Bucket: &name})
	for versions.HasNext() {
		page, err := versions.NextPage(w.ctx)
		w.ok(err)
		for _, v := range page.ObjectVersions {
			remove(v.Key, v.VersionId)
		}
		for _, m := range page.ObjectDeleteMarkers {
			remove(m.Key, m.VersionId)
		}
	}
	_, err := w.client.DeleteBucket(w.ctx, &oss.DeleteBucketRequest{Bucket: &name})
	w.ok(err)
}

// ok stops the test if there is an error.
func (w *world) ok(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// refused checks the status and code of an error, "" for any code, and returns the error.
func (w *world) refused(err error, status int, code string) *oss.ServiceError {
	w.Helper()
	var refusal *oss.ServiceError
	if !errors.As(err, &refusal) {
		w.Fatalf("got %v, want %d %s", err, status, code)
	}
	if refusal.StatusCode != status || code != "" && refusal.Code != code {
		w.Errorf("got %d %s (%s), want %d %s", refusal.StatusCode, refusal.Code, refusal.Message, status, code)
	}
	if refusal.RequestID == "" {
		w.Error("the error has no request id")
	}
	return refusal
}

// same checks a value in a reply.
func same[V comparable](w *world, what string, got, want V) {
	w.Helper()
	if got != want {
		w.Errorf("%s is %v, want %v", what, got, want)
	}
}

// unconfirmed checks what this project assumes about OSS and no source documents. On the live
// service it only logs whether it is so.
func (w *world) unconfirmed(fact string, isSo bool) {
	w.Helper()
	if w.live {
		w.Logf("unconfirmed: %s: %v", fact, isSo)
	} else if !isSo {
		w.Errorf("this project assumes: %s", fact)
	}
}

// text returns the string that a pointer in a reply points to, "" for nil.
func text(s *string) string { return oss.ToString(s) }
