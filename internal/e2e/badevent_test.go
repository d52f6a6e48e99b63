package e2e_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/copier"
)

// redeliver hands the nth event that was given up to the function once more, as
// what its on-failure destination received allows.
func (w *world) redeliver(n int) {
	w.t.Helper()
	w.FC.Invoke([]byte(w.FC.Failed()[n].RequestPayload))
	w.settle()
}

func TestPayloadThatIsNoOSSEventIsReportedAndTheFunctionGoesOn(t *testing.T) {
	w := start(t, replicate)
	payloads := []string{"hello", "{}", `{"Records":[{"eventSource":"aws:s3"}]}`, `{"events":[{"eventName":"ObjectCreated:PutObject"}]}`}
	for i, payload := range payloads {
		w.FC.Invoke([]byte(payload))
		w.settle()
		report := w.failure(i)
		if report.Error == nil || !report.Error.Permanent || report.Error.Message == "" {
			t.Errorf("%s: error %+v", payload, report.Error)
		}
		if kept := w.FC.Failed()[i].RequestPayload; kept != payload {
			t.Errorf("%s: kept is %s", payload, kept)
		}
	}
	w.wantNextEventAnswered()
}

func TestMissingDestinationBucketIsReportedWithItsMendAndNothingIsLost(t *testing.T) {
	w := start(t, replicate+"      - bucket: missing-bucket\n")
	w.put("in/k", "v")
	w.settle()
	w.wantOutcomes(copier.Copied, copier.Failed)
	e := w.failure(0).Objects[0].Copies[1].Error
	if e.Code != "NoSuchBucket" || !e.Permanent || e.RequestID == "" {
		t.Errorf("error %+v", e)
	}
	wantSaid(t, e.Message, "create the bucket")
	if got := w.content("in/k"); got != "v" {
		t.Errorf("the other copy: the destination holds %q", got)
	}
	if err := w.OSS.CreateBucket("missing-bucket"); err != nil {
		t.Fatal(err)
	}
	w.wantNextEventAnswered()
	w.redeliver(0)
	if _, ok := w.OSS.Object("missing-bucket", "in/k"); !ok {
		t.Error("the event delivered again did not make the copy")
	}
}

func TestDeniedAccessIsReportedAsPermanentAndTheFunctionGoesOn(t *testing.T) {
	w := start(t, replicate, denying("denied"))
	w.put("in/denied", "v")
	w.settle()
	e := w.failure(0).Objects[0].Copies[0].Error
	if e.Code != "AccessDenied" || !e.Permanent {
		t.Errorf("error %+v", e)
	}
	wantSaid(t, e.Message, "role")
	w.wantNextEventAnswered()
}

func TestSourceThatIsGoneOrReplacedBeforeItsCopyIsSupersededAndNoFailure(t *testing.T) {
	w := start(t, replicate, held)
	w.put("in/deleted", "v")
	w.put("in/replaced", "old")
	w.put("in/replaced", "new")
	if _, err := w.client.DeleteObject(t.Context(), &oss.DeleteObjectRequest{Bucket: oss.Ptr(from), Key: oss.Ptr("in/deleted")}); err != nil {
		t.Fatal(err)
	}
	w.deliver()
	w.settle()
	w.wantOutcomes(copier.Superseded, copier.Superseded, copier.Copied)
	if got := w.content("in/replaced"); got != "new" {
		t.Errorf("the destination holds %q, want the newest", got)
	}
	if got := w.content("in/deleted"); got != "" || len(w.FC.Failed()) != 0 {
		t.Errorf("the deleted object: the destination holds %q; given up: %v", got, w.FC.Failed())
	}
}

func TestFailureReportLandsWhereFCKeepsWhatItGaveUp(t *testing.T) {
	w := start(t, replicate, denying("denied"), retrying(2))
	w.put("in/denied", "v")
	w.settle()
	if n := len(w.reports()); n != 3 {
		t.Errorf("%d attempts, want one and two retries", n)
	}
	failed := w.FC.Failed()
	if len(failed) != 1 || failed[0].RequestContext.ApproximateInvokeCount != 3 {
		t.Fatalf("given up: %+v", failed)
	}
	report := w.failure(0)
	if report.RetryCount != 2 || report.RequestID != failed[0].RequestContext.RequestID || report.Objects[0].Key != "in/denied" {
		t.Errorf("its report: %+v", report)
	}
	// A retry of what is permanent is cheap: the request that fails, after a look whether
	// the copy stands already.
	w.wantCounts(map[string]int{"PutObject": 1, "CopyObject": 3, "HeadObject": 2})
}

func TestReportThatIsTooLongKeepsEveryFailureWithinWhatADestinationHolds(t *testing.T) {
	w := start(t, replicate, held, denying("denied"))
	for i := range 600 {
		key := fmt.Sprintf("in/a key with some \"length\" %03d", i)
		if i%60 == 0 {
			key += " denied"
		}
		w.put(key, "v")
	}
	w.FC.Invoke(w.together())
	w.settle()
	report := w.failure(0)
	if len(report.Objects) != 10 || report.Omitted["copied"] != 590 {
		t.Errorf("%d objects are kept, left out are %v; want 10 and 590 copied", len(report.Objects), report.Omitted)
	}
	for _, o := range report.Objects {
		if !strings.HasSuffix(o.Key, " denied") {
			t.Errorf("kept: %+v", o)
		}
	}
	if size := len(w.FC.Failed()[0].ResponsePayload); size > 64<<10 {
		t.Errorf("the answer has %d bytes", size)
	}
	w.put("in/next", "next")
	w.deliver()
	w.settle()
	if w.content("in/next") != "next" {
		t.Error("the next event was not answered")
	}
}

func TestSecretsAppearNowhereTheFunctionWrites(t *testing.T) {
	const secret, token = "SECRET-that-nobody-may-see", "TOKEN-that-nobody-may-see"
	w := start(t, replicate, denying("denied"), env("AFTERPUT_LOG_LEVEL=debug"), withRole(secret, token))
	w.put("in/good", "v")
	w.put("in/denied", "v")
	w.put("unwanted", "v")
	w.FC.Invoke([]byte("hello"))
	w.settle()
	if got := w.content("in/good"); got != "v" {
		t.Fatalf("the role's key does not work: %q", got)
	}
	if err := w.FC.Close(); err != nil { // what it prints comes behind its answers
		t.Fatal(err)
	}
	told := w.printed()
	w.mu.Lock()
	for _, r := range w.results {
		told += string(r.Response)
	}
	w.mu.Unlock()
	for _, f := range w.FC.Failed() {
		told += f.ResponsePayload
	}
	if strings.Contains(told, secret) || strings.Contains(told, token) {
		t.Errorf("a secret is told:\n%s", told)
	}
	wantSaid(t, told, "in/denied", "no copy") // what was to be told
}
