package localoss_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"afterput/internal/localoss"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
)

func copyKey(w *world, ctx context.Context, dst string) error {
	_, err := w.sdk.CopyObject(ctx, &oss.CopyObjectRequest{
		Bucket: oss.Ptr("bkt"), Key: oss.Ptr(dst), SourceKey: oss.Ptr("src"),
	})
	return err
}

// slowCopies delays the effect of every CopyObject by d.
func slowCopies(d time.Duration) localoss.Intercept {
	return func(ctx context.Context, call *localoss.Call, next func() *localoss.Response) *localoss.Response {
		if call.Name == "CopyObject" {
			time.Sleep(d)
		}
		return next()
	}
}

func TestCopyReadsTheAcceptedVersionAndOutlivesItsClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, localoss.Config{Intercept: slowCopies(time.Hour)})
		w.put("src", "old")
		limited, cancel := context.WithTimeout(ctx, time.Minute)
		defer cancel()
		start := time.Now()
		if err := copyKey(w, limited, "dst"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the client got %v", err)
		}
		if took := time.Since(start); took != time.Minute {
			t.Errorf("the client waited %v", took)
		}
		w.put("src", "new")
		w.put("dst", "between")
		if got := w.get("dst"); got != "between" {
			t.Errorf("the copy took effect too early: %q", got)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if got := w.get("dst"); got != "old" {
			t.Errorf("the object is %q, want the version that was current when the copy was accepted", got)
		}
	})
}

func TestInterceptSeesHowManyBytesAnOperationMoves(t *testing.T) {
	var seen []string
	w := newWorld(t, localoss.Config{Intercept: func(
		_ context.Context, c *localoss.Call, next func() *localoss.Response,
	) *localoss.Response {
		resp := next()
		seen = append(seen, fmt.Sprintf("%s in %d copied %d shallow %v failed %q out %d",
			c.Operation, c.BytesIn, c.BytesCopied, c.Shallow, c.Failed, resp.Length))
		return resp
	}})
	w.put("src", "12345")
	w.get("src")
	if err := copyKey(w, ctx, "dst"); err != nil {
		t.Fatal(err)
	}
	_, err := w.sdk.CopyObject(ctx, &oss.CopyObjectRequest{
		Bucket: oss.Ptr("bkt"), Key: oss.Ptr("dst"), SourceKey: oss.Ptr("src"), IfMatch: oss.Ptr("no"),
	})
	w.refused(err, 412, "PreconditionFailed", "")
	want := []string{
		`PutObject bkt/src in 5 copied 0 shallow false failed "" out 0`,
		`GetObject bkt/src in 0 copied 0 shallow false failed "" out 5`,
		`CopyObject bkt/dst from bkt/src in 0 copied 5 shallow true failed "" out`,
		`CopyObject bkt/dst from bkt/src in 0 copied 0 shallow false failed "PreconditionFailed" out`,
	}
	for i, line := range want {
		if i >= len(seen) || !strings.HasPrefix(seen[i], line) {
			t.Fatalf("seen %q, want %q", seen, want)
		}
	}
}

func TestEffectOfADroppedReplyAndOfADroppedRequest(t *testing.T) {
	for name, over := range map[string]func(*world) string{
		"in process":    func(*world) string { return "" },
		"over loopback": (*world).listen,
	} {
		t.Run(name, func(t *testing.T) {
			var drop atomic.Value
			drop.Store("")
			w := newWorld(t, localoss.Config{Intercept: func(
				_ context.Context, _ *localoss.Call, next func() *localoss.Response,
			) *localoss.Response {
				switch drop.Load() {
				case "before":
					return nil
				case "after":
					next()
					return nil
				}
				return next()
			}})
			if url := over(w); url != "" {
				w.sdk = sdkClient(url, nil)
			}
			w.put("src", "text")
			w.names()
			drop.Store("before")
			if err := copyKey(w, ctx, "dst"); err == nil {
				t.Error("no error for a cut connection")
			}
			if _, exists := w.Object("bkt", "dst"); exists || len(w.names()) > 0 {
				t.Error("a request that was cut before its effect took effect")
			}
			drop.Store("after")
			if err := copyKey(w, ctx, "dst"); err == nil {
				t.Error("no error for a dropped reply")
			}
			if _, exists := w.Object("bkt", "dst"); !exists || len(w.names()) != 1 {
				t.Error("a request whose reply was dropped left no object or no event")
			}
		})
	}
}

func TestClientNoticesATruncatedReply(t *testing.T) {
	w := newWorld(t, localoss.Config{Intercept: func(
		_ context.Context, c *localoss.Call, next func() *localoss.Response,
	) *localoss.Response {
		resp := next()
		if c.Name == "GetObject" {
			resp.Truncate(2)
		}
		return resp
	}})
	url := w.listen()
	w.put("k", "12345")
	for _, client := range []*oss.Client{w.sdk, sdkClient(url, nil)} {
		out, err := client.GetObject(ctx, &oss.GetObjectRequest{Bucket: oss.Ptr("bkt"), Key: oss.Ptr("k")})
		if err != nil {
			t.Fatal(err)
		}
		if text, err := io.ReadAll(out.Body); err == nil || string(text) != "12" {
			t.Errorf("read %q, %v", text, err)
		}
		out.Body.Close()
	}
}

