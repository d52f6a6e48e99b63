package relay_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/events"
	"afterput/internal/copier"
	"afterput/internal/localoss"
	"afterput/internal/localoss/fault"
)

// lateFirst makes the first CopyObject land late: it is accepted at once, with
// the version of the source that is there then.
var lateFirst = []fault.Fault{{Operations: []string{"CopyObject"}, Calls: fault.Nth(1), Delay: 4 * time.Second}}

// overtake handles v1's event, whose copy lands after v2 was uploaded, announced
// and copied by another invocation.
func (w *world) overtake(v1 []byte, putV2 func() []byte) {
	w.t.Helper()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		w.handle(v1, 0)
	}()
	time.Sleep(2 * time.Second)
	report, _ := w.handle(putV2(), 0)
	w.wantOutcomes(report, copier.Copied)
	<-ended
}

func TestTheStateIsRemovedDuringTheSecondLookAndBeforeTheAnswer(t *testing.T) {
	const late = 500 * time.Millisecond // and so is the request that is sent in its place
	slow := map[string]fault.Fault{
		"the second look": {
			Operations: []string{"HeadObject"}, Bucket: from, Delay: late, Calls: fault.Calls{First: 2}},
		"the removal": {Operations: []string{"DeleteObject"}, Bucket: to, Delay: late},
	}
	for name, first := range slow {
		usual := fault.Fault{Operations: []string{"HeadObject", "DeleteObject"}, Delay: 20 * time.Millisecond}
		s := setup{faults: []fault.Fault{first, usual}, options: copier.Options{SingleCopyLimit: 1}}
		inWorld(t, s, func(t *testing.T, w *world) {
			event := w.put("k", "content")
			time.Sleep(2 * time.Second) // times of OSS have seconds: one look is enough
			w.ResetCounts()
			began := time.Now()
			report, _ := w.handle(event, 0)
			took := time.Since(began)
			w.wantOutcomes(report, copier.Copied)
			if want := 20*time.Millisecond + late; took != want { // the first HeadObject, then both together
				t.Errorf("%s slow: it took %v, want %v", name, took, want)
			}
			if n := len(w.Objects(to)); n != 1 {
				t.Errorf("%s slow: %d objects are at the destination when the answer is there, want 1", name, n)
			}
			sent := 0
			for _, n := range w.Counts() {
				sent += n
			}
			if reported := report.Objects[0].AllRequests(); reported != sent {
				t.Errorf("%s slow: %d requests are reported, the service had %v", name, reported, w.Counts())
			}
		})
	}
}

func TestOverwriteBetweenAcceptanceAndLandingIsRepaired(t *testing.T) {
	cases := map[string]struct {
		confirm copier.Confirm
		want    string
	}{
		"always": {copier.ConfirmAlways, "new"},
		"slow":   {copier.ConfirmSlow, "new"},
		"never":  {copier.ConfirmNever, "old"}, // what the second look is for
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			s := setup{faults: lateFirst, options: copier.Options{Confirm: c.confirm}}
			inWorld(t, s, func(t *testing.T, w *world) {
				w.overtake(w.put("k", "old"), func() []byte { return w.put("k", "new") })
				if got := w.content("k"); got != c.want {
					t.Errorf("the destination holds %q, want %q", got, c.want)
				}
			})
		})
	}
}

func TestOverwriteWithTheSameContentAndOtherMetadataIsRepairedToo(t *testing.T) {
	for name, rules := range map[string]string{
		"the same key": replicate,
		"a key by content": strings.Replace(replicate, "- bucket: target-bucket",
			`- {bucket: target-bucket, key: "${key}-${etag}"}`, 1),
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, setup{faults: lateFirst, rules: rules}, func(t *testing.T, w *world) {
				meta := func(v string) func(*oss.PutObjectRequest) {
					return func(r *oss.PutObjectRequest) { r.Metadata = map[string]string{"v": v} }
				}
				w.overtake(w.put("k", "same", meta("1")), func() []byte { return w.put("k", "same", meta("2")) })
				copies := w.Objects(to)
				if len(copies) != 1 || copies[0].Meta["v"] != "2" {
					t.Errorf("the destination has %+v, want one object with the metadata of the second upload", copies)
				}
			})
		})
	}
}

func TestOverwrittenTwiceWhileItIsRepairedEndsWithTheNewest(t *testing.T) {
	var w *world
	uploads := 1
	overwrite := func(_ context.Context, call *localoss.Call, next func() *localoss.Response) *localoss.Response {
		if call.Name == "CopyObject" && uploads < 4 { // after its source was chosen
			uploads++
			time.Sleep(2 * time.Second)
			w.put("k", string(rune('0'+uploads)))
		}
		return next()
	}
	inWorld(t, setup{intercept: overwrite}, func(t *testing.T, world *world) {
		w = world
		report, failed := w.handle(w.put("k", "1"), 0)
		if got := w.content("k"); got != "4" || failed {
			t.Errorf("the destination holds %q, want the newest of four; report %+v", got, report)
		}
	})
}

