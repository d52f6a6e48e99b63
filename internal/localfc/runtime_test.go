package localfc_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"afterput/internal/localfc"
)

func TestResponseReachesTheCallerUnchanged(t *testing.T) {
	w := start(t, localfc.Config{})
	payload := `{"Do":"echo","File":"照片 +%20.jpg"}`
	r := w.call(payload)
	if r.Error != nil || string(r.Response) != payload || string(r.Payload) != payload {
		t.Errorf("answered %q, error %v; want the payload", r.Response, r.Error)
	}
	if r.Attempt != 1 || !r.Final || r.Ended.Before(r.Started) {
		t.Errorf("result %+v: want a first and final attempt", r)
	}
}

func TestFailedEventsAreRetriedWithTheirRetryCount(t *testing.T) {
	w := start(t, localfc.Config{})
	id := w.Invoke([]byte(`{"Do":"fail","Times":2}`))
	results := w.all()
	if len(results) != 3 {
		t.Fatalf("%d attempts, want 3: %+v", len(results), results)
	}
	for n, r := range results {
		last := n == 2
		if r.RequestID != id || r.Attempt != n+1 || r.Final != last || (r.Error == nil) != last {
			t.Errorf("attempt %d: %+v", n+1, r)
		}
	}
	if string(results[2].Response) != `"at last"` || len(w.Failed()) != 0 {
		t.Errorf("answered %q, given up %v", results[2].Response, w.Failed())
	}
}

func TestRetriesWaitAsConfigured(t *testing.T) {
	var asked []int
	w := start(t, localfc.Config{RetryInterval: func(n int) time.Duration {
		asked = append(asked, n)
		return time.Duration(n) * 20 * time.Millisecond
	}})
	w.Invoke([]byte(`{"Do":"fail","Times":2}`))
	results := w.all()
	if diff := cmp.Diff([]int{1, 2}, asked); diff != "" {
		t.Errorf("asked for the interval of retries (-want +got):\n%s", diff)
	}
	for n := 1; n < len(results); n++ {
		want := time.Duration(n) * 20 * time.Millisecond
		if waited := results[n].Started.Sub(results[n-1].Ended); waited < want {
			t.Errorf("retry %d came after %v, want %v at least", n, waited, want)
		}
	}
}

func TestEventsGivenUpHaveTheShapeOfAnOnFailureDestination(t *testing.T) {
	w := start(t, localfc.Config{Region: "cn-beijing", FunctionName: "afterput", MaxRetries: 1})
	payload := `{"Do":"fail","Times":99}`
	id := w.Invoke([]byte(payload))
	results := w.all()
	if len(results) != 2 {
		t.Fatalf("%d attempts with one retry", len(results))
	}
	failed := w.Failed()
	if len(failed) != 1 || failed[0].Timestamp < results[1].Started.UnixMilli() {
		t.Fatalf("given up: %+v", failed)
	}
	failed[0].Timestamp = 1660120276975
	got, err := json.MarshalIndent(failed[0], "", " ")
	if err != nil {
		t.Fatal(err)
	}
	want := `{
 "timestamp": 1660120276975,
 "requestContext": {
  "requestId": "` + id + `",
  "functionArn": "acs:fc:cn-beijing:1000000000000000:functions/afterput",
  "condition": "HandledInvocationError",
  "approximateInvokeCount": 2
 },
 "requestPayload": "{\"Do\":\"fail\",\"Times\":99}",
 "responseContext": {
  "statusCode": 200,
  "functionError": "HandledInvocationError"
 },
 "responsePayload": "{\"errorMessage\":\"not yet\",\"errorType\":\"errorString\"}"
}`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("failure (-want +got):\n%s", diff)
	}
}

func TestASynchronousInvocationIsNotRetried(t *testing.T) {
	w := start(t, localfc.Config{})
	r := w.call(`{"Do":"fail","Times":1}`)
	if r.Error == nil || r.Error.Message != "not yet" || !r.Final || len(w.all()) != 1 || len(w.Failed()) != 0 {
		t.Errorf("result %+v after %d attempts, given up %v", r, len(w.all()), w.Failed())
	}
}

