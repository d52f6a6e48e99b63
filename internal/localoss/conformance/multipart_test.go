package conformance

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
)

// smallest is the minimum size of a part that is not the last.
const smallest = 100 << 10

func (w *world) initiate(key string, changes ...func(*oss.InitiateMultipartUploadRequest)) string {
	w.Helper()
	request := &oss.InitiateMultipartUploadRequest{Bucket: &w.bucket, Key: &key}
	for _, change := range changes {
		change(request)
	}
	result, err := w.client.InitiateMultipartUpload(w.ctx, request)
	w.ok(err)
	return text(result.UploadId)
}

func (w *world) part(key, upload string, number int32, body string) *oss.UploadPartResult {
	w.Helper()
	result, err := w.client.UploadPart(w.ctx, &oss.UploadPartRequest{
		Bucket: &w.bucket, Key: &key, UploadId: &upload, PartNumber: number, Body: strings.NewReader(body),
	})
	w.ok(err)
	return result
}

func (w *world) complete(
	key, upload string, parts []oss.UploadPart, changes ...func(*oss.CompleteMultipartUploadRequest),
) (*oss.CompleteMultipartUploadResult, error) {
	request := &oss.CompleteMultipartUploadRequest{
		Bucket:                  &w.bucket,
		Key:                     &key,
		UploadId:                &upload,
		CompleteMultipartUpload: &oss.CompleteMultipartUpload{Parts: parts},
	}
	for _, change := range changes {
		change(request)
	}
	return w.client.CompleteMultipartUpload(w.ctx, request)
}

func (w *world) listParts(key, upload string) []oss.Part {
	w.Helper()
	result, err := w.client.ListParts(w.ctx, &oss.ListPartsRequest{Bucket: &w.bucket, Key: &key, UploadId: &upload})
	w.ok(err)
	return result.Parts
}

func TestMultipartUploadMakesOneObject(t *testing.T) {
	conform(t, func(w *world) {
		first, last := strings.Repeat("a", smallest), "the end"
		upload := w.initiate("dir/k +.bin", func(r *oss.InitiateMultipartUploadRequest) {
			r.ContentType, r.Metadata = oss.Ptr("application/x-odd"), map[string]string{"camera": "d750"}
			r.Tagging, r.StorageClass = oss.Ptr("a=1%2B1"), oss.StorageClassIA
			r.ServerSideEncryption = oss.Ptr("AES256")
		})
		// Parts in any order, with a gap in the numbers, one sent twice.
		p7 := w.part("dir/k +.bin", upload, 7, last)
		w.part("dir/k +.bin", upload, 2, strings.Repeat("x", smallest))
		p2 := w.part("dir/k +.bin", upload, 2, first)
		same(w, "ETag of a part", text(p2.ETag), quotedMD5(first))
		same(w, "CRC-64 of a part", text(p2.HashCRC64), crc(first))
		same(w, "object before Complete", w.exists(w.bucket, "dir/k +.bin"), false)

		parts := w.listParts("dir/k +.bin", upload)
		same(w, "number of parts", len(parts), 2)
		same(w, "parts", fmt.Sprint(parts[0].PartNumber, parts[0].Size, text(parts[0].ETag), text(parts[0].HashCRC64)),
			fmt.Sprint(2, smallest, quotedMD5(first), crc(first)))
		same(w, "parts", fmt.Sprint(parts[1].PartNumber, parts[1].Size, text(parts[1].HashCRC64)),
			fmt.Sprint(7, len(last), crc(last)))

		result, err := w.complete("dir/k +.bin", upload,
			[]oss.UploadPart{{PartNumber: 2, ETag: p2.ETag}, {PartNumber: 7, ETag: p7.ETag}},
			func(r *oss.CompleteMultipartUploadRequest) { r.Acl = oss.ObjectACLPublicRead })
		w.ok(err)
		same(w, "CRC-64", text(result.HashCRC64), crc(first+last))
		same(w, "key answered", text(result.Key), "dir/k +.bin")

		head := w.head(w.bucket, "dir/k +.bin")
		same(w, "content", w.get(w.bucket, "dir/k +.bin"), first+last)
		same(w, "ETag", text(head.ETag), text(result.ETag))
		same(w, "type", text(head.ObjectType), "Multipart")
		same(w, "Content-Type", text(head.ContentType), "application/x-odd")
		same(w, "metadata", head.Metadata["camera"], "d750")
		same(w, "tags", w.tags(w.bucket, "dir/k +.bin"), "a=1+1")
		same(w, "class", text(head.StorageClass), "IA")
		same(w, "encryption", text(head.ServerSideEncryption), "AES256")
		same(w, "ACL", w.acl(w.bucket, "dir/k +.bin"), "public-read")
		w.unconfirmed(
			"the ETag of a multipart object ends in the number of its parts", strings.HasSuffix(text(head.ETag), `-2"`),
		)

		_, err = w.complete("dir/k +.bin", upload, []oss.UploadPart{{PartNumber: 2, ETag: p2.ETag}})
		w.refused(err, 404, "NoSuchUpload")
	})
}

