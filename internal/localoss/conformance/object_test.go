package conformance

import (
	"crypto/md5"
	"encoding/base64"
	"fmt"
	"hash/crc64"
	"slices"
	"strings"
	"testing"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
)

func joinSorted(parts []string) string {
	slices.Sort(parts)
	return strings.Join(parts, "&")
}

func crc(s string) string {
	return fmt.Sprint(crc64.Checksum([]byte(s), crc64.MakeTable(crc64.ECMA)))
}

func quotedMD5(s string) string { return fmt.Sprintf(`"%X"`, md5.Sum([]byte(s))) }

func TestPutObjectKeepsContentHeadersAndMetadata(t *testing.T) {
	conform(t, func(w *world) {
		const body = "a first object"
		put := w.put("dir/a.txt", body, func(r *oss.PutObjectRequest) {
			r.ContentType, r.CacheControl = oss.Ptr("text/x-odd"), oss.Ptr("max-age=60")
			r.ContentDisposition, r.ContentEncoding = oss.Ptr(`attachment; filename="a.txt"`), oss.Ptr("utf-8")
			r.Expires = oss.Ptr("Wed, 21 Oct 2099 07:28:00 GMT")
			r.Metadata = map[string]string{"Camera": "D750", "empty-ish": "x"}
		})
		same(w, "ETag", text(put.ETag), quotedMD5(body))
		same(w, "CRC-64", text(put.HashCRC64), crc(body))

		head := w.head(w.bucket, "dir/a.txt")
		same(w, "length", head.ContentLength, int64(len(body)))
		same(w, "ETag", text(head.ETag), quotedMD5(body))
		same(w, "CRC-64", text(head.HashCRC64), crc(body))
		same(w, "type", text(head.ObjectType), "Normal")
		same(w, "class", text(head.StorageClass), "Standard")
		same(w, "Content-Type", text(head.ContentType), "text/x-odd")
		same(w, "Cache-Control", text(head.CacheControl), "max-age=60")
		same(w, "Content-Disposition", text(head.ContentDisposition), `attachment; filename="a.txt"`)
		same(w, "Content-Encoding", text(head.ContentEncoding), "utf-8")
		same(w, "Expires", text(head.Expires), "Wed, 21 Oct 2099 07:28:00 GMT")
		same(w, "metadata", head.Metadata["camera"], "D750")
		same(w, "content", w.get(w.bucket, "dir/a.txt"), body)
	})
}

func TestGetObjectRanges(t *testing.T) {
	conform(t, func(w *world) {
		w.put("k", "0123456789")
		for _, test := range []struct {
			header, behavior, content, contentRange string
		}{
			{"bytes=2-4", "", "234", "bytes 2-4/10"},
			{"bytes=7-", "", "789", "bytes 7-9/10"},
			{"bytes=-3", "", "789", "bytes 7-9/10"},
			// OSS ignores a range that is not wholly inside the object, unless the request asks for
			// the behaviour of HTTP (its GetObject page).
			{"bytes=5-20", "", "0123456789", ""},
			{"bytes=20-30", "", "0123456789", ""},
			{"bytes=4-2", "", "0123456789", ""},
			{"lines=1-2", "", "0123456789", ""},
			{"bytes=5-20", "standard", "56789", "bytes 5-9/10"},
		} {
			w.try(test.header+test.behavior, func(w *world) {
				request := &oss.GetObjectRequest{Bucket: &w.bucket, Key: oss.Ptr("k")}
				// The SDK checks its Range field, but not the header.
				request.Headers = map[string]string{"Range": test.header}
				if test.behavior != "" {
					request.RangeBehavior = &test.behavior
				}
				result, err := w.client.GetObject(w.ctx, request)
				w.ok(err)
				same(w, "content", w.read(result), test.content)
				same(w, "Content-Range", text(result.ContentRange), test.contentRange)
				if partial := result.StatusCode == 206; partial != (test.contentRange != "") {
					w.Errorf("status is %d", result.StatusCode)
				}
			})
		}
		_, err := w.client.GetObject(w.ctx, &oss.GetObjectRequest{
			Bucket: &w.bucket, Key: oss.Ptr("k"), Range: oss.Ptr("bytes=20-30"), RangeBehavior: oss.Ptr("standard"),
		})
		w.refused(err, 416, "InvalidRange")
	})
}

