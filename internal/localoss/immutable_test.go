package localoss_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"afterput/internal/localoss"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
)

// overwrites overwrites a key of the bucket "fixed" in every way and returns the errors.
// AppendObject writes to the appendable object.
func (w *world) overwrites(key string) map[string]error {
	w.Helper()
	b, k, src := oss.Ptr("fixed"), &key, oss.Ptr("bkt")
	errs := map[string]error{}
	note := func(name string, err error) { errs[name] = err }
	_, err := w.sdk.PutObject(ctx, &oss.PutObjectRequest{Bucket: b, Key: k, Body: strings.NewReader("new")})
	note("PutObject", err)
	_, err = w.sdk.CopyObject(ctx, &oss.CopyObjectRequest{
		Bucket: b, Key: k, SourceBucket: src, SourceKey: oss.Ptr("src"),
	})
	note("CopyObject", err)
	_, err = w.sdk.CopyObject(ctx, &oss.CopyObjectRequest{
		Bucket: b, Key: k, SourceKey: k, StorageClass: oss.StorageClassIA,
	})
	note("CopyObject onto itself", err)
	_, err = w.sdk.PutSymlink(ctx, &oss.PutSymlinkRequest{Bucket: b, Key: k, Target: oss.Ptr("src")})
	note("PutSymlink", err)
	_, err = w.sdk.AppendObject(ctx, &oss.AppendObjectRequest{
		Bucket: b, Key: oss.Ptr("log"), Position: oss.Ptr(int64(3)), Body: strings.NewReader("more"),
	})
	note("AppendObject", err)
	return errs
}

// fill creates a bucket "fixed" with the object "k" and the appendable object "log".
func (w *world) fill(options ...localoss.BucketOption) {
	w.Helper()
	if err := w.CreateBucket("fixed", options...); err != nil {
		w.Fatal(err)
	}
	w.put("src", "text")
	_, err := w.sdk.PutObject(ctx, &oss.PutObjectRequest{
		Bucket: oss.Ptr("fixed"), Key: oss.Ptr("k"), Body: strings.NewReader("old"),
	})
	if err != nil {
		w.Fatal(err)
	}
	_, err = w.sdk.AppendObject(ctx, &oss.AppendObjectRequest{
		Bucket: oss.Ptr("fixed"), Key: oss.Ptr("log"), Position: oss.Ptr(int64(0)), Body: strings.NewReader("one"),
	})
	if err != nil {
		w.Fatal(err)
	}
}

// complete uploads the key in one part. It returns the errors of initiating and of completing.
func (w *world) complete(key string) (initiated, completed error) {
	up, err := w.sdk.InitiateMultipartUpload(ctx, &oss.InitiateMultipartUploadRequest{
		Bucket: oss.Ptr("fixed"), Key: &key,
	})
	if err != nil {
		return err, nil
	}
	_, err = w.sdk.UploadPart(ctx, &oss.UploadPartRequest{
		Bucket: oss.Ptr("fixed"), Key: &key, UploadId: up.UploadId, PartNumber: 1, Body: strings.NewReader("new"),
	})
	if err != nil {
		w.Fatal(err)
	}
	_, err = w.sdk.CompleteMultipartUpload(ctx, &oss.CompleteMultipartUploadRequest{
		Bucket: oss.Ptr("fixed"), Key: &key, UploadId: up.UploadId, CompleteAll: oss.Ptr("yes"),
	})
	return nil, err
}

func (w *world) wantUnchanged(key, want string) {
	w.Helper()
	o, ok := w.Object("fixed", key)
	if !ok || o.Size != int64(len(want)) || o.Type == "Symlink" || o.StorageClass != "Standard" {
		w.Errorf("%s is %+v", key, o)
	}
}

func TestForbidOverwriteOfABucketRefusesEveryOverwrite(t *testing.T) {
	w := newWorld(t, localoss.Config{})
	w.fill(localoss.WithForbidOverwrite())
	for name, err := range w.overwrites("k") {
		t.Run(name, func(t *testing.T) { (&world{T: t}).refused(err, 409, "FileAlreadyExists", "") })
	}
	initiated, _ := w.complete("k")
	w.refused(initiated, 409, "FileAlreadyExists", "")
	w.wantUnchanged("k", "old")
	w.wantUnchanged("log", "one")
	if initiated, completed := w.complete("another"); initiated != nil || completed != nil {
		t.Errorf("a new object: %v, %v", initiated, completed)
	}
	// Deleting is allowed, and with versioning everything is.
	if _, err := w.sdk.DeleteObject(ctx, &oss.DeleteObjectRequest{
		Bucket: oss.Ptr("fixed"), Key: oss.Ptr("another"),
	}); err != nil {
		t.Error(err)
	}
	_, err := w.sdk.PutBucketVersioning(ctx, &oss.PutBucketVersioningRequest{Bucket: oss.Ptr("fixed"),
		VersioningConfiguration: &oss.VersioningConfiguration{Status: oss.VersionEnabled}})
	if err != nil {
		t.Fatal(err)
	}
	if _, completed := w.complete("k"); completed != nil {
		t.Errorf("with versioning: %v", completed)
	}
}

func TestRetainedObjectIsImmutableUntilTheRetentionEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		w := newWorld(t, localoss.Config{Data: dir})
		w.fill(localoss.WithRetention(24 * time.Hour))
		if err := w.Close(); err != nil { // the policy is stored with the bucket
			t.Fatal(err)
		}
		w = newWorld(t, localoss.Config{Data: dir})
		for name, err := range w.overwrites("k") {
			t.Log(name)
			w.refused(err, 409, "FileImmutable", "")
		}
		initiated, completed := w.complete("k")
		if initiated != nil {
			t.Fatal(initiated)
		}
		w.refused(completed, 409, "FileImmutable", "")
		remove := func() error {
			_, err := w.sdk.DeleteObject(ctx, &oss.DeleteObjectRequest{Bucket: oss.Ptr("fixed"), Key: oss.Ptr("k")})
			return err
		}
		w.refused(remove(), 409, "FileImmutable", "")
		w.wantUnchanged("k", "old")
		w.wantUnchanged("log", "one")
		if initiated, completed := w.complete("another"); initiated != nil || completed != nil {
			t.Errorf("a new object: %v, %v", initiated, completed)
		}
		time.Sleep(24 * time.Hour)
		if err := remove(); err != nil {
			t.Errorf("after the retention: %v", err)
		}
	})
}

func TestRetainedVersionAllowsNewerOnes(t *testing.T) {
	w := newWorld(t, localoss.Config{})
	w.fill(localoss.WithRetention(time.Hour), localoss.WithVersioning())
	if _, completed := w.complete("k"); completed != nil {
		t.Errorf("a newer version: %v", completed)
	}
	versions := w.Versions("fixed", "k")
	if len(versions) != 2 {
		t.Fatalf("%d versions", len(versions))
	}
	_, err := w.sdk.DeleteObject(ctx, &oss.DeleteObjectRequest{
		Bucket: oss.Ptr("fixed"), Key: oss.Ptr("k"), VersionId: &versions[1].VersionID,
	})
	w.refused(err, 409, "FileImmutable", "")
	if _, err := w.sdk.DeleteObject(ctx, &oss.DeleteObjectRequest{
		Bucket: oss.Ptr("fixed"), Key: oss.Ptr("k"),
	}); err != nil {
		t.Errorf("a delete marker: %v", err)
	}
}