func TestAPanicIsAnErrorAndTheProcessContinues(t *testing.T) {
	w := start(t, localfc.Config{})
	before := w.pid()
	r := w.call(`{"Do":"panic"}`)
	if r.Error == nil || r.Error.Message != "on purpose" || len(r.Error.StackTrace) == 0 || r.Died {
		t.Errorf("result %+v", r)
	}
	if after := w.pid(); after != before {
		t.Errorf("the process was replaced: %d, then %d", before, after)
	}
}

func TestOneInstanceHandlesOneEventAtATimeInOrder(t *testing.T) {
	w := start(t, localfc.Config{})
	var want []string
	for range 20 {
		want = append(want, w.Invoke([]byte(`{"Do":"say"}`)))
	}
	var got []string
	results := w.all()
	for n, r := range results {
		got = append(got, r.RequestID)
		if n > 0 && r.Started.Before(results[n-1].Ended) {
			t.Errorf("event %d was started before event %d had ended", n, n-1)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
}

func TestSeveralInstancesWorkSideBySide(t *testing.T) {
	w := start(t, localfc.Config{Instances: 2})
	file := filepath.Join(t.TempDir(), "met")
	w.Invoke(fmt.Appendf(nil, `{"Do":"meet","File":%q}`, file)) // ends when the other has created the file
	w.Invoke(fmt.Appendf(nil, `{"Do":"touch","File":%q}`, file))
	for _, r := range w.all() {
		if r.Error != nil {
			t.Errorf("%s: %v", r.Payload, r.Error)
		}
	}
}

func TestAWarmInstanceIsUsedBeforeAnotherIsStarted(t *testing.T) {
	w := start(t, localfc.Config{Instances: 3})
	first := w.pid()
	for range 5 {
		if next := w.pid(); next != first {
			t.Fatalf("process %d was started although %d was idle", next, first)
		}
	}
}

func TestACallerThatGivesUpWithdrawsItsWaitingEvent(t *testing.T) {
	w := start(t, localfc.Config{})
	file := filepath.Join(t.TempDir(), "go")
	w.Invoke(fmt.Appendf(nil, `{"Do":"meet","File":%q}`, file)) // occupies the instance
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := w.InvokeSync(ctx, []byte(`{"Do":"say"}`)); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled", err)
	}
	if err := w.Wait(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Wait: %v, want context.Canceled", err)
	}
	// The instance is still busy: only this event is queued after it.
	done := make(chan localfc.Result)
	go func() {
		r, _ := w.InvokeSync(t.Context(), fmt.Appendf(nil, `{"Do":"echo"}`))
		done <- r
	}()
	touch(t, file)
	<-done
	if n := len(w.all()); n != 2 {
		t.Errorf("%d attempts, want 2", n)
	}
	if strings.Contains(w.log.String(), "said") {
		t.Error("the withdrawn event ran")
	}
}

func TestUsageIsMeteredAsFCBills(t *testing.T) {
	w := start(t, localfc.Config{MemoryMB: 1024})
	var want time.Duration
	const size = 96 << 20
	w.call(fmt.Sprintf(`{"Do":"grow","Bytes":%d}`, size))
	w.Invoke([]byte(`{"Do":"fail","Times":1}`))
	for _, r := range w.all() {
		took := r.Ended.Sub(r.Started)
		if whole := took.Truncate(time.Millisecond); whole < took {
			took = whole + time.Millisecond
		}
		want += took
	}
	w.Close()
	u := w.Usage()
	if u.Invocations != 3 || u.Billed != want || u.GBSeconds != want.Seconds() {
		t.Errorf("usage %+v, want 3 invocations, %v", u, want)
	}
	// Writing to that much memory takes at least a millisecond.
	if u.CPU < time.Millisecond || u.CPU > time.Minute {
		t.Errorf("%v of CPU", u.CPU)
	}
	if u.MaxRSS < size || u.MaxRSS > 2*size {
		t.Errorf("%d bytes of memory at most, want between %d and twice that", u.MaxRSS, size)
	}
}
