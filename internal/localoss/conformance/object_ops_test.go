package conformance

import (
	"errors"
	"io"
	"strings"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
)

// Operations that most tests need. The test fails if they fail.

func (w *world) put(key, body string, changes ...func(*oss.PutObjectRequest)) *oss.PutObjectResult {
	w.Helper()
	request := &oss.PutObjectRequest{Bucket: &w.bucket, Key: &key, Body: strings.NewReader(body)}
	for _, change := range changes {
		change(request)
	}
	result, err := w.client.PutObject(w.ctx, request)
	w.ok(err)
	return result
}

func (w *world) get(bucket, key string) string {
	w.Helper()
	result, err := w.client.GetObject(w.ctx, &oss.GetObjectRequest{Bucket: &bucket, Key: &key})
	w.ok(err)
	return w.read(result)
}

func (w *world) read(result *oss.GetObjectResult) string {
	w.Helper()
	defer result.Body.Close()
	b, err := io.ReadAll(result.Body)
	w.ok(err)
	return string(b)
}

func (w *world) head(bucket, key string) *oss.HeadObjectResult {
	w.Helper()
	result, err := w.client.HeadObject(w.ctx, &oss.HeadObjectRequest{Bucket: &bucket, Key: &key})
	w.ok(err)
	return result
}

func (w *world) exists(bucket, key string) bool {
	w.Helper()
	_, err := w.client.HeadObject(w.ctx, &oss.HeadObjectRequest{Bucket: &bucket, Key: &key})
	var refusal *oss.ServiceError
	if errors.As(err, &refusal) && refusal.StatusCode == 404 {
		return false
	}
	w.ok(err)
	return true
}

func (w *world) remove(key string) *oss.DeleteObjectResult {
	w.Helper()
	result, err := w.client.DeleteObject(w.ctx, &oss.DeleteObjectRequest{Bucket: &w.bucket, Key: &key})
	w.ok(err)
	return result
}

// copy copies within the world's bucket unless a change sets other buckets.
func (w *world) copy(source, key string, changes ...func(*oss.CopyObjectRequest)) *oss.CopyObjectResult {
	w.Helper()
	result, err := w.tryCopy(source, key, changes...)
	w.ok(err)
	return result
}

func (w *world) tryCopy(source, key string, changes ...func(*oss.CopyObjectRequest)) (*oss.CopyObjectResult, error) {
	request := &oss.CopyObjectRequest{Bucket: &w.bucket, Key: &key, SourceKey: &source}
	for _, change := range changes {
		change(request)
	}
	if request.SourceBucket == nil {
		request.SourceBucket = &w.bucket
	}
	return w.client.CopyObject(w.ctx, request)
}

// tags returns an object's tags as "k=v&k2=v2", sorted by key.
func (w *world) tags(bucket, key string) string {
	w.Helper()
	result, err := w.client.GetObjectTagging(w.ctx, &oss.GetObjectTaggingRequest{Bucket: &bucket, Key: &key})
	w.ok(err)
	var pairs []string
	for _, tag := range result.Tags {
		pairs = append(pairs, text(tag.Key)+"="+text(tag.Value))
	}
	return joinSorted(pairs)
}

func (w *world) acl(bucket, key string) string {
	w.Helper()
	result, err := w.client.GetObjectAcl(w.ctx, &oss.GetObjectAclRequest{Bucket: &bucket, Key: &key})
	w.ok(err)
	return text(result.ACL)
}

func (w *world) versioning(status oss.VersioningStatusType) {
	w.Helper()
	_, err := w.client.PutBucketVersioning(w.ctx, &oss.PutBucketVersioningRequest{
		Bucket: &w.bucket, VersioningConfiguration: &oss.VersioningConfiguration{Status: status},
	})
	w.ok(err)
}