func TestQuickCopyIsNotLookedAtAgain(t *testing.T) {
	etagKey := `
version: 1
sources: [source-bucket]
rules:
  - name: by-version
    match: {}
    copy:
      - bucket: target-bucket
        key: ${key}/${etag}
`
	one, withLook := map[string]int{"CopyObject": 1}, map[string]int{"CopyObject": 1, "HeadObject": 1}
	always, never := copier.Options{Confirm: copier.ConfirmAlways}, copier.Options{Confirm: copier.ConfirmNever}
	cases := map[string]struct {
		s    setup
		want map[string]int
	}{
		"slow, the default":          {setup{}, one},
		"always":                     {setup{options: always}, withLook},
		"always, etag in the key":    {setup{options: always, rules: etagKey}, one},
		"slow, a late answer":        {setup{faults: lateFirst}, withLook},
		"never, and a late answer":   {setup{faults: lateFirst, options: never}, one},
		"etag in key, a late answer": {setup{faults: lateFirst, rules: etagKey}, withLook},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			inWorld(t, c.s, func(t *testing.T, w *world) {
				event := w.put("k", "v")
				time.Sleep(2 * time.Second) // delivery; OSS's times are in whole seconds
				w.ResetCounts()
				report, failed := w.handle(event, 0)
				if got := w.Counts(); failed || !equal(got, c.want) {
					t.Errorf("requests %v, want %v; report %+v", got, c.want, report)
				}
			})
		})
	}
}

func TestCopyMadeInTheSecondOfItsUploadIsMadeAtMostTwice(t *testing.T) {
	inWorld(t, setup{options: copier.Options{Confirm: copier.ConfirmAlways}}, func(t *testing.T, w *world) {
		event := w.put("k", "v")
		w.ResetCounts()
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Minute, cancel)
		report, failed := w.handleIn(ctx, event, 0)
		if n := w.Counts()["CopyObject"]; failed || n > 2 {
			t.Errorf("%d × CopyObject; report %+v", n, report)
		}
	})
}

func equal(a, b map[string]int) bool {
	for op := range a {
		if a[op] != b[op] {
			return false
		}
	}
	return len(a) == len(b)
}

func TestSupersededRetryRepairsWhatAnAbandonedRequestLeft(t *testing.T) {
	inWorld(t, setup{}, func(t *testing.T, w *world) {
		v1 := w.put("k", "old")
		w.handle(v1, 0) // as a request of a killed invocation that landed late
		time.Sleep(time.Second)
		w.put("k", "new")
		first, failed := w.handle(v1, 0)
		w.wantOutcomes(first, copier.Superseded)
		if got := w.content("k"); failed || got != "old" {
			t.Fatalf("a first attempt: failed %t, the destination has %q", failed, got)
		}
		retry, failed := w.handle(v1, 1)
		w.wantOutcomes(retry, copier.Superseded, copier.Copied)
		if got := w.content("k"); failed || got != "new" {
			t.Errorf("a retry: failed %t, the destination has %q", failed, got)
		}
	})
}

func TestAnObjectThatMayBeCopiedIsRepairedAsByARetry(t *testing.T) {
	inWorld(t, setup{}, func(t *testing.T, w *world) {
		v1 := w.put("k", "old")
		w.handle(v1, 0) // as a request of a backfill that was killed, which landed late
		time.Sleep(time.Second)
		w.put("k", "new")
		objects, err := events.Parse(v1)
		if err != nil {
			t.Fatal(err)
		}
		objects[0].MayBeCopied = true
		report, failed := w.handle(append(events.Append([]byte(`{"events":[`), objects[0]), "]}"...), 0)
		w.wantOutcomes(report, copier.Superseded, copier.Copied)
		if got := w.content("k"); failed || got != "new" {
			t.Errorf("failed %t, the destination has %q", failed, got)
		}
	})
}

func TestSourceDeletedSinceIsSupersededAtEveryAttempt(t *testing.T) {
	inWorld(t, setup{}, func(t *testing.T, w *world) {
		event := w.put("k", "v")
		_, err := w.client.DeleteObject(t.Context(), &oss.DeleteObjectRequest{
			Bucket: oss.Ptr(from), Key: oss.Ptr("k")})
		if err != nil {
			t.Fatal(err)
		}
		for retry := range 2 {
			report, _ := w.handle(event, retry)
			w.wantOutcomes(report, copier.Superseded)
		}
	})
}
