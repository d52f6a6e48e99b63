package conformance

import (
	"strings"
	"testing"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
)

func TestErrorsHaveStatusCodeAndEC(t *testing.T) {
	conform(t, func(w *world) {
		missing := bucketName()
		key := oss.Ptr("no/such/key")
		w.put("k", "x")
		for _, test := range []struct {
			name   string
			try    func() error
			status int
			code   string
			ec     string // from the SDK's own tests; "" for any
		}{
			{"PutObject into no bucket", func() error {
				_, err := w.client.PutObject(w.ctx, &oss.PutObjectRequest{
					Bucket: &missing, Key: key, Body: strings.NewReader("x"),
				})
				return err
			}, 404, "NoSuchBucket", "0015-00000101"},
			{"GetBucketInfo of no bucket", func() error {
				_, err := w.client.GetBucketInfo(w.ctx, &oss.GetBucketInfoRequest{Bucket: &missing})
				return err
			}, 404, "NoSuchBucket", "0015-00000101"},
			{"GetObject", func() error {
				_, err := w.client.GetObject(w.ctx, &oss.GetObjectRequest{Bucket: &w.bucket, Key: key})
				return err
			}, 404, "NoSuchKey", "0026-00000001"},
			{"GetObjectAcl", func() error {
				_, err := w.client.GetObjectAcl(w.ctx, &oss.GetObjectAclRequest{Bucket: &w.bucket, Key: key})
				return err
			}, 404, "NoSuchKey", "0026-00000001"},
			{"UploadPart", func() error {
				_, err := w.client.UploadPart(w.ctx, &oss.UploadPartRequest{
					Bucket:     &w.bucket,
					Key:        key,
					PartNumber: 1,
					UploadId:   oss.Ptr("0123456789ABCDEF0123456789ABCDEF"),
					Body:       strings.NewReader("x"),
				})
				return err
			}, 404, "NoSuchUpload", "0042-00000104"},
			{"UploadPartCopy", func() error {
				_, err := w.client.UploadPartCopy(w.ctx, &oss.UploadPartCopyRequest{
					Bucket:       &w.bucket,
					Key:          key,
					PartNumber:   1,
					UploadId:     oss.Ptr("0123456789ABCDEF0123456789ABCDEF"),
					SourceBucket: &w.bucket,
					SourceKey:    oss.Ptr("k"),
				})
				return err
			}, 404, "NoSuchUpload", "0042-00000311"},
			{"ListParts", func() error {
				_, err := w.client.ListParts(w.ctx, &oss.ListPartsRequest{
					Bucket: &w.bucket, Key: key, UploadId: oss.Ptr("0123456789ABCDEF0123456789ABCDEF"),
				})
				return err
			}, 404, "NoSuchUpload", "0042-00000002"},
			{"an unknown ACL", func() error {
				_, err := w.client.PutObjectAcl(w.ctx, &oss.PutObjectAclRequest{
					Bucket: &w.bucket, Key: oss.Ptr("k"), Acl: "mine",
				})
				return err
			}, 400, "InvalidArgument", ""},
			{"a bucket that is not empty", func() error {
				_, err := w.client.DeleteBucket(w.ctx, &oss.DeleteBucketRequest{Bucket: &w.bucket})
				return err
			}, 409, "BucketNotEmpty", ""},
		} {
			w.try(test.name, func(w *world) {
				refusal := w.refused(test.try(), test.status, test.code)
				if refusal.EC == "" || test.ec != "" && refusal.EC != test.ec {
					w.Errorf("EC is %q, want %q", refusal.EC, test.ec)
				}
			})
		}
	})
}

func TestErrorsOfHEADAreInAHeader(t *testing.T) {
	conform(t, func(w *world) {
		_, err := w.client.HeadObject(w.ctx, &oss.HeadObjectRequest{Bucket: &w.bucket, Key: oss.Ptr("none")})
		refusal := w.refused(err, 404, "NoSuchKey")
		if refusal.Headers.Get("x-oss-err") == "" || refusal.EC == "" {
			w.Errorf("headers are %v", refusal.Headers)
		}
	})
}

func TestWrongKeysAreRefused(t *testing.T) {
	conform(t, func(w *world) {
		if w.live {
			w.Skip("wrong keys are not sent to the live service")
		}
		input := &oss.GetObjectRequest{Bucket: &w.bucket, Key: oss.Ptr("k")}
		client := func(id, secret, region string) *oss.Client {
			return oss.NewClient(configure(region, w.endpoint, id, secret))
		}
		_, err := client("nobody", "local", "cn-hangzhou").GetObject(w.ctx, input)
		same(w, "EC", w.refused(err, 403, "InvalidAccessKeyId").EC, "0002-00000902")
		_, err = client("local", "wrong", "cn-hangzhou").GetObject(w.ctx, input)
		w.refused(err, 403, "SignatureDoesNotMatch")
	})
}