func TestKeysAreKeptByteForByte(t *testing.T) {
	conform(t, func(w *world) {
		keys := []string{
			"a b", "a+b", "a%20b", "100%", "a&b=c", "a?b#c", "图片/日落.jpg", "a//b", "dir/", "..a/./b",
			"quote'\"<>", "trailing ", strings.Repeat("k", 1023), "tab\tkey",
		}
		for i, key := range keys {
			w.put(key, fmt.Sprint(i))
		}
		for i, key := range keys {
			same(w, "content of "+key, w.get(w.bucket, key), fmt.Sprint(i))
			w.copy(key, key+"2"[:min(1, 1023-len(key))]) // the longest key onto itself
		}
		result, err := w.client.ListObjectsV2(w.ctx, &oss.ListObjectsV2Request{Bucket: &w.bucket, MaxKeys: 1000})
		w.ok(err)
		listed := map[string]bool{}
		for _, object := range result.Contents {
			listed[text(object.Key)] = true
		}
		for _, key := range keys {
			if !listed[key] {
				w.Errorf("%q is not listed", key)
			}
		}
	})
}

func TestKeysThatOSSRefuses(t *testing.T) {
	conform(t, func(w *world) {
		for _, key := range []string{strings.Repeat("k", 1024), `\back`} {
			_, err := w.client.PutObject(w.ctx, &oss.PutObjectRequest{
				Bucket: &w.bucket, Key: &key, Body: strings.NewReader("x"),
			})
			w.refused(err, 400, "InvalidObjectName")
		}
	})
}

func TestContentMD5IsChecked(t *testing.T) {
	conform(t, func(w *world) {
		sum := md5.Sum([]byte("other"))
		_, err := w.client.PutObject(w.ctx, &oss.PutObjectRequest{
			Bucket: &w.bucket, Key: oss.Ptr("k"), Body: strings.NewReader("body"),
			ContentMD5: oss.Ptr(base64.StdEncoding.EncodeToString(sum[:])),
		})
		w.refused(err, 400, "InvalidDigest")
		same(w, "object after it", w.exists(w.bucket, "k"), false)
	})
}

func TestDeletingAMissingObjectSucceeds(t *testing.T) {
	conform(t, func(w *world) {
		w.put("k", "x")
		w.remove("k")
		w.remove("k")
		same(w, "object after it", w.exists(w.bucket, "k"), false)
	})
}

func TestDeleteMultipleObjectsReportsWhatItDeleted(t *testing.T) {
	conform(t, func(w *world) {
		w.put("a", "x")
		w.put("b+ %", "x")
		for _, quiet := range []bool{false, true} {
			result, err := w.client.DeleteMultipleObjects(w.ctx, &oss.DeleteMultipleObjectsRequest{
				Bucket: &w.bucket, Delete: &oss.Delete{Quiet: quiet, Objects: []oss.ObjectIdentifier{
					{Key: oss.Ptr("a")}, {Key: oss.Ptr("b+ %")}, {Key: oss.Ptr("none")},
				}},
			})
			w.ok(err)
			var deleted []string
			for _, d := range result.DeletedObjects {
				deleted = append(deleted, text(d.Key))
			}
			same(w, "deleted", joinSorted(deleted), map[bool]string{false: "a&b+ %&none", true: ""}[quiet])
		}
		same(w, "object after it", w.exists(w.bucket, "b+ %"), false)
	})
}

func TestGetObjectMeta(t *testing.T) {
	conform(t, func(w *world) {
		w.put("k", "body")
		meta, err := w.client.GetObjectMeta(w.ctx, &oss.GetObjectMetaRequest{Bucket: &w.bucket, Key: oss.Ptr("k")})
		w.ok(err)
		same(w, "length", meta.ContentLength, 4)
		same(w, "ETag", text(meta.ETag), quotedMD5("body"))
		same(w, "Last-Modified", meta.LastModified.IsZero(), false)
	})
}

func TestForbidOverwriteProtectsAnObject(t *testing.T) {
	conform(t, func(w *world) {
		w.put("k", "first")
		_, err := w.client.PutObject(w.ctx, &oss.PutObjectRequest{
			Bucket: &w.bucket, Key: oss.Ptr("k"), Body: strings.NewReader("second"), ForbidOverwrite: oss.Ptr("true"),
		})
		w.refused(err, 409, "FileAlreadyExists")
		same(w, "content", w.get(w.bucket, "k"), "first")
		w.put("new", "x", func(r *oss.PutObjectRequest) { r.ForbidOverwrite = oss.Ptr("true") })
	})
}
