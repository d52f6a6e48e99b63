package localoss_test

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"afterput/internal/localoss"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/google/go-cmp/cmp"
)

func TestEventsHaveTheFormOfOSS(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var payload []byte
		s, err := localoss.New(localoss.Config{OnEvent: func(p []byte) { payload = p },
			AccessKeys: map[string]localoss.AccessKey{"local": {Secret: "local", Principal: "2045"}}})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		if err := s.CreateBucket("bkt"); err != nil {
			t.Fatal(err)
		}
		w := &world{T: t, Server: s, sdk: inProcess(s)}
		w.put("a b+c/图.jpg", "old", func(r *oss.PutObjectRequest) { r.ContentType = oss.Ptr("image/jpeg") })
		out := w.put("a b+c/图.jpg", "hello", func(r *oss.PutObjectRequest) { r.ContentType = oss.Ptr("image/jpeg") })
		var got any
		if err := json.Unmarshal(payload, &got); err != nil {
			t.Fatal(err)
		}
		var want any
		err = json.Unmarshal([]byte(`{"events":[{"eventName":"ObjectCreated:PutObject","eventSource":"acs:oss",
			"eventTime":"2000-01-01T00:00:00.000Z","eventVersion":"1.0",
			"oss":{"bucket":{"arn":"acs:oss:cn-hangzhou:1234567890123456:bkt","name":"bkt",
			"ownerIdentity":"1234567890123456","virtualBucket":""},
			"object":{"deltaSize":2,"eTag":"5D41402ABC4B2A76B9719D911017C592","key":"a b+c/图.jpg",
			"objectMeta":{"mimeType":"image/jpeg"},"size":5},
			"ossSchemaVersion":"1.0","ruleId":"local"},
			"region":"cn-hangzhou","requestParameters":{"sourceIPAddress":"127.0.0.1"},
			"responseElements":{"requestId":"`+out.Headers.Get("x-oss-request-id")+`"},
			"userIdentity":{"principalId":"2045"}}]}`), &want)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestEveryChangeRaisesItsEvent(t *testing.T) {
	w := newWorld(t, localoss.Config{})
	b, k := oss.Ptr("bkt"), oss.Ptr("k")
	var up string
	for _, step := range []struct {
		want string
		do   func() error
	}{
		{"ObjectCreated:PutObject", func() error { w.put("k", "text"); return nil }},
		{"ObjectDownloaded:GetObject", func() error { w.get("k"); return nil }},
		{"ObjectCreated:CopyObject", func() error {
			_, err := w.sdk.CopyObject(ctx, &oss.CopyObjectRequest{Bucket: b, Key: oss.Ptr("k2"), SourceKey: k})
			return err
		}},
		{"ObjectCreated:InitiateMultipartUpload", func() error {
			out, err := w.sdk.InitiateMultipartUpload(ctx, &oss.InitiateMultipartUploadRequest{Bucket: b, Key: k})
			up = *out.UploadId
			return err
		}},
		{"ObjectCreated:UploadPart", func() error {
			_, err := w.sdk.UploadPart(ctx, &oss.UploadPartRequest{
				Bucket: b, Key: k, UploadId: &up, PartNumber: 1, Body: strings.NewReader(strings.Repeat("x", 100<<10)),
			})
			return err
		}},
		{"ObjectCreated:UploadPartCopy", func() error {
			_, err := w.sdk.UploadPartCopy(ctx, &oss.UploadPartCopyRequest{
				Bucket: b, Key: k, UploadId: &up, PartNumber: 2, SourceKey: k,
			})
			return err
		}},
		{"ObjectCreated:CompleteMultipartUpload", func() error {
			_, err := w.sdk.CompleteMultipartUpload(ctx, &oss.CompleteMultipartUploadRequest{
				Bucket: b, Key: k, UploadId: &up, CompleteAll: oss.Ptr("yes"),
			})
			return err
		}},
		{"ObjectModified:UpdateObjectMeta", func() error {
			_, err := w.sdk.PutObjectAcl(ctx, &oss.PutObjectAclRequest{Bucket: b, Key: k, Acl: oss.ObjectACLPrivate})
			return err
		}},
		{"ObjectCreated:PutSymlink", func() error {
			_, err := w.sdk.PutSymlink(ctx, &oss.PutSymlinkRequest{Bucket: b, Key: oss.Ptr("link"), Target: k})
			return err
		}},
		{"ObjectCreated:AppendObject", func() error {
			_, err := w.sdk.AppendObject(ctx, &oss.AppendObjectRequest{
				Bucket: b, Key: oss.Ptr("log"), Position: oss.Ptr(int64(0)), Body: strings.NewReader("line"),
			})
			return err
		}},
		{"ObjectRemoved:DeleteObject", func() error {
			_, err := w.sdk.DeleteObject(ctx, &oss.DeleteObjectRequest{Bucket: b, Key: oss.Ptr("k2")})
			return err
		}},
		{"", func() error {
			_, err := w.sdk.DeleteObject(ctx, &oss.DeleteObjectRequest{Bucket: b, Key: oss.Ptr("missing")})
			return err
		}},
		{"ObjectRemoved:DeleteObjects ObjectRemoved:DeleteObjects", func() error {
			_, err := w.sdk.DeleteMultipleObjects(ctx, &oss.DeleteMultipleObjectsRequest{
				Bucket: b, Objects: []oss.DeleteObject{{Key: k}, {Key: oss.Ptr("log")}, {Key: oss.Ptr("none")}},
			})
			return err
		}},
		{"ObjectCreated:CompleteMultipartUpload", func() error { return w.PutSparse("bkt", "sparse", 1<<40) }},
		{"", func() error {
			_, err := w.sdk.HeadObject(ctx, &oss.HeadObjectRequest{Bucket: b, Key: oss.Ptr("sparse")})
			return err
		}},
		{"ObjectCreated:InitiateMultipartUpload ObjectRemoved:AbortMultipartUpload", func() error {
			out, err := w.sdk.InitiateMultipartUpload(ctx, &oss.InitiateMultipartUploadRequest{Bucket: b, Key: k})
			if err == nil {
				_, err = w.sdk.AbortMultipartUpload(ctx, &oss.AbortMultipartUploadRequest{
					Bucket: b, Key: k, UploadId: out.UploadId,
				})
			}
			return err
		}},
	} {
		if err := step.do(); err != nil {
			t.Fatalf("%s: %v", step.want, err)
		}
		if got := strings.Join(w.names(), " "); got != step.want {
			t.Errorf("raised %q, want %q", got, step.want)
		}
	}
}

func TestFinishRestoreIsRaisedWhenAColdObjectIsReadable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, localoss.Config{})
		for key, class := range map[string]oss.StorageClassType{
			"archive": oss.StorageClassArchive, "cold": oss.StorageClassColdArchive,
		} {
			w.put(key, "text", func(r *oss.PutObjectRequest) { r.StorageClass = class })
			if _, err := w.sdk.RestoreObject(ctx, &oss.RestoreObjectRequest{
				Bucket: oss.Ptr("bkt"), Key: oss.Ptr(key),
			}); err != nil {
				t.Fatal(err)
			}
		}
		w.names()
		time.Sleep(5*time.Hour - time.Second)
		if got := w.names(); len(got) > 0 {
			t.Errorf("raised %q early", got)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if diff := cmp.Diff([]string{"ObjectRestore:FinishRestore"}, w.names()); diff != "" {
			t.Error(diff)
		}
		if w.get("cold") != "text" {
			t.Error("the object cannot be read")
		}
		time.Sleep(24 * time.Hour)
		_, err := w.sdk.GetObject(ctx, &oss.GetObjectRequest{Bucket: oss.Ptr("bkt"), Key: oss.Ptr("cold")})
		w.refused(err, 403, "InvalidObjectState", "")
	})
}
