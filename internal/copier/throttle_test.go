package copier_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"afterput/internal/copier"
	"afterput/internal/localoss"
	"afterput/internal/localoss/fault"
	"afterput/rules"
)

// busy is a refusal for load that asks for a pause of 700 ms.
func busy(operation string, calls fault.Calls) fault.Fault {
	return fault.Fault{
		Operations: []string{operation}, Calls: calls,
		Error:  &localoss.Error{Code: "TotalQpsLimitExceeded", Status: 503, Message: "slow down"},
		Header: map[string]string{"x-oss-qos-delay-time": "700"},
	}
}

func TestThrottledCopyWaitsAsLongAsItIsAskedToAndSucceeds(t *testing.T) {
	s := setup{faults: []fault.Fault{busy("CopyObject", fault.Calls{First: 1, Last: 3})}}
	inWorld(t, s, func(t *testing.T, w *world) {
		event := w.put(1000, 1)
		began := time.Now()
		out := w.copy(w.ctx, event, plan())
		w.wantOutcome(out, copier.Copied)
		w.wantCounts(map[string]int{"CopyObject": 4})
		if took := time.Since(began); took < 3*700*time.Millisecond {
			t.Errorf("it took %v, OSS asked for three pauses of 700 ms", took)
		}
		if !out.NeedsSecondLook {
			t.Error("a copy that was resent does not look at its source again")
		}
	})
}

func TestThrottledPartsSlowTheCopyDownInsteadOfFailingIt(t *testing.T) {
	for _, operation := range []string{"InitiateMultipartUpload", "UploadPartCopy", "ListParts",
		"CompleteMultipartUpload", "PutObject"} {
		t.Run(operation, func(t *testing.T) {
			s := setup{options: inParts(), faults: []fault.Fault{busy(operation, fault.Calls{First: 1, Last: 3})}}
			inWorld(t, s, func(t *testing.T, w *world) {
				event := w.put(large, 1)
				began := time.Now()
				w.wantOutcome(w.copy(w.ctx, event, plan()), copier.Copied)
				if took := time.Since(began); operation != "UploadPartCopy" && operation != "PutObject" &&
					took < 3*700*time.Millisecond {
					t.Errorf("it took %v, OSS asked for three pauses of 700 ms", took)
				}
				w.wantCopy()
				w.wantTidy()
			})
		})
	}
}

// However many parts were cut before the first was refused, all places are in use until shortly before the end.
func TestCopyInPartsGoesThroughAServiceThatAcceptsFewRequestsAtOnce(t *testing.T) {
	for _, c := range []struct {
		partSize int64
		accepts  int
	}{{64 << 20, 4}, {0, 2}, {0, 8}, {0, 48}} {
		service := fault.NewService(fault.Model{Conditions: fault.Conditions{
			Latency: 20 * time.Millisecond, Bandwidth: 50 << 20, MaxInFlight: c.accepts,
		}})
		options := copier.Options{SingleCopyLimit: 1, PartSize: c.partSize, PartsInFlight: 64}
		inWorld(t, setup{options: options, intercept: service.Intercept}, func(t *testing.T, w *world) {
			event := w.put(8<<30, 1)
			began := time.Now()
			w.wantOutcome(w.copy(w.within(10*time.Minute), event, plan()), copier.Copied)
			w.wantCopy()
			w.wantTidy()
			bound := 8 << 30 / (50 << 20) * time.Second / time.Duration(c.accepts)
			if took := time.Since(began); took > bound*5/4 {
				t.Errorf("parts of %d bytes, %d at once: it took %v, at least %v", c.partSize, c.accepts, took, bound)
			}
		})
	}
}

func TestServiceThatStaysBusyEndsInAFailureThatARetryMayFix(t *testing.T) {
	inWorld(t, setup{faults: []fault.Fault{busy("CopyObject", fault.Calls{})}}, func(t *testing.T, w *world) {
		out := w.copy(w.within(time.Minute), w.put(1000, 1), plan())
		w.wantOutcome(out, copier.Failed)
		if out.Error.Permanent {
			t.Errorf("error %+v is marked as permanent", out.Error)
		}
		w.wantAbsent()
	})
}

func TestRequestRefusedForTheCopysOwnPartsIsSentAgainBeforeThem(t *testing.T) {
	service := fault.NewService(fault.Model{Conditions: fault.Conditions{
		Latency: 20 * time.Millisecond, Bandwidth: 50 << 20, MaxInFlight: 4,
	}})
	options := copier.Options{SingleCopyLimit: 1, PartSize: 1 << 30, PartsInFlight: 64}
	inWorld(t, setup{options: options, intercept: service.Intercept}, func(t *testing.T, w *world) {
		// Parts of 20 s each: the state object's request is refused as long as all
		// four places are theirs.
		w.wantOutcome(w.copy(w.within(time.Hour), w.put(64<<30, 1), plan()), copier.Copied)
		w.wantCopy()
		w.wantTidy()
	})
}

func TestRefusalOfALoneCopyLeavesTheNextLargeOneItsParts(t *testing.T) {
	copyAfter := func(faults ...fault.Fault) (took time.Duration, parts int) {
		service := fault.NewService(fault.Model{
			Conditions: fault.Conditions{Latency: 20 * time.Millisecond, Bandwidth: 83e6}})
		inWorld(t, setup{intercept: service.Intercept, faults: faults}, func(t *testing.T, w *world) {
			w.wantOutcome(w.copy(w.ctx, w.put(1000, 1), plan()), copier.Copied)
			event := w.put(16<<30, 2)
			began := time.Now()
			out := w.copy(w.ctx, event, plan())
			w.wantOutcome(out, copier.Copied)
			took, parts = time.Since(began), out.Parts
		})
		return took, parts
	}
	plain, want := copyAfter()
	took, parts := copyAfter(busy("CopyObject", fault.Nth(1)))
	if parts != want || took > 3*plain {
		t.Errorf("after one refusal: %d parts in %v, otherwise %d in %v", parts, took, want, plain)
	}
}

