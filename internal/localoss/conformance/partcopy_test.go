package conformance

import (
	"strings"
	"testing"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
)

func (w *world) partCopy(
	upload string, number int32, change func(*oss.UploadPartCopyRequest),
) (*oss.UploadPartCopyResult, error) {
	request := &oss.UploadPartCopyRequest{
		Bucket:       &w.bucket,
		Key:          oss.Ptr("copy"),
		UploadId:     &upload,
		PartNumber:   number,
		SourceBucket: &w.bucket,
		SourceKey:    oss.Ptr("src +%/图"),
	}
	change(request)
	return w.client.UploadPartCopy(w.ctx, request)
}

func TestUploadPartCopyTakesARange(t *testing.T) {
	conform(t, func(w *world) {
		content := strings.Repeat("0123456789", smallest/10) + "tail"
		w.put("src +%/图", content, func(r *oss.PutObjectRequest) {
			r.Tagging, r.Metadata = oss.Ptr("a=1"), map[string]string{"m": "1"}
		})
		upload := w.initiate("copy")
		var parts []oss.UploadPart
		for i, span := range []string{"bytes=0-102399", "bytes=102400-102403"} {
			result, err := w.partCopy(upload, int32(i+1), func(r *oss.UploadPartCopyRequest) { r.Range = &span })
			w.ok(err)
			want := []string{"bytes 0-102399/102404", "bytes 102400-102403/102404"}[i]
			same(w, "Content-Range", result.Headers.Get("Content-Range"), want)
			same(w, "Last-Modified", result.LastModified == nil, false)
			parts = append(parts, oss.UploadPart{PartNumber: int32(i + 1), ETag: result.ETag})
		}
		listed := w.listParts("copy", upload)
		same(w, "CRC-64 of a copied part", text(listed[1].HashCRC64), crc("tail"))
		same(w, "ETag of a copied part", text(listed[1].ETag), quotedMD5("tail"))
		result, err := w.complete("copy", upload, parts)
		w.ok(err)
		same(w, "CRC-64", text(result.HashCRC64), crc(content))
		same(w, "content", w.get(w.bucket, "copy") == content, true)
		head := w.head(w.bucket, "copy")
		same(w, "metadata of the source", head.Metadata["m"], "")
		same(w, "tags of the source", head.TaggingCount, 0)
	})
}

func TestUploadPartCopyWithABadRangeCopiesEverything(t *testing.T) {
	conform(t, func(w *world) {
		w.put("src +%/图", "0123456789")
		for _, span := range []string{"bytes=8-20", "bytes=20-30", "bytes=5-2", "lines=1-2"} {
			w.try(span, func(w *world) {
				upload := w.initiate("copy")
				result, err := w.partCopy(upload, 1, func(r *oss.UploadPartCopyRequest) { r.Range = &span })
				w.ok(err)
				same(w, "Content-Range", result.Headers.Get("Content-Range"), "")
				same(w, "length", w.listParts("copy", upload)[0].Size, 10)
			})
		}
	})
}

func TestUploadPartCopyConditions(t *testing.T) {
	conform(t, func(w *world) {
		etag := text(w.put("src +%/图", "0123456789").ETag)
		upload := w.initiate("copy")
		for _, test := range conditionCases {
			w.try(test.name, func(w *world) {
				c := test.when.of(etag)
				_, err := w.partCopy(upload, 1, func(r *oss.UploadPartCopyRequest) {
					r.IfMatch, r.IfNoneMatch = optional(c.match), optional(c.noneMatch)
					r.IfModifiedSince, r.IfUnmodifiedSince = optional(c.modified), optional(c.unmodified)
				})
				w.answered(err, test.status)
			})
		}
	})
}

func TestUploadPartCopyReadsTheVersionItNames(t *testing.T) {
	conform(t, func(w *world) {
		w.versioning(oss.VersionEnabled)
		old := text(w.put("src +%/图", "old").VersionId)
		w.put("src +%/图", "newer")
		upload := w.initiate("copy")
		result, err := w.partCopy(upload, 1, func(r *oss.UploadPartCopyRequest) { r.SourceVersionId = &old })
		w.ok(err)
		same(w, "version answered", text(result.VersionId), old)
		same(w, "length", w.listParts("copy", upload)[0].Size, 3)
	})
}

func TestPartNumbersEndAtTenThousand(t *testing.T) {
	conform(t, func(w *world) {
		upload := w.initiate("copy")
		w.part("copy", upload, 10000, "x")
		_, err := w.client.UploadPart(w.ctx, &oss.UploadPartRequest{
			Bucket: &w.bucket, Key: oss.Ptr("copy"), UploadId: &upload, PartNumber: 10001, Body: strings.NewReader("x"),
		})
		w.refused(err, 400, "InvalidArgument")
	})
}
