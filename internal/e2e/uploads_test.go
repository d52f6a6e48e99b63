package e2e_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/copier"
	"afterput/internal/localcloud"
	"afterput/internal/localoss"
)

func TestPartEventsOfAMultipartUploadStartNoCopy(t *testing.T) {
	w := start(t, replicate)
	bucket, key := oss.Ptr(sourceBucket), oss.Ptr("in/in parts")
	begun, err := w.client.InitiateMultipartUpload(t.Context(),
		&oss.InitiateMultipartUploadRequest{Bucket: bucket, Key: key})
	if err != nil {
		t.Fatal(err)
	}
	pieces := [][]byte{bytes.Repeat([]byte("a"), 100<<10), bytes.Repeat([]byte("b"), 100<<10), []byte("end")}
	var list []oss.UploadPart
	for i, piece := range pieces {
		part, err := w.client.UploadPart(t.Context(), &oss.UploadPartRequest{
			Bucket: bucket, Key: key, UploadId: begun.UploadId, PartNumber: int32(i + 1), Body: bytes.NewReader(piece),
		})
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, oss.UploadPart{PartNumber: int32(i + 1), ETag: part.ETag})
	}
	w.waitForEvents()
	w.wantOutcomes()
	if n := len(w.reports()); n != 4 {
		t.Errorf("%d events before CompleteMultipartUpload, want 4: Initiate and three parts", n)
	}
	_, err = w.client.CompleteMultipartUpload(t.Context(), &oss.CompleteMultipartUploadRequest{
		Bucket: bucket, Key: key, UploadId: begun.UploadId,
		CompleteMultipartUpload: &oss.CompleteMultipartUpload{Parts: list},
	})
	if err != nil {
		t.Fatal(err)
	}
	w.waitForEvents()
	w.wantOutcomes(copier.Copied)
	if got := w.content("in/in parts"); got != string(bytes.Join(pieces, nil)) {
		t.Errorf("the destination has %d bytes", len(got))
	}
}

func TestAwkwardKeysAreCopiedUnchanged(t *testing.T) {
	keys := []string{
		"in/a b", "in/a+b", "in/a%2Fb%20c", "in/100%", "in/报告 2026+Q4 100%.txt", "in/a?b=c&d#e",
		"in/" + strings.Repeat("长", 300), "in/a//b", "in/./..", "in/tab\tquote\"",
		"in/${key} ${env.HOME} {{.Key}} $(id)", "in/~-._!$'()*,;:@[]",
	}
	for method, change := range map[string]func(*localcloud.Config){
		"CopyObject":     withEnv(),
		"UploadPartCopy": withEnv("AFTERPUT_SINGLE_COPY_LIMIT=1"),
	} {
		t.Run(method, func(t *testing.T) {
			w := start(t, replicate, change)
			for _, key := range keys {
				w.put(key, "of "+key)
			}
			w.waitForEvents()
			for _, key := range keys {
				if got := w.content(key); got != "of "+key {
					t.Errorf("%q holds %q", key, got)
				}
			}
			if all := w.OSS.Objects(targetBucket); len(all) != len(keys) {
				t.Errorf("%d objects in the target bucket, want %d", len(all), len(keys))
			}
			for _, c := range w.copies() {
				if c.Method != method {
					t.Errorf("copied by %s, want %s", c.Method, method)
				}
			}
		})
	}
}

func TestRapidUploadsOfOneKeyEndWithTheNewest(t *testing.T) {
	w := start(t, replicate, func(c *localcloud.Config) { c.FC.Instances = 4 })
	for i := range 20 {
		w.put("in/busy", fmt.Sprint("version ", i))
	}
	w.waitForEvents()
	if got := w.content("in/busy"); got != "version 19" || len(w.FC.Failed()) != 0 {
		t.Errorf("the destination holds %q; given up: %v", got, w.FC.Failed())
	}
}

