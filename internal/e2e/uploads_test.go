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
	"afterput/internal/localfc"
	"afterput/internal/localoss"
)

// retrying lets FC try again so often.
func retrying(n int) func(*localcloud.Config) {
	return func(c *localcloud.Config) { c.FC.MaxRetries = n }
}

// withRole gives the function temporary keys of its own.
func withRole(secret, token string) func(*localcloud.Config) {
	return func(c *localcloud.Config) {
		c.OSS.AccessKeys = map[string]localoss.AccessKey{"local": {Secret: "local"}, "role": {Secret: secret, SecurityToken: token}}
		c.FC.Credentials = func() localfc.Credentials {
			return localfc.Credentials{AccessKeyID: "role", AccessKeySecret: secret, SecurityToken: token}
		}
	}
}

func TestPartEventsOfAMultipartUploadStartNoCopy(t *testing.T) {
	w := start(t, replicate)
	bucket, key := oss.Ptr(from), oss.Ptr("in/in parts")
	begun, err := w.client.InitiateMultipartUpload(t.Context(), &oss.InitiateMultipartUploadRequest{Bucket: bucket, Key: key})
	if err != nil {
		t.Fatal(err)
	}
	pieces := [][]byte{bytes.Repeat([]byte("a"), 100<<10), bytes.Repeat([]byte("b"), 100<<10), []byte("end")}
	var list []oss.UploadPart
	for i, piece := range pieces {
		part, err := w.client.UploadPart(t.Context(), &oss.UploadPartRequest{Bucket: bucket, Key: key, UploadId: begun.UploadId, PartNumber: int32(i + 1), Body: bytes.NewReader(piece)})
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, oss.UploadPart{PartNumber: int32(i + 1), ETag: part.ETag})
	}
	w.settle()
	w.wantOutcomes()
	if n := len(w.reports()); n != 4 {
		t.Errorf("%d events before the object was whole, want Initiate and three parts", n)
	}
	_, err = w.client.CompleteMultipartUpload(t.Context(), &oss.CompleteMultipartUploadRequest{
		Bucket: bucket, Key: key, UploadId: begun.UploadId, CompleteMultipartUpload: &oss.CompleteMultipartUpload{Parts: list}})
	if err != nil {
		t.Fatal(err)
	}
	w.settle()
	w.wantOutcomes(copier.Copied)
	if got := w.content("in/in parts"); got != string(bytes.Join(pieces, nil)) {
		t.Errorf("the destination has %d bytes", len(got))
	}
}

func TestAwkwardKeysAreCopiedUnderTheirOwnNames(t *testing.T) {
	keys := []string{"in/a b", "in/a+b", "in/a%2Fb%20c", "in/100%", "in/报告 2026+Q4 100%.txt", "in/a?b=c&d#e", "in/" + strings.Repeat("长", 300),
		"in/a//b", "in/./..", "in/tab\tquote\"", "in/${key} ${env.HOME} {{.Key}} $(id)", "in/~-._!$'()*,;:@[]"}
	for method, change := range map[string]func(*localcloud.Config){"CopyObject": env(), "UploadPartCopy": env("AFTERPUT_SINGLE_COPY_LIMIT=1")} {
		t.Run(method, func(t *testing.T) {
			w := start(t, replicate, change)
			for _, key := range keys {
				w.put(key, "of "+key)
			}
			w.settle()
			for _, key := range keys {
				if got := w.content(key); got != "of "+key {
					t.Errorf("%q holds %q", key, got)
				}
			}
			if all := w.OSS.Objects(to); len(all) != len(keys) {
				t.Errorf("%d objects in the target bucket, want %d", len(all), len(keys))
			}
			for _, c := range w.copies() {
				if c.Method != method {
					t.Errorf("copied by %s", c.Method)
				}
			}
		})
	}
}

func TestSameObjectAgainAndAgainInQuickSuccessionEndsWithTheNewest(t *testing.T) {
	w := start(t, replicate, func(c *localcloud.Config) { c.FC.Instances = 4 })
	for i := range 20 {
		w.put("in/busy", fmt.Sprint("version ", i))
	}
	w.settle()
	if got := w.content("in/busy"); got != "version 19" || len(w.FC.Failed()) != 0 {
		t.Errorf("the destination holds %q; given up: %v", got, w.FC.Failed())
	}
}

func TestEventDeliveredTwiceAndOutOfOrderChangesNothing(t *testing.T) {
	w := start(t, replicate, held)
	w.put("in/k", "old")
	w.put("in/k", "new")
	w.mu.Lock()
	w.events = [][]byte{w.events[1], w.events[0], w.events[1], w.events[0]}
	w.mu.Unlock()
	w.deliver()
	w.settle()
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
	w := start(t, replicate, intercepting(refuse))
	w.put("in/k", "content")
	w.settle()
	w.wantOutcomes(copier.Copied)
	if c := w.copies()[0]; c.Method != copier.MethodUploadPartCopy || w.content("in/k") != "content" {
		t.Errorf("reported %+v; the destination holds %q", c, w.content("in/k"))
	}
}

func TestTransientTroubleIsMendedByFCsRetry(t *testing.T) {
	calls := 0
	expired := func(_ context.Context, call *localoss.Call, next func() *localoss.Response) *localoss.Response {
		if call.Name == "CopyObject" {
			if calls++; calls <= 2 {
				return call.Refuse(&localoss.Error{Code: "SecurityTokenExpired", Status: 403, Message: "The security token you provided has expired."})
			}
		}
		return next()
	}
	w := start(t, replicate, intercepting(expired), retrying(3))
	w.put("in/k", "content")
	w.settle()
	w.wantOutcomes(copier.Failed, copier.Failed, copier.Copied)
	if len(w.FC.Failed()) != 0 || w.content("in/k") != "content" {
		t.Errorf("given up: %v; the destination holds %q", w.FC.Failed(), w.content("in/k"))
	}
}

func TestLargeCopyThatOutlastsTheTimeOutIsGoneOnWithByTheRetry(t *testing.T) {
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
	w := start(t, replicate, intercepting(slow), retrying(5), env("AFTERPUT_PART_SIZE=64MiB", "AFTERPUT_PARTS_IN_FLIGHT=8"),
		func(c *localcloud.Config) { c.FC.Timeout = 3 * time.Second })
	if err := w.OSS.PutSparse(from, "in/large", parts*64<<20, localoss.WithSeed(5)); err != nil {
		t.Fatal(err)
	}
	w.settle()
	src, _ := w.OSS.Object(from, "in/large")
	if dst, ok := w.OSS.Object(to, "in/large"); !ok || dst.CRC64 != src.CRC64 || len(w.FC.Failed()) != 0 {
		t.Fatalf("the destination is %+v; given up: %v", dst, w.FC.Failed())
	}
	attempts := w.attempts()
	if attempts < 2 {
		t.Errorf("%d attempts: the time-out did not stop the first", attempts)
	}
	// What was under way when an attempt stopped is copied again, no more.
	counts := w.OSS.Counts()
	if n := counts["UploadPartCopy"]; n > parts+(attempts-1)*8+2 || counts["InitiateMultipartUpload"] != 1 {
		t.Errorf("%d attempts took %v", attempts, counts)
	}
	if open, all := w.OSS.Uploads(to), w.OSS.Objects(to); len(open) != 0 || len(all) != 1 {
		t.Errorf("left behind: uploads %v, %d objects", open, len(all))
	}
}
