package e2e_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/copier"
)

// redeliver invokes the function again with the payload that the on-failure destination received for the nth given-up
// event.
func (w *world) redeliver(n int) {
	w.t.Helper()
	w.FC.Invoke([]byte(w.FC.Failed()[n].RequestPayload))
	w.waitForEvents()
}

func TestInvalidPayloadIsReportedAndTheNextEventIsHandled(t *testing.T) {
	w := start(t, replicate)
	payloads := []string{
		"hello", "{}", `{"Records":[{"eventSource":"aws:s3"}]}`,
		`{"events":[{"eventName":"ObjectCreated:PutObject"}]}`,
	}
	for i, payload := range payloads {
		w.FC.Invoke([]byte(payload))
		w.waitForEvents()
		report := w.givenUpReport(i)
		if report.Error == nil || !report.Error.Permanent || report.Error.Message == "" {
			t.Errorf("%s: error %+v", payload, report.Error)
		}
		if kept := w.FC.Failed()[i].RequestPayload; kept != payload {
			t.Errorf("%s: the on-failure destination received %s", payload, kept)
		}
	}
	w.wantNextEventCopied()
}

func TestMissingDestinationBucketIsReportedWithItsFixAndReplayMakesTheCopy(t *testing.T) {
	w := start(t, replicate+"      - bucket: missing-bucket\n")
	w.put("in/k", "v")
	w.waitForEvents()
	w.wantOutcomes(copier.Copied, copier.Failed)
	e := w.givenUpReport(0).Objects[0].Copies[1].Error
	if e.Code != "NoSuchBucket" || !e.Permanent || e.RequestID == "" {
		t.Errorf("error %+v", e)
	}
	wantContains(t, e.Message, "create the bucket")
	if got := w.content("in/k"); got != "v" {
		t.Errorf("other copy: the destination holds %q", got)
	}
	if err := w.OSS.CreateBucket("missing-bucket"); err != nil {
		t.Fatal(err)
	}
	w.wantNextEventCopied()
	w.redeliver(0)
	if _, ok := w.OSS.Object("missing-bucket", "in/k"); !ok {
		t.Error("the redelivered event did not make the copy")
	}
}

func TestDeniedAccessIsReportedAsPermanentAndTheNextEventIsHandled(t *testing.T) {
	w := start(t, replicate, denyKeysContaining("denied"))
	w.put("in/denied", "v")
	w.waitForEvents()
	e := w.givenUpReport(0).Objects[0].Copies[0].Error
	if e.Code != "AccessDenied" || !e.Permanent {
		t.Errorf("error %+v", e)
	}
	wantContains(t, e.Message, "role")
	w.wantNextEventCopied()
}

func TestSourceDeletedOrReplacedBeforeItsCopyIsSuperseded(t *testing.T) {
	w := start(t, replicate, withoutDelivery)
	w.put("in/deleted", "v")
	w.put("in/replaced", "old")
	w.put("in/replaced", "new")
	_, err := w.client.DeleteObject(t.Context(), &oss.DeleteObjectRequest{
		Bucket: oss.Ptr(sourceBucket), Key: oss.Ptr("in/deleted"),
	})
	if err != nil {
		t.Fatal(err)
	}
	w.deliverEvents()
	w.waitForEvents()
	w.wantOutcomes(copier.Superseded, copier.Superseded, copier.Copied)
	if got := w.content("in/replaced"); got != "new" {
		t.Errorf("the destination holds %q, want the newest", got)
	}
	if got := w.content("in/deleted"); got != "" || len(w.FC.Failed()) != 0 {
		t.Errorf("deleted object: the destination holds %q; given up: %v", got, w.FC.Failed())
	}
}

func TestFailureReportReachesTheOnFailureDestination(t *testing.T) {
	w := start(t, replicate, denyKeysContaining("denied"), withRetries(2))
	w.put("in/denied", "v")
	w.waitForEvents()
	if n := len(w.reports()); n != 3 {
		t.Errorf("%d attempts, want 3: the first and two retries", n)
	}
	failed := w.FC.Failed()
	if len(failed) != 1 || failed[0].RequestContext.ApproximateInvokeCount != 3 {
		t.Fatalf("given up: %+v", failed)
	}
	report, requestID := w.givenUpReport(0), failed[0].RequestContext.RequestID
	if report.RetryCount != 2 || report.RequestID != requestID || report.Objects[0].Key != "in/denied" {
		t.Errorf("report %+v", report)
	}
	// A retry of a permanent failure is cheap: one HeadObject of the destination, and the request that fails.
	w.wantRequests(map[string]int{"PutObject": 1, "CopyObject": 3, "HeadObject": 2})
}

func TestLongReportKeepsEveryFailureAndFitsTheOnFailureDestination(t *testing.T) {
	w := start(t, replicate, withoutDelivery, denyKeysContaining("denied"))
	for i := range 600 {
		key := fmt.Sprintf("in/a key with some \"length\" %03d", i)
		if i%60 == 0 {
			key += " denied"
		}
		w.put(key, "v")
	}
	w.FC.Invoke(w.batchEvents())
	w.waitForEvents()
	report := w.givenUpReport(0)
	if len(report.Objects) != 10 || report.Omitted["copied"] != 590 {
		t.Errorf("%d objects in the report, omitted %v; want 10, and 590 copied", len(report.Objects), report.Omitted)
	}
	for _, o := range report.Objects {
		if !strings.HasSuffix(o.Key, " denied") {
			t.Errorf("the report has %+v, want failures only", o)
		}
	}
	if size := len(w.FC.Failed()[0].ResponsePayload); size > 64<<10 {
		t.Errorf("the response has %d bytes, want at most 64 KiB", size)
	}
	w.put("in/next", "next")
	w.deliverEvents()
	w.waitForEvents()
	if w.content("in/next") != "next" {
		t.Error("the next event was not copied")
	}
}

func TestSecretsAppearInNoLogAndNoReport(t *testing.T) {
	const secret, token = "SECRET-that-nobody-may-see", "TOKEN-that-nobody-may-see"
	w := start(t, replicate, denyKeysContaining("denied"), withEnv("AFTERPUT_LOG_LEVEL=debug"), withRole(secret, token))
	w.put("in/good", "v")
	w.put("in/denied", "v")
	w.put("unwanted", "v")
	w.FC.Invoke([]byte("hello"))
	w.waitForEvents()
	if got := w.content("in/good"); got != "v" {
		t.Fatalf("the copy holds %q: the role's credentials do not work", got)
	}
	if err := w.FC.Close(); err != nil { // output may arrive after the responses
		t.Fatal(err)
	}
	written := w.output()
	w.mu.Lock()
	for _, r := range w.results {
		written += string(r.Response)
	}
	w.mu.Unlock()
	for _, f := range w.FC.Failed() {
		written += f.ResponsePayload
	}
	if strings.Contains(written, secret) || strings.Contains(written, token) {
		t.Errorf("a secret was written:\n%s", written)
	}
	wantContains(t, written, "in/denied", "no copy")
}
