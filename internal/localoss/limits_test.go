package localoss_test

import (
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"afterput/internal/localoss"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
)

func TestSizeLimitOfACopyDependsOnWhatItChanges(t *testing.T) {
	const gib = 1 << 30
	w := newWorld(t, localoss.Config{})
	if err := w.CreateBucket("other"); err != nil {
		t.Fatal(err)
	}
	if err := w.CreateBucket("cheap", localoss.WithBucketClass("IA")); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		bucket string
		limit  int64 // 0: none
		edit   func(*oss.CopyObjectRequest)
	}{
		{"nothing, within the bucket", "bkt", 0, nil},
		{"tags, metadata and ACL, within the bucket", "bkt", 0, func(r *oss.CopyObjectRequest) {
			r.TaggingDirective, r.Tagging = oss.Ptr("Replace"), oss.Ptr("a=b")
			r.MetadataDirective, r.Acl = oss.Ptr("REPLACE"), oss.ObjectACLPrivate
		}},
		{"nothing, to another bucket", "other", 5 * gib, nil},
		{"the class", "bkt", gib, func(r *oss.CopyObjectRequest) { r.StorageClass = oss.StorageClassIA }},
		{"the class, by the bucket", "cheap", gib, nil},
		{"the encryption", "bkt", gib, func(r *oss.CopyObjectRequest) { r.ServerSideEncryption = oss.Ptr("AES256") }},
	} {
		for _, over := range []int64{0, 1} {
			size := c.limit + over
			if c.limit == 0 {
				size = 100 * gib
			}
			if err := w.PutSparse("bkt", "src", size); err != nil {
				t.Fatal(err)
			}
			req := &oss.CopyObjectRequest{
				Bucket: oss.Ptr(c.bucket), Key: oss.Ptr("dst"), SourceBucket: oss.Ptr("bkt"), SourceKey: oss.Ptr("src"),
			}
			if c.edit != nil {
				c.edit(req)
			}
			_, err := w.sdk.CopyObject(ctx, req)
			if c.limit > 0 && over > 0 {
				w.refused(err, 400, "EntityTooLarge", "")
			} else if err != nil {
				t.Errorf("changing %s, %d bytes: %v", c.name, size, err)
			}
		}
	}
	if err := w.PutSparse("bkt", "src", 5*gib+1); err != nil {
		t.Fatal(err)
	}
	up, err := w.sdk.InitiateMultipartUpload(ctx, &oss.InitiateMultipartUploadRequest{
		Bucket: oss.Ptr("bkt"), Key: oss.Ptr("dst"),
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.sdk.UploadPartCopy(ctx, &oss.UploadPartCopyRequest{
		Bucket: oss.Ptr("bkt"), Key: oss.Ptr("dst"), UploadId: up.UploadId, PartNumber: 1, SourceKey: oss.Ptr("src"),
	})
	w.refused(err, 400, "EntityTooLarge", "")
}

// TestRequestsInParallelNeverShowAMixedObject sends requests of every kind for a few keys. Every
// object that is visible must have the content of one upload.
func TestRequestsInParallelNeverShowAMixedObject(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	w := newWorld(t, localoss.Config{OnChange: func(_, key string, now *localoss.Object) {
		if now == nil {
			return
		}
		text, err := io.ReadAll(now.Reader())
		if err != nil {
			t.Error(err)
		}
		if s := string(text); strings.Trim(s, s[:1]) != "" {
			t.Errorf("%s has content of two uploads", key)
		}
	}})
	var wg sync.WaitGroup
	for worker := range 8 {
		wg.Go(func() {
			random := rand.New(rand.NewPCG(seed, uint64(worker)))
			key := func() *string { return oss.Ptr(fmt.Sprint("k", random.IntN(4))) }
			for range 150 {
				switch b := oss.Ptr("bkt"); random.IntN(8) {
				case 0, 1:
					text := strings.Repeat(string(rune('a'+random.IntN(26))), 1+random.IntN(5000))
					_, _ = w.sdk.PutObject(ctx, &oss.PutObjectRequest{
						Bucket: b, Key: key(), Body: strings.NewReader(text),
					})
				case 2:
					_, _ = w.sdk.CopyObject(ctx, &oss.CopyObjectRequest{Bucket: b, Key: key(), SourceKey: key()})
				case 3:
					_, _ = w.sdk.DeleteObject(ctx, &oss.DeleteObjectRequest{Bucket: b, Key: key()})
				case 4:
					_, _ = w.sdk.ListObjectVersions(ctx, &oss.ListObjectVersionsRequest{Bucket: b})
				case 5:
					status := []oss.VersioningStatusType{oss.VersionEnabled, oss.VersionSuspended}[random.IntN(2)]
					_, _ = w.sdk.PutBucketVersioning(ctx, &oss.PutBucketVersioningRequest{
						Bucket: b, VersioningConfiguration: &oss.VersioningConfiguration{Status: status},
					})
				case 6:
					other := oss.Ptr(fmt.Sprint("other", random.IntN(2)))
					_, _ = w.sdk.PutBucket(ctx, &oss.PutBucketRequest{Bucket: other})
					_, _ = w.sdk.CopyObject(ctx, &oss.CopyObjectRequest{
						Bucket: other, Key: key(), SourceBucket: b, SourceKey: key(),
					})
					_, _ = w.sdk.ListBuckets(ctx, &oss.ListBucketsRequest{})
					_, _ = w.sdk.DeleteObject(ctx, &oss.DeleteObjectRequest{Bucket: other, Key: key()})
					_, _ = w.sdk.DeleteBucket(ctx, &oss.DeleteBucketRequest{Bucket: other})
				case 7:
					_, _ = w.sdk.PutObjectTagging(ctx, &oss.PutObjectTaggingRequest{
						Bucket: b,
						Key:    key(),
						Tagging: &oss.Tagging{
							TagSet: &oss.TagSet{Tags: []oss.Tag{{Key: oss.Ptr("a"), Value: oss.Ptr("b")}}},
						},
					})
				}
			}
		})
	}
	wg.Wait()
}
