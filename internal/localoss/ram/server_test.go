package ram_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/retry"

	"afterput/internal/localoss"
	"afterput/internal/localoss/ram"
)

// clients returns a client that may do everything and one that may do what the policy allows, of a
// server with the buckets src and dst.
func clients(t *testing.T, policy *ram.Policy) (admin, user *oss.Client) {
	t.Helper()
	server, err := localoss.New(localoss.Config{
		AccessKeys: map[string]localoss.AccessKey{"admin": {Secret: "secret"}, "user": {Secret: "secret"}},
		Authorize:  localoss.Enforcing("user", policy),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	for _, name := range []string{"src", "dst"} {
		if err := server.CreateBucket(name); err != nil {
			t.Fatal(err)
		}
	}
	client := func(id string) *oss.Client {
		return oss.NewClient(oss.LoadDefaultConfig().
			WithRegion("cn-hangzhou").WithEndpoint("http://127.0.0.1").
			WithCredentialsProvider(credentials.NewStaticCredentialsProvider(id, "secret")).
			WithRetryer(retry.NopRetryer{}).
			WithHttpClient(&http.Client{Transport: server.Transport()}))
	}
	return client("admin"), client("user")
}

// allowing returns a policy of grants, each "service:Action resource".
func allowing(t *testing.T, grants []string) *ram.Policy {
	t.Helper()
	if len(grants) == 0 {
		return new(ram.Policy)
	}
	var statements []string
	for _, grant := range grants {
		action, resource, _ := strings.Cut(grant, " ")
		service, _, _ := strings.Cut(action, ":")
		statements = append(statements, fmt.Sprintf(
			`{"Effect": "Allow", "Action": %q, "Resource": "acs:%s:*:*:%s"}`, action, service, resource,
		))
	}
	policy, err := ram.Parse([]byte(`{"Version": "1", "Statement": [` + strings.Join(statements, ",") + `]}`))
	if err != nil {
		t.Fatal(err)
	}
	return policy
}

var src, dst, key = oss.Ptr("src"), oss.Ptr("dst"), oss.Ptr("k")

// needs lists, for the requests of the copy function, the grants that OSS requires.
var needs = []struct {
	name   string
	grants string // separated by commas
	set    func(ctx context.Context, admin *oss.Client, w *state) error
	do     func(ctx context.Context, user *oss.Client, w *state) error
}{
	{"CopyObject", "oss:GetObject src/k, oss:PutObject dst/k", putSource(""), copyWith(nil)},
	{"CopyObject of a version", "oss:GetObject src/k, oss:GetObjectVersion src/k, oss:PutObject dst/k", putSource(""),
		copyWith(func(r *oss.CopyObjectRequest) { r.SourceVersionId = oss.Ptr("null") })},
	{"CopyObject that copies tags",
		"oss:GetObject src/k, oss:GetObjectTagging src/k, oss:PutObject dst/k, oss:PutObjectTagging dst/k",
		putSource("a=1"), copyWith(nil)},
	{"CopyObject that replaces tags", "oss:GetObject src/k, oss:PutObject dst/k, oss:PutObjectTagging dst/k",
		putSource("a=1"),
		copyWith(func(r *oss.CopyObjectRequest) {
			r.Tagging, r.TaggingDirective = oss.Ptr("b=2"), oss.Ptr("Replace")
		})},
	// Unconfirmed: OSS's page of CopyObject does not list it.
	{"CopyObject with an ACL", "oss:GetObject src/k, oss:PutObject dst/k, oss:PutObjectAcl dst/k", putSource(""),
		copyWith(func(r *oss.CopyObjectRequest) { r.Acl = oss.ObjectACLPrivate })},
	{"CopyObject with a KMS key", "oss:GetObject src/k, oss:PutObject dst/k, kms:GenerateDataKey *, kms:Decrypt *",
		putSource(""),
		copyWith(func(r *oss.CopyObjectRequest) {
			r.ServerSideEncryption = oss.Ptr("KMS")
			r.ServerSideEncryptionKeyId = oss.Ptr("9468da86-3509-4f8d-a61e-6eab1eac0000")
		})},
	{"InitiateMultipartUpload with tags", "oss:PutObject dst/k, oss:PutObjectTagging dst/k", nothing,
		func(ctx context.Context, user *oss.Client, w *state) error {
			_, err := user.InitiateMultipartUpload(ctx, &oss.InitiateMultipartUploadRequest{
				Bucket: dst, Key: key, Tagging: oss.Ptr("a=1"),
			})
			return err
		}},
	{"UploadPartCopy", "oss:GetObject src/k, oss:PutObject dst/k", initiate,
		func(ctx context.Context, user *oss.Client, w *state) error {
			_, err := user.UploadPartCopy(ctx, &oss.UploadPartCopyRequest{
				Bucket: dst, Key: key, UploadId: w.upload, PartNumber: 2, SourceBucket: src, SourceKey: key,
			})
			return err
		}},
	{"ListParts", "oss:ListParts dst/k", initiate,
		func(ctx context.Context, user *oss.Client, w *state) error {
			_, err := user.ListParts(ctx, &oss.ListPartsRequest{Bucket: dst, Key: key, UploadId: w.upload})
			return err
		}},
	{"CompleteMultipartUpload", "oss:PutObject dst/k", initiate,
		func(ctx context.Context, user *oss.Client, w *state) error {
			_, err := user.CompleteMultipartUpload(ctx, &oss.CompleteMultipartUploadRequest{
				Bucket: dst, Key: key, UploadId: w.upload, CompleteAll: oss.Ptr("yes"),
			})
			return err
		}},
	{"AbortMultipartUpload", "oss:AbortMultipartUpload dst/k", initiate,
		func(ctx context.Context, user *oss.Client, w *state) error {
			_, err := user.AbortMultipartUpload(ctx, &oss.AbortMultipartUploadRequest{
				Bucket: dst, Key: key, UploadId: w.upload,
			})
			return err
		}},
	{"ListMultipartUploads", "oss:ListMultipartUploads dst", nothing,
		func(ctx context.Context, user *oss.Client, w *state) error {
			_, err := user.ListMultipartUploads(ctx, &oss.ListMultipartUploadsRequest{Bucket: dst})
			return err
		}},
	{"ListObjectsV2", "oss:ListObjects src", nothing,
		func(ctx context.Context, user *oss.Client, w *state) error {
			_, err := user.ListObjectsV2(ctx, &oss.ListObjectsV2Request{Bucket: src})
			return err
		}},
	{"HeadObject", "oss:GetObject src/k", putSource(""),
		func(ctx context.Context, user *oss.Client, w *state) error {
			_, err := user.HeadObject(ctx, &oss.HeadObjectRequest{Bucket: src, Key: key})
			return err
		}},
	{"GetObjectTagging", "oss:GetObjectTagging src/k", putSource(""),
		func(ctx context.Context, user *oss.Client, w *state) error {
			_, err := user.GetObjectTagging(ctx, &oss.GetObjectTaggingRequest{Bucket: src, Key: key})
			return err
		}},
	{"PutObjectTagging", "oss:PutObjectTagging src/k", putSource(""),
		func(ctx context.Context, user *oss.Client, w *state) error {
			tags := &oss.Tagging{TagSet: &oss.TagSet{Tags: []oss.Tag{{Key: key, Value: key}}}}
			_, err := user.PutObjectTagging(ctx, &oss.PutObjectTaggingRequest{Bucket: src, Key: key, Tagging: tags})
			return err
		}},
	{"DeleteObjectTagging", "oss:DeleteObjectTagging src/k", putSource(""),
		func(ctx context.Context, user *oss.Client, w *state) error {
			_, err := user.DeleteObjectTagging(ctx, &oss.DeleteObjectTaggingRequest{Bucket: src, Key: key})
			return err
		}},
	{"GetObjectAcl", "oss:GetObjectAcl src/k", putSource(""),
		func(ctx context.Context, user *oss.Client, w *state) error {
			_, err := user.GetObjectAcl(ctx, &oss.GetObjectAclRequest{Bucket: src, Key: key})
			return err
		}},
	{"PutObjectAcl", "oss:PutObjectAcl src/k", putSource(""),
		func(ctx context.Context, user *oss.Client, w *state) error {
			_, err := user.PutObjectAcl(ctx, &oss.PutObjectAclRequest{Bucket: src, Key: key, Acl: oss.ObjectACLPrivate})
			return err
		}},
	{"DeleteObject", "oss:DeleteObject src/k", putSource(""),
		func(ctx context.Context, user *oss.Client, w *state) error {
			_, err := user.DeleteObject(ctx, &oss.DeleteObjectRequest{Bucket: src, Key: key})
			return err
		}},
	{"RestoreObject", "oss:RestoreObject src/k", func(ctx context.Context, admin *oss.Client, w *state) error {
		_, err := admin.PutObject(ctx, &oss.PutObjectRequest{
			Bucket: src, Key: key, Body: strings.NewReader("x"), StorageClass: oss.StorageClassArchive,
		})
		return err
	}, func(ctx context.Context, user *oss.Client, w *state) error {
		_, err := user.RestoreObject(ctx, &oss.RestoreObjectRequest{Bucket: src, Key: key})
		return err
	}},
}

// state is what the administrator prepared for the user.
type state struct{ upload *string }

func nothing(context.Context, *oss.Client, *state) error { return nil }

func putSource(tags string) func(context.Context, *oss.Client, *state) error {
	return func(ctx context.Context, admin *oss.Client, w *state) error {
		request := &oss.PutObjectRequest{Bucket: src, Key: key, Body: strings.NewReader("content")}
		if tags != "" {
			request.Tagging = &tags
		}
		_, err := admin.PutObject(ctx, request)
		return err
	}
}

func initiate(ctx context.Context, admin *oss.Client, w *state) error {
	if err := putSource("")(ctx, admin, w); err != nil {
		return err
	}
	result, err := admin.InitiateMultipartUpload(ctx, &oss.InitiateMultipartUploadRequest{Bucket: dst, Key: key})
	if err != nil {
		return err
	}
	w.upload = result.UploadId
	_, err = admin.UploadPart(ctx, &oss.UploadPartRequest{
		Bucket: dst, Key: key, UploadId: w.upload, PartNumber: 1, Body: strings.NewReader("x"),
	})
	return err
}

func copyWith(change func(*oss.CopyObjectRequest)) func(context.Context, *oss.Client, *state) error {
	return func(ctx context.Context, user *oss.Client, w *state) error {
		request := &oss.CopyObjectRequest{Bucket: dst, Key: key, SourceBucket: src, SourceKey: key}
		if change != nil {
			change(request)
		}
		_, err := user.CopyObject(ctx, request)
		return err
	}
}

func TestEveryOperationNeedsEachOfItsActionsAndNoMore(t *testing.T) {
	for _, test := range needs {
		t.Run(test.name, func(t *testing.T) {
			grants := strings.Split(test.grants, ", ")
			try := func(grants []string) error {
				var w state
				admin, user := clients(t, allowing(t, grants))
				if err := test.set(t.Context(), admin, &w); err != nil {
					t.Fatal(err)
				}
				return test.do(t.Context(), user, &w)
			}
			if err := try(grants); err != nil {
				t.Errorf("refused with all grants: %v", err)
			}
			for i, missing := range grants {
				less := append(append([]string(nil), grants[:i]...), grants[i+1:]...)
				err := try(less)
				var refusal *oss.ServiceError
				if !errors.As(err, &refusal) || refusal.StatusCode != 403 || refusal.Code != "AccessDenied" {
					t.Errorf("without %s: got %v, want 403 AccessDenied", missing, err)
				}
			}
		})
	}
}

func TestTagCountIsShownToThoseWhoMayReadTags(t *testing.T) {
	for _, may := range []bool{true, false} {
		grants := []string{"oss:GetObject src/k"}
		if may {
			grants = append(grants, "oss:GetObjectTagging src/k")
		}
		admin, user := clients(t, allowing(t, grants))
		if err := putSource("a=1&b=2")(t.Context(), admin, nil); err != nil {
			t.Fatal(err)
		}
		head, err := user.HeadObject(t.Context(), &oss.HeadObjectRequest{Bucket: src, Key: key})
		if err != nil {
			t.Fatal(err)
		}
		if shown := head.TaggingCount == 2; shown != may {
			t.Errorf("x-oss-tagging-count is %d with permission to read tags: %v", head.TaggingCount, may)
		}
	}
}
