package localoss_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"afterput/internal/localoss"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"
)

// requesterPays returns a world with the bucket "paid", which has pay-by-requester, and a client of
// another account.
func requesterPays(t *testing.T) (w *world, other *oss.Client) {
	t.Helper()
	w = newWorld(t, localoss.Config{AccessKeys: map[string]localoss.AccessKey{
		"local": {Secret: "local", Principal: "200011112222333344"},
		"other": {Secret: "s", Account: "9999888877776666"},
	}})
	open := localoss.WithPolicy(`{"Version": "1", "Statement": [{"Effect": "Allow", "Action": "oss:*",
		"Principal": ["9999888877776666"], "Resource": ["acs:oss:*:*:*"]}]}`)
	for _, err := range []error{
		w.CreateBucket("paid", localoss.WithRequesterPays(), localoss.WithBucketACL("public-read"), open),
		w.CreateBucket("free", open),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return w, inProcess(w.Server, func(c *oss.Config) {
		c.WithCredentialsProvider(credentials.NewStaticCredentialsProvider("other", "s"))
	})
}

func TestRequestsOfAnotherAccountNeedThePayerHeader(t *testing.T) {
	w, other := requesterPays(t)
	up, err := w.sdk.InitiateMultipartUpload(ctx, &oss.InitiateMultipartUploadRequest{
		Bucket: oss.Ptr("paid"), Key: oss.Ptr("up"),
	})
	if err != nil {
		t.Fatal(err)
	}
	owner := w.sdk
	paid, free, k := oss.Ptr("paid"), oss.Ptr("free"), oss.Ptr("k")
	all := []struct {
		name string
		send func(c *oss.Client, payer *string) error
	}{
		{"PutObject", func(c *oss.Client, p *string) error {
			_, err := c.PutObject(ctx, &oss.PutObjectRequest{
				Bucket: paid, Key: k, RequestPayer: p, Body: strings.NewReader("x"),
			})
			return err
		}},
		{"HeadObject", func(c *oss.Client, p *string) error {
			_, err := c.HeadObject(ctx, &oss.HeadObjectRequest{Bucket: paid, Key: k, RequestPayer: p})
			return err
		}},
		{"GetObject", func(c *oss.Client, p *string) error {
			_, err := c.GetObject(ctx, &oss.GetObjectRequest{Bucket: paid, Key: k, RequestPayer: p})
			return err
		}},
		{"PutObjectTagging", func(c *oss.Client, p *string) error {
			_, err := c.PutObjectTagging(ctx, &oss.PutObjectTaggingRequest{
				Bucket: paid, Key: k, RequestPayer: p, Tagging: &oss.Tagging{TagSet: &oss.TagSet{}},
			})
			return err
		}},
		{"GetObjectTagging", func(c *oss.Client, p *string) error {
			_, err := c.GetObjectTagging(ctx, &oss.GetObjectTaggingRequest{Bucket: paid, Key: k, RequestPayer: p})
			return err
		}},
		{"GetObjectAcl", func(c *oss.Client, p *string) error {
			_, err := c.GetObjectAcl(ctx, &oss.GetObjectAclRequest{Bucket: paid, Key: k, RequestPayer: p})
			return err
		}},
		{"CopyObject from the bucket", func(c *oss.Client, p *string) error {
			_, err := c.CopyObject(ctx, &oss.CopyObjectRequest{
				Bucket: free, Key: k, SourceBucket: paid, SourceKey: k, RequestPayer: p,
			})
			return err
		}},
		{"CopyObject to the bucket", func(c *oss.Client, p *string) error {
			_, err := c.CopyObject(ctx, &oss.CopyObjectRequest{
				Bucket: paid, Key: oss.Ptr("k2"), SourceBucket: free, SourceKey: k, RequestPayer: p,
			})
			return err
		}},
		{"InitiateMultipartUpload", func(c *oss.Client, p *string) error {
			_, err := c.InitiateMultipartUpload(ctx, &oss.InitiateMultipartUploadRequest{
				Bucket: paid, Key: k, RequestPayer: p,
			})
			return err
		}},
		{"UploadPartCopy", func(c *oss.Client, p *string) error {
			_, err := c.UploadPartCopy(ctx, &oss.UploadPartCopyRequest{
				Bucket:       paid,
				Key:          oss.Ptr("up"),
				UploadId:     up.UploadId,
				PartNumber:   1,
				SourceBucket: free,
				SourceKey:    k,
				RequestPayer: p,
			})
			return err
		}},
		{"ListParts", func(c *oss.Client, p *string) error {
			_, err := c.ListParts(ctx, &oss.ListPartsRequest{
				Bucket: paid, Key: oss.Ptr("up"), UploadId: up.UploadId, RequestPayer: p,
			})
			return err
		}},
		{"ListMultipartUploads", func(c *oss.Client, p *string) error {
			_, err := c.ListMultipartUploads(ctx, &oss.ListMultipartUploadsRequest{Bucket: paid, RequestPayer: p})
			return err
		}},
		{"AbortMultipartUpload", func(c *oss.Client, p *string) error {
			_, err := c.AbortMultipartUpload(ctx, &oss.AbortMultipartUploadRequest{
				Bucket: paid, Key: oss.Ptr("up"), UploadId: up.UploadId, RequestPayer: p,
			})
			return err
		}},
		{"ListObjectsV2", func(c *oss.Client, p *string) error {
			_, err := c.ListObjectsV2(ctx, &oss.ListObjectsV2Request{Bucket: paid, RequestPayer: p})
			return err
		}},
		{"ListObjectVersions", func(c *oss.Client, p *string) error {
			_, err := c.ListObjectVersions(ctx, &oss.ListObjectVersionsRequest{Bucket: paid, RequestPayer: p})
			return err
		}},
		{"DeleteMultipleObjects", func(c *oss.Client, p *string) error {
			_, err := c.DeleteMultipleObjects(ctx, &oss.DeleteMultipleObjectsRequest{
				Bucket: paid, RequestPayer: p, Objects: []oss.DeleteObject{{Key: oss.Ptr("none")}},
			})
			return err
		}},
		{"DeleteObject", func(c *oss.Client, p *string) error {
			_, err := c.DeleteObject(ctx, &oss.DeleteObjectRequest{Bucket: paid, Key: k, RequestPayer: p})
			return err
		}},
	}
	for _, test := range all {
		t.Run(test.name, func(t *testing.T) {
			w := &world{T: t}
			w.refused(test.send(other, nil), 403, "AccessDenied", "0003-00000703")
			w.refused(test.send(other, oss.Ptr("BucketOwner")), 403, "AccessDenied", "0003-00000703")
			if err := test.send(owner, nil); err != nil {
				t.Errorf("the owner: %v", err)
			}
			if test.name == "AbortMultipartUpload" {
				return // the owner has ended it
			}
			if err := test.send(other, oss.Ptr("requester")); err != nil {
				t.Errorf("with payer: %v", err)
			}
		})
	}
}

func TestAnonymousAndPresignedRequestsToARequesterPaysBucket(t *testing.T) {
	w, other := requesterPays(t)
	if _, err := w.sdk.PutObject(ctx, &oss.PutObjectRequest{
		Bucket: oss.Ptr("paid"), Key: oss.Ptr("k"), Body: strings.NewReader("x"),
	}); err != nil {
		t.Fatal(err)
	}
	hc := &http.Client{Transport: w.Transport()}
	status := func(url string) (int, string) {
		resp, err := hc.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		return resp.StatusCode, resp.Header.Get("x-oss-ec")
	}
	if s, ec := status("http://127.0.0.1:9/paid/k"); s != 403 || ec != "0003-00000701" {
		t.Errorf("anonymous: %d %s", s, ec)
	}
	for payer, want := range map[string]string{"": "403 0003-00000702", "requester": "200 "} {
		get := &oss.GetObjectRequest{Bucket: oss.Ptr("paid"), Key: oss.Ptr("k")}
		if payer != "" {
			get.Parameters = map[string]string{"x-oss-request-payer": payer}
		}
		signed, err := other.Presign(ctx, get)
		if err != nil {
			t.Fatal(err)
		}
		s, ec := status(signed.URL)
		if got := fmt.Sprint(s, " ", ec); got != want {
			t.Errorf("presigned with payer %q: %s, want %s", payer, got, want)
		}
	}
}

func TestBucketRequestPayment(t *testing.T) {
	w, other := requesterPays(t)
	payer := func() string {
		out, err := w.sdk.GetBucketRequestPayment(ctx, &oss.GetBucketRequestPaymentRequest{Bucket: oss.Ptr("free")})
		if err != nil {
			t.Fatal(err)
		}
		return oss.ToString(out.Payer)
	}
	set := func(to oss.PayerType) error {
		_, err := w.sdk.PutBucketRequestPayment(ctx, &oss.PutBucketRequestPaymentRequest{
			Bucket: oss.Ptr("free"), PaymentConfiguration: &oss.RequestPaymentConfiguration{Payer: to},
		})
		return err
	}
	list := func() error {
		_, err := other.ListObjectsV2(ctx, &oss.ListObjectsV2Request{Bucket: oss.Ptr("free")})
		return err
	}
	if got := payer(); got != "BucketOwner" || list() != nil {
		t.Errorf("a new bucket is paid by %s, %v", got, list())
	}
	if err := set(oss.Requester); err != nil || payer() != "Requester" {
		t.Errorf("paid by %s, %v", payer(), err)
	}
	w.refused(list(), 403, "AccessDenied", "0003-00000703")
	if err := set(oss.BucketOwner); err != nil || payer() != "BucketOwner" || list() != nil {
		t.Errorf("paid by %s, %v, %v", payer(), err, list())
	}
	w.refused(set("Nobody"), 400, "MalformedXML", "")
}