func TestEventsDeliveredTwiceAndOutOfOrderEndWithTheNewest(t *testing.T) {
	w := start(t, replicate, withoutDelivery)
	w.put("in/k", "old")
	w.put("in/k", "new")
	w.mu.Lock()
	w.events = [][]byte{w.events[1], w.events[0], w.events[1], w.events[0]}
	w.mu.Unlock()
	w.deliverEvents()
	w.waitForEvents()
	w.wantOutcomes(copier.Copied, copier.Superseded, copier.Copied, copier.Superseded)
	if got := w.content("in/k"); got != "new" {
		t.Errorf("the destination holds %q", got)
	}
}

func TestEntityTooLargeFallsBackToParts(t *testing.T) {
	refuse := func(_ context.Context, call *localoss.Call, next func() *localoss.Response) *localoss.Response {
		if call.Name == "CopyObject" {
			return call.Refuse(&localoss.Error{Code: localoss.EntityTooLarge})
		}
		return next()
	}
	w := start(t, replicate, withIntercept(refuse))
	w.put("in/k", "content")
	w.waitForEvents()
	w.wantOutcomes(copier.Copied)
	if c := w.copies()[0]; c.Method != copier.MethodUploadPartCopy || w.content("in/k") != "content" {
		t.Errorf("the report has %+v; the destination holds %q", c, w.content("in/k"))
	}
}

func TestTransientFailureSucceedsOnFCsRetry(t *testing.T) {
	calls := 0
	expired := func(_ context.Context, call *localoss.Call, next func() *localoss.Response) *localoss.Response {
		if call.Name == "CopyObject" {
			if calls++; calls <= 2 {
				return call.Refuse(&localoss.Error{
					Code: "SecurityTokenExpired", Status: 403, Message: "The security token you provided has expired.",
				})
			}
		}
		return next()
	}
	w := start(t, replicate, withIntercept(expired), withRetries(3))
	w.put("in/k", "content")
	w.waitForEvents()
	w.wantOutcomes(copier.Failed, copier.Failed, copier.Copied)
	if len(w.FC.Failed()) != 0 || w.content("in/k") != "content" {
		t.Errorf("given up: %v; the destination holds %q", w.FC.Failed(), w.content("in/k"))
	}
}

func TestLargeCopyThatExceedsTheTimeOutIsResumedByTheRetry(t *testing.T) {
	const parts = 48
	slow := func(ctx context.Context, call *localoss.Call, next func() *localoss.Response) *localoss.Response {
		if call.Name == "UploadPartCopy" {
			select {
			case <-time.After(time.Second / 2):
			case <-ctx.Done():
			}
		}
		return next()
	}
	w := start(t, replicate, withIntercept(slow), withRetries(5),
		withEnv("AFTERPUT_PART_SIZE=64MiB", "AFTERPUT_PARTS_IN_FLIGHT=8"),
		func(c *localcloud.Config) { c.FC.Timeout = 3 * time.Second })
	if err := w.OSS.PutSparse(sourceBucket, "in/large", parts*64<<20, localoss.WithSeed(5)); err != nil {
		t.Fatal(err)
	}
	w.waitForEvents()
	src, _ := w.OSS.Object(sourceBucket, "in/large")
	if dst, ok := w.OSS.Object(targetBucket, "in/large"); !ok || dst.CRC64 != src.CRC64 || len(w.FC.Failed()) != 0 {
		t.Fatalf("the destination is %+v; given up: %v", dst, w.FC.Failed())
	}
	attempts := w.attempts()
	if attempts < 2 {
		t.Errorf("%d attempts, want more: the first should have timed out", attempts)
	}
	// Only the parts in flight when an attempt stopped are copied again.
	counts := w.OSS.Counts()
	if n := counts["UploadPartCopy"]; n > parts+(attempts-1)*8+2 || counts["InitiateMultipartUpload"] != 1 {
		t.Errorf("%d attempts sent too many requests: %v", attempts, counts)
	}
	if open, all := w.OSS.Uploads(targetBucket), w.OSS.Objects(targetBucket); len(open) != 0 || len(all) != 1 {
		t.Errorf("leftover uploads %v, %d objects in the target bucket, want 1", open, len(all))
	}
}