func TestOneRequestThatHangsDoesNotTakeTheWholeInvocation(t *testing.T) {
	for _, op := range []string{"CopyObject", "CompleteMultipartUpload"} {
		t.Run(op, func(t *testing.T) {
			hang := fault.Fault{Operations: []string{op}, Calls: fault.Nth(1), Delay: 100 * time.Hour, Drop: true}
			o := copier.Options{}
			if op != "CopyObject" {
				o = inParts()
			}
			inWorld(t, setup{options: o, faults: []fault.Fault{hang}}, func(t *testing.T, w *world) {
				began := time.Now()
				out := w.copy(w.within(2*time.Hour), w.put(large, 1), plan())
				if took := time.Since(began); took > 10*time.Minute {
					t.Errorf("%s after %s: %v", out.Result, took, out.Error)
				}
			})
		})
	}
}

func slowDown() *localoss.Error {
	return &localoss.Error{Code: "SlowDown", Status: 503, Message: "slow down"}
}

// Reading tags must not wait for a place at the limiter while it has one.
func TestNoRequestWaitsForThePlaceThatItHolds(t *testing.T) {
	options := inParts()
	options.PartsInFlight = 1
	faults := []fault.Fault{
		{Operations: []string{"GetObjectTagging"}, Calls: fault.Nth(1), Error: slowDown()},
		{Operations: []string{"HeadObject"}, Bucket: from, Calls: fault.Nth(2), Error: slowDown()},
	}
	inWorld(t, setup{options: options, faults: faults, via: func(next http.RoundTripper) http.RoundTripper {
		return roundTrip(func(req *http.Request) (*http.Response, error) {
			resp, err := next.RoundTrip(req)
			if err == nil && req.URL.Query().Has("tagging") && resp.StatusCode == 200 {
				body := strings.Replace(read(resp), "<Tag>", "<!--", 1)
				body = strings.Replace(body, "</Tag>", "-->", 1)
				resp.Body = io.NopCloser(strings.NewReader(body))
				resp.ContentLength = int64(len(body))
			}
			return resp, err
		})
	}}, func(t *testing.T, w *world) {
		event := w.put(large, 1, localoss.WithHeader("x-oss-tagging", "a=1"))
		began := time.Now()
		w.wantOutcome(w.copy(w.within(10*time.Minute), event, plan()), copier.Failed)
		if time.Since(began) > 9*time.Second {
			t.Errorf("%s", time.Since(began))
		}
	})
}

// After a refusal, a copy that hangs has the only place at the limiter.
func TestCopiesThatHangDoNotDelayTheOthers(t *testing.T) {
	faults := []fault.Fault{
		{Operations: []string{"CopyObject"}, Key: "hung", Delay: 100 * time.Hour, Drop: true},
		{Operations: []string{"CopyObject"}, Key: "dir/**", Calls: fault.Nth(1), Error: slowDown()},
	}
	inWorld(t, setup{faults: faults}, func(t *testing.T, w *world) {
		event := w.put(5, 1)
		ctx := w.within(30 * time.Minute)
		done := make(chan struct{})
		go func() {
			w.copier.Copy(ctx, w.copier.Source(ctx, event), plan(func(c *rules.Copy) { c.Key = "hung" }))
			close(done)
		}()
		time.Sleep(time.Second)
		began := time.Now()
		out := w.copier.Copy(ctx, w.copier.Source(ctx, event), plan())
		if took := time.Since(began); took > time.Minute {
			t.Errorf("the other: %s after %s", out.Result, took)
		}
		<-done
	})
}

// The refusal asks for a pause of an hour; the copy has ten minutes.
func TestAnOddDelayDoesNotEndACopy(t *testing.T) {
	odd := slowDown()
	odd.Header = http.Header{"X-Oss-Qos-Delay-Time": {"3600000"}}
	s := setup{options: inParts(),
		faults: []fault.Fault{{Operations: []string{"UploadPartCopy"}, Part: 2, Calls: fault.Nth(1), Error: odd}}}
	inWorld(t, s, func(t *testing.T, w *world) {
		out := w.copy(w.within(10*time.Minute), w.put(large, 1), plan())
		w.wantOutcome(out, copier.Copied)
	})
}

// A copy that takes minutes is in flight when another request is refused.
func TestALongCopyAndOneRefusalDoNotStopTheOthers(t *testing.T) {
	faults := []fault.Fault{
		{Operations: []string{"CopyObject"}, Key: "long", Delay: 8 * time.Minute},
		{Operations: []string{"CopyObject"}, Key: "dir/**", Calls: fault.Nth(1), Error: slowDown()},
	}
	inWorld(t, setup{faults: faults}, func(t *testing.T, w *world) {
		event := w.put(5, 1)
		go func() {
			w.copier.Copy(w.ctx, w.copier.Source(w.ctx, event), plan(func(c *rules.Copy) { c.Key = "long" }))
		}()
		time.Sleep(time.Second)
		began := time.Now()
		out := w.copier.Copy(w.ctx, w.copier.Source(w.ctx, event), plan())
		if took := time.Since(began); took > time.Minute {
			t.Errorf("the other: %s after %s", out.Result, took)
		}
	})
}
