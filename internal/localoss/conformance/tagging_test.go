package conformance

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
)

func (w *world) putTags(key string, pairs ...string) error {
	set := &oss.TagSet{}
	for i := 0; i+1 < len(pairs); i += 2 {
		set.Tags = append(set.Tags, oss.Tag{Key: &pairs[i], Value: &pairs[i+1]})
	}
	_, err := w.client.PutObjectTagging(w.ctx, &oss.PutObjectTaggingRequest{
		Bucket: &w.bucket, Key: &key, Tagging: &oss.Tagging{TagSet: set},
	})
	return err
}

func TestReplacingAndDeletingTagsDoesNotModifyTheObject(t *testing.T) {
	conform(t, func(w *world) {
		w.put("k", "x", func(r *oss.PutObjectRequest) { r.Tagging = oss.Ptr("a=1&b=2") })
		before := w.head(w.bucket, "k")
		w.pass(2 * time.Second)
		w.ok(w.putTags("k", "c", "3", "d", ""))
		same(w, "tags", w.tags(w.bucket, "k"), "c=3&d=")
		_, err := w.client.DeleteObjectTagging(w.ctx, &oss.DeleteObjectTaggingRequest{
			Bucket: &w.bucket, Key: oss.Ptr("k"),
		})
		w.ok(err)
		same(w, "tags", w.tags(w.bucket, "k"), "")
		after := w.head(w.bucket, "k")
		same(w, "Last-Modified", after.LastModified.Equal(*before.LastModified), true)
		same(w, "tag count", after.TaggingCount, 0)
	})
}

func TestTagsUpToTheirLimits(t *testing.T) {
	conform(t, func(w *world) {
		w.put("k", "x")
		ten := []string{strings.Repeat("k", 128), strings.Repeat("v", 256), "+-=._:/ ", "+-=._:/ "}
		for i := range 8 {
			ten = append(ten, fmt.Sprint("tag", i), "v")
		}
		w.ok(w.putTags("k", ten...))
		same(w, "tag count", w.head(w.bucket, "k").TaggingCount, 10)
		for _, test := range []struct {
			name string
			tags []string
		}{
			{"eleven", append(ten, "one more", "v")},
			{"a key twice", []string{"a", "1", "a", "2"}},
			{"an empty key", []string{"", "1"}},
			{"a long key", []string{strings.Repeat("k", 129), "1"}},
			{"a long value", []string{"a", strings.Repeat("v", 257)}},
			{"a character that tags cannot have", []string{"a#b", "1"}},
		} {
			w.try(test.name, func(w *world) {
				w.refused(w.putTags("k", test.tags...), 400, "")
			})
		}
		same(w, "tag count", w.head(w.bucket, "k").TaggingCount, 10)
	})
}

func TestTagsBeyondASCII(t *testing.T) {
	conform(t, func(w *world) {
		chinese := "%E9%A1%B9%E7%9B%AE=%E8%B4%A2%E5%8A%A1+2026" // 项目=财务 2026
		w.put("put", "x", func(r *oss.PutObjectRequest) { r.Tagging = &chinese })
		same(w, "tags of an upload", w.tags(w.bucket, "put"), "项目=财务 2026")
		w.ok(w.putTags("put", "阶段", "原图"))
		same(w, "tags put afterwards", w.tags(w.bucket, "put"), "阶段=原图")

		w.copy("put", "copied")
		same(w, "tags copied", w.tags(w.bucket, "copied"), "阶段=原图")
		w.copy("put", "replaced", replaceTags(chinese))
		same(w, "tags replaced", w.tags(w.bucket, "replaced"), "项目=财务 2026")

		upload := w.initiate("parts", func(r *oss.InitiateMultipartUploadRequest) { r.Tagging = &chinese })
		part := w.part("parts", upload, 1, "x")
		_, err := w.complete("parts", upload, []oss.UploadPart{{PartNumber: 1, ETag: part.ETag}})
		w.ok(err)
		same(w, "tags of an upload in parts", w.tags(w.bucket, "parts"), "项目=财务 2026")

		_, err = w.client.AppendObject(w.ctx, &oss.AppendObjectRequest{
			Bucket:   &w.bucket,
			Key:      oss.Ptr("appended"),
			Position: oss.Ptr(int64(0)),
			Body:     strings.NewReader("x"),
			Tagging:  &chinese,
		})
		w.ok(err)
		same(w, "tags of an append", w.tags(w.bucket, "appended"), "项目=财务 2026")
		_, err = w.client.PutSymlink(w.ctx, &oss.PutSymlinkRequest{
			Bucket:        &w.bucket,
			Key:           oss.Ptr("link"),
			Target:        oss.Ptr("put"),
			RequestCommon: oss.RequestCommon{Headers: map[string]string{"x-oss-tagging": chinese}},
		})
		w.ok(err)
		w.unconfirmed("a symlink can have tags", w.tags(w.bucket, "link") == "项目=财务 2026")

		for _, tags := range [][]string{{strings.Repeat("图", 43), ""}, {"a", strings.Repeat("图", 86)}} {
			err := w.putTags("put", tags...) // 129 and 258 bytes
			if !w.live {
				w.refused(err, 400, "InvalidTag")
			}
			w.unconfirmed("the length of a tag is counted in bytes", err != nil)
		}
		w.ok(w.putTags("put", strings.Repeat("图", 42), strings.Repeat("图", 85)))
	})
}

func TestInvalidTaggingHeaderOfAnUpload(t *testing.T) {
	conform(t, func(w *world) {
		for _, tags := range []string{"a=1&a=2", "a=%zz", "=1"} {
			_, err := w.client.PutObject(w.ctx, &oss.PutObjectRequest{
				Bucket: &w.bucket, Key: oss.Ptr("k"), Body: strings.NewReader("x"), Tagging: &tags,
			})
			w.refused(err, 400, "")
		}
		same(w, "object after it", w.exists(w.bucket, "k"), false)
		w.put("k", "x", func(r *oss.PutObjectRequest) { r.Tagging = oss.Ptr("alone&a%20b=c%3Dd") })
		same(w, "tags", w.tags(w.bucket, "k"), "a b=c=d&alone=")
	})
}

func TestObjectACLs(t *testing.T) {
	conform(t, func(w *world) {
		w.put("k", "x")
		same(w, "ACL", w.acl(w.bucket, "k"), "default")
		for _, acl := range []oss.ObjectACLType{oss.ObjectACLPrivate, oss.ObjectACLPublicRead, oss.ObjectACLDefault} {
			_, err := w.client.PutObjectAcl(w.ctx, &oss.PutObjectAclRequest{
				Bucket: &w.bucket, Key: oss.Ptr("k"), Acl: acl,
			})
			w.ok(err)
			same(w, "ACL", w.acl(w.bucket, "k"), string(acl))
		}
	})
}

func TestBucketACLs(t *testing.T) {
	conform(t, func(w *world) {
		get := func() string {
			result, err := w.client.GetBucketAcl(w.ctx, &oss.GetBucketAclRequest{Bucket: &w.bucket})
			w.ok(err)
			return text(result.ACL)
		}
		same(w, "ACL", get(), "private")
		if w.live {
			return // accounts may forbid public buckets
		}
		_, err := w.client.PutBucketAcl(w.ctx, &oss.PutBucketAclRequest{
			Bucket: &w.bucket, Acl: oss.BucketACLPublicRead,
		})
		w.ok(err)
		same(w, "ACL", get(), "public-read")
	})
}