func TestCorruptedContentShowsInTheCRCOfThePart(t *testing.T) {
	w := newWorld(t, localoss.Config{Intercept: func(
		_ context.Context, c *localoss.Call, next func() *localoss.Response,
	) *localoss.Response {
		if c.Name == "UploadPartCopy" {
			c.Corrupt(3)
		}
		return next()
	}})
	w.put("src", "abcdefgh")
	up, err := w.sdk.InitiateMultipartUpload(ctx, &oss.InitiateMultipartUploadRequest{
		Bucket: oss.Ptr("bkt"), Key: oss.Ptr("dst"),
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.sdk.UploadPartCopy(ctx, &oss.UploadPartCopyRequest{
		Bucket: oss.Ptr("bkt"), Key: oss.Ptr("dst"), UploadId: up.UploadId, PartNumber: 1, SourceKey: oss.Ptr("src"),
	})
	if err != nil {
		t.Fatal(err)
	}
	parts, err := w.sdk.ListParts(ctx, &oss.ListPartsRequest{
		Bucket: oss.Ptr("bkt"), Key: oss.Ptr("dst"), UploadId: up.UploadId,
	})
	if err != nil {
		t.Fatal(err)
	}
	src, _ := w.Object("bkt", "src")
	if *parts.Parts[0].HashCRC64 == fmt.Sprint(src.CRC64) {
		t.Error("ListParts has the CRC of the source")
	}
	if _, err := w.sdk.CompleteMultipartUpload(ctx, &oss.CompleteMultipartUploadRequest{
		Bucket: oss.Ptr("bkt"), Key: oss.Ptr("dst"), UploadId: up.UploadId, CompleteAll: oss.Ptr("yes"),
	}); err != nil {
		t.Fatal(err)
	}
	if got := w.get("dst"); got != "abceefgh" {
		t.Errorf("the corrupt object has %q", got)
	}
}

func TestRequestsRunInParallelInVirtualTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, localoss.Config{Intercept: slowCopies(time.Second)})
		w.put("src", "text")
		start, done := time.Now(), make(chan error)
		for i := range 100 {
			go func() { done <- copyKey(w, ctx, fmt.Sprint("dst", i)) }()
		}
		for range 100 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		if took := time.Since(start); took != time.Second {
			t.Errorf("100 copies of a second took %v", took)
		}
	})
}

func TestAuthorizeGetsEveryActionAndDeniesAccess(t *testing.T) {
	asked := map[string]bool{}
	deny := ""
	w := newWorld(t, localoss.Config{Authorize: func(op localoss.Operation) error {
		for _, a := range op.Actions {
			asked[a.Name+" "+a.Resource[strings.LastIndex(a.Resource, ":")+1:]] = true
			if a.Name == deny {
				return errors.New("denied by the test")
			}
		}
		return nil
	}})
	w.put("src", "text", func(r *oss.PutObjectRequest) { r.Tagging = oss.Ptr("a=b") })
	clear(asked)
	_, err := w.sdk.CopyObject(ctx, &oss.CopyObjectRequest{
		Bucket:                    oss.Ptr("bkt"),
		Key:                       oss.Ptr("dst"),
		SourceKey:                 oss.Ptr("src"),
		SourceVersionId:           oss.Ptr("null"),
		Acl:                       oss.ObjectACLPrivate,
		ServerSideEncryption:      oss.Ptr("KMS"),
		ServerSideEncryptionKeyId: oss.Ptr("key-1"),
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"oss:GetObject bkt/src", "oss:GetObjectVersion bkt/src", "oss:PutObject bkt/dst", "oss:PutObjectAcl bkt/dst",
		"oss:GetObjectVersionTagging bkt/src", "oss:PutObjectTagging bkt/dst",
		"kms:GenerateDataKey key/key-1", "kms:Decrypt key/key-1",
	} {
		if !asked[want] {
			t.Errorf("%s was not asked for", want)
		}
	}
	deny = "oss:GetObjectTagging"
	w.refused(copyKey(w, ctx, "dst2"), http.StatusForbidden, "AccessDenied", "0003-00000001")
	head, err := w.sdk.HeadObject(ctx, &oss.HeadObjectRequest{Bucket: oss.Ptr("bkt"), Key: oss.Ptr("src")})
	if err != nil || head.TaggingCount != 0 {
		t.Errorf("the reply has the number of tags without permission: %v, %v", head, err)
	}
	deny = "oss:DeleteObject"
	_, err = w.sdk.DeleteMultipleObjects(ctx, &oss.DeleteMultipleObjectsRequest{
		Bucket: oss.Ptr("bkt"), Objects: []oss.DeleteObject{{Key: oss.Ptr("src")}},
	})
	w.refused(err, http.StatusForbidden, "AccessDenied", "")
}
