package state_test

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"

	"afterput/internal/localoss"
	"afterput/internal/localoss/fault"
	"afterput/internal/osscall"
	"afterput/internal/state"
)

const (
	from = "source-bucket"
	to   = "target-bucket"
	key  = "dir/a b+c%d 中文.bin"
)

// world is an OSS in this process, in virtual time, and a store in front of it.
type world struct {
	*localoss.Server
	t      *testing.T
	ctx    context.Context
	engine *oss.Client // of the engine
	client *oss.Client // of the test
	store  state.Store
}

// inWorld runs a test with two buckets and a source in the first; options are those of the
// second, where the state objects are.
func inWorld(t *testing.T, faults []fault.Fault, options []localoss.BucketOption, test func(*testing.T, *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		server, err := localoss.New(localoss.Config{Intercept: fault.New(1, faults...).Intercept})
		if err != nil {
			t.Fatal(err)
		}
		defer server.Close()
		keys := osscall.Credentials{AccessKeyID: "local", AccessKeySecret: "local"}
		w := &world{Server: server, t: t, ctx: osscall.WithCredentials(t.Context(), keys)}
		w.engine = osscall.NewClient("cn-hangzhou", "http://127.0.0.1", server.Transport())
		w.client = oss.NewClient(oss.LoadDefaultConfig().WithRegion("cn-hangzhou").WithEndpoint("http://127.0.0.1").
			WithCredentialsProvider(credentials.NewStaticCredentialsProvider("local", "local")).
			WithHttpClient(&http.Client{Transport: server.Transport()}))
		w.store = state.Store{OSS: w.engine, Call: func(op string) osscall.Call {
			return osscall.Call{Op: op, Limit: osscall.LookTime}
		}}
		w.fatal(server.CreateBucket(from))
		w.fatal(server.CreateBucket(to, options...))
		w.fatal(server.PutSparse(from, key, 1<<20, localoss.WithSeed(1)))
		test(t, w)
	})
}

func (w *world) fatal(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// initiate begins an upload to a key of the second bucket, and gives its id.
func (w *world) initiate(k string) string {
	w.t.Helper()
	res, err := w.client.InitiateMultipartUpload(w.ctx, &oss.InitiateMultipartUploadRequest{
		Bucket: oss.Ptr(to), Key: &k})
	w.fatal(err)
	return *res.UploadId
}

// begin begins an upload of the source and writes its state object, as the engine does.
func (w *world) begin() *state.Object {
	w.t.Helper()
	source, _ := w.Object(from, key)
	o := w.store.New(state.Upload{Bucket: to, Key: key, UploadID: w.initiate(key), Source: osscall.URL(from, key),
		ETag: source.ETag, Size: source.Size, PartSize: source.Size, Started: source.LastModified})
	w.fatal(w.store.Write(w.ctx, o))
	return o
}

// find gives what state objects name of copies from the source to the destination.
func (w *world) find() []*state.Object {
	w.t.Helper()
	found, err := w.store.Find(w.ctx, state.Upload{Bucket: to, Key: key, Source: osscall.URL(from, key)})
	w.fatal(err)
	return found
}

// abort aborts an upload, as a lifecycle rule does.
func (w *world) abort(u localoss.Upload) {
	w.t.Helper()
	_, err := w.client.AbortMultipartUpload(w.ctx, &oss.AbortMultipartUploadRequest{
		Bucket: oss.Ptr(to), Key: &u.Key, UploadId: &u.ID})
	w.fatal(err)
}

// delete deletes an object.
func (w *world) delete(bucket, k string) {
	w.t.Helper()
	_, err := w.client.DeleteObject(w.ctx, &oss.DeleteObjectRequest{Bucket: &bucket, Key: &k})
	w.fatal(err)
}

// wantNothingNamed checks that no state object is left, in any version.
func (w *world) wantNothingNamed() {
	w.t.Helper()
	res, err := w.client.ListObjectVersions(w.ctx, &oss.ListObjectVersionsRequest{Bucket: oss.Ptr(to)})
	w.fatal(err)
	for _, v := range res.ObjectVersions {
		w.t.Errorf("left behind: %s, version %s", *v.Key, *v.VersionId)
	}
	for _, m := range res.ObjectDeleteMarkers {
		w.t.Errorf("left behind: a delete marker of %s", *m.Key)
	}
}