func TestCompleteRefusesInvalidParts(t *testing.T) {
	conform(t, func(w *world) {
		upload := w.initiate("k")
		one := w.part("k", upload, 1, "too small")
		two := w.part("k", upload, 2, "last")
		for _, test := range []struct {
			name  string
			parts []oss.UploadPart
			code  string
		}{
			{"a part that was never sent", []oss.UploadPart{{PartNumber: 3, ETag: one.ETag}}, "InvalidPart"},
			{"another ETag", []oss.UploadPart{{PartNumber: 2, ETag: one.ETag}}, "InvalidPart"},
			{"a small part before the last",
				[]oss.UploadPart{{PartNumber: 1, ETag: one.ETag}, {PartNumber: 2, ETag: two.ETag}}, "EntityTooSmall"},
		} {
			w.try(test.name, func(w *world) {
				_, err := w.complete("k", upload, test.parts)
				w.refused(err, 400, test.code)
			})
		}
		for body, code := range map[string]string{
			completeBody(2, text(two.ETag), 1, text(one.ETag)): "InvalidPartOrder", // the SDK would sort them
			"<CompleteMultipartUpload><Part>":                  "MalformedXML",
		} {
			_, err := w.client.InvokeOperation(w.ctx, &oss.OperationInput{
				OpName: "CompleteMultipartUpload", Method: "POST", Bucket: &w.bucket, Key: oss.Ptr("k"),
				Parameters: map[string]string{"uploadId": upload}, Body: strings.NewReader(body),
			})
			w.refused(err, 400, code)
		}
		same(w, "object after it", w.exists(w.bucket, "k"), false)
		_, err := w.complete("k", upload, []oss.UploadPart{{PartNumber: 2, ETag: two.ETag}})
		w.ok(err) // the upload can still be completed
	})
}

func completeBody(n1 int, etag1 string, n2 int, etag2 string) string {
	const part = "<Part><PartNumber>%d</PartNumber><ETag>%s</ETag></Part>"
	return fmt.Sprintf("<CompleteMultipartUpload>"+part+part+"</CompleteMultipartUpload>", n1, etag1, n2, etag2)
}

func TestCompleteAllTakesEveryPart(t *testing.T) {
	conform(t, func(w *world) {
		upload := w.initiate("k")
		w.part("k", upload, 1, strings.Repeat("a", smallest))
		w.part("k", upload, 2, "b")
		_, err := w.client.CompleteMultipartUpload(w.ctx, &oss.CompleteMultipartUploadRequest{
			Bucket: &w.bucket, Key: oss.Ptr("k"), UploadId: &upload, CompleteAll: oss.Ptr("yes"),
		})
		w.ok(err)
		same(w, "length", w.head(w.bucket, "k").ContentLength, int64(smallest+1))
	})
}

func TestAbortMultipartUpload(t *testing.T) {
	conform(t, func(w *world) {
		w.put("k", "before")
		upload := w.initiate("k")
		w.part("k", upload, 1, "x")
		abort := func() error {
			_, err := w.client.AbortMultipartUpload(w.ctx, &oss.AbortMultipartUploadRequest{
				Bucket: &w.bucket, Key: oss.Ptr("k"), UploadId: &upload,
			})
			return err
		}
		w.ok(abort())
		w.refused(abort(), 404, "NoSuchUpload")
		same(w, "object of that key", w.get(w.bucket, "k"), "before")
	})
}

func TestUploadsWithForbidOverwrite(t *testing.T) {
	conform(t, func(w *world) {
		upload := w.initiate("k")
		part := w.part("k", upload, 1, "late")
		w.put("k", "there")
		_, err := w.client.InitiateMultipartUpload(w.ctx, &oss.InitiateMultipartUploadRequest{
			Bucket: &w.bucket, Key: oss.Ptr("k"), ForbidOverwrite: oss.Ptr("true"),
		})
		w.refused(err, 409, "FileAlreadyExists")
		_, err = w.complete("k", upload, []oss.UploadPart{{PartNumber: 1, ETag: part.ETag}},
			func(r *oss.CompleteMultipartUploadRequest) { r.ForbidOverwrite = oss.Ptr("true") })
		w.refused(err, 409, "FileAlreadyExists")
		same(w, "content", w.get(w.bucket, "k"), "there")
	})
}

func TestListPartsPages(t *testing.T) {
	conform(t, func(w *world) {
		upload := w.initiate("k")
		var got []int32
		for _, number := range []int32{9, 1, 10000, 5} {
			w.part("k", upload, number, fmt.Sprint(number))
		}
		pages := w.client.NewListPartsPaginator(&oss.ListPartsRequest{
			Bucket: &w.bucket, Key: oss.Ptr("k"), UploadId: &upload, MaxParts: 3,
		})
		for pages.HasNext() {
			page, err := pages.NextPage(w.ctx)
			w.ok(err)
			for _, part := range page.Parts {
				got = append(got, part.PartNumber)
			}
		}
		same(w, "parts", fmt.Sprint(got), "[1 5 9 10000]")
	})
}

func TestListMultipartUploadsPages(t *testing.T) {
	conform(t, func(w *world) {
		want := []string{}
		for _, key := range []string{"b", "a", "a", "c/d +"} {
			want = append(want, key+" "+w.initiate(key))
		}
		var got []string
		pages := w.client.NewListMultipartUploadsPaginator(&oss.ListMultipartUploadsRequest{
			Bucket: &w.bucket, MaxUploads: 1,
		})
		for pages.HasNext() {
			page, err := pages.NextPage(w.ctx)
			w.ok(err)
			same(w, "uploads on a page", len(page.Uploads), 1)
			for _, u := range page.Uploads {
				got = append(got, text(u.Key)+" "+text(u.UploadId))
			}
		}
		if len(got) != 4 || got[0][0] != 'a' || got[1][0] != 'a' || got[2][0] != 'b' {
			w.Errorf("listed %q", got)
		}
		same(w, "uploads", joinSorted(got), joinSorted(want))
	})
}
