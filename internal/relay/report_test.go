package relay_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"afterput/internal/copier"
	"afterput/internal/localoss"
	"afterput/internal/localoss/fault"
	"afterput/internal/state"
)

// deny refuses to write keys that hold "denied".
func deny(op localoss.Operation) error {
	if op.Bucket == to && strings.Contains(op.Key, "denied") {
		return errors.New("denied by the test")
	}
	return nil
}

func TestEveryObjectOfAPayloadEndsInTheReportInItsOrder(t *testing.T) {
	inWorld(t, setup{authorize: deny}, func(t *testing.T, w *world) {
		var payloads [][]byte
		for i := range 100 {
			payloads = append(payloads, w.put(fmt.Sprintf("k%03d", i), fmt.Sprint(i)))
		}
		report, failed := w.handle(together(payloads...), 0)
		if failed || len(report.Objects) != 100 || report.RequestID != "inv-1" {
			t.Fatalf("failed %v, %d objects, request %s", failed, len(report.Objects), report.RequestID)
		}
		for i, o := range report.Objects {
			key := fmt.Sprintf("k%03d", i)
			if o.Key != key || o.Bucket != from || o.Event != "ObjectCreated:PutObject" ||
				*o.Size != int64(len(fmt.Sprint(i))) || *o.ETag == "" {
				t.Errorf("object %d: %+v", i, o)
			}
			if len(o.Copies) != 1 || o.Copies[0].Destination != "oss://"+to+"/"+key ||
				o.Copies[0].Result != copier.Copied {
				t.Errorf("object %d: %+v", i, o.Copies)
			}
			if w.content(key) != fmt.Sprint(i) {
				t.Errorf("%s holds %q", key, w.content(key))
			}
		}
	})
}

func TestFailedCopyFailsTheInvocationWithTheWholeReport(t *testing.T) {
	inWorld(t, setup{authorize: deny}, func(t *testing.T, w *world) {
		report, failed := w.handle(together(w.put("good", "1"), w.put("denied", "2")), 2)
		if !failed || report.RetryCount != 2 || len(report.Objects) != 2 {
			t.Fatalf("failed %v, report %+v", failed, report)
		}
		if good := report.Objects[0].Copies[0]; good.Outcome.Result != copier.Copied || w.content("good") != "1" {
			t.Errorf("the good copy: %+v", good)
		}
		bad := report.Objects[1].Copies[0]
		if e := bad.Error; bad.Result != copier.Failed || e == nil || e.Code != "AccessDenied" || !e.Permanent ||
			e.RequestID == "" {
			t.Errorf("the denied copy: %+v, %+v", bad, bad.Error)
		}
	})
}

func TestPayloadThatCannotBeReadSaysWhyAndLosesNothingBesideIt(t *testing.T) {
	inWorld(t, setup{}, func(t *testing.T, w *world) {
		for _, payload := range []string{
			"", "hello", "{}", `{"events":"none"}`, `[1,2]`, `{"events":[{"eventName":"ObjectCreated:PutObject"}]}`,
		} {
			report, failed := w.handle([]byte(payload), 0)
			if !failed || report.Error == nil || report.Error.Message == "" || !report.Error.Permanent {
				t.Errorf("%q: failed %v, error %+v", payload, failed, report.Error)
			}
		}
		good := w.put("good", "1")
		const bad = `{"eventName":"ObjectCreated:PutObject","oss":{}}`
		half := strings.Replace(string(good), `"events":[`, `"events":[`+bad+",", 1)
		report, failed := w.handle([]byte(half), 0)
		if !failed || report.Error == nil || !strings.Contains(report.Error.Message, "events[0]") {
			t.Errorf("half a payload: failed %v, error %+v", failed, report.Error)
		}
		if w.content("good") != "1" {
			t.Error("the good record beside the bad one was not copied")
		}
	})
}

func TestEventOfABucketThatIsNotASourceIsAFailure(t *testing.T) {
	inWorld(t, setup{}, func(t *testing.T, w *world) {
		event := strings.ReplaceAll(string(w.put("k", "v")), from, "other-bucket")
		report, failed := w.handle([]byte(event), 0)
		if e := report.Objects[0].Error; !failed || e == nil || !strings.Contains(e.Message, "other-bucket") {
			t.Errorf("failed %v, report %+v", failed, report)
		}
	})
}

func TestSizeThatTheEventLeftOutIsReportedOnceACopyKnowsIt(t *testing.T) {
	inWorld(t, setup{options: copier.Options{SingleCopyLimit: 1}}, func(t *testing.T, w *world) {
		event := regexp.MustCompile(`"size":\d+,?`).ReplaceAll(w.put("k", "12345"), nil)
		event = []byte(strings.ReplaceAll(string(event), ",}", "}"))
		report, failed := w.handle(event, 0)
		if o := report.Objects[0]; failed || o.Size == nil || *o.Size != 5 || o.Copies[0].Bytes != 5 {
			t.Errorf("failed %v, %+v", failed, o)
		}
		if l := w.lines(); len(l) != 1 || l[0]["bytes"] != 5.0 {
			t.Errorf("logged %v", l)
		}
	})
}

func TestOwnStateAndPartEventsAreReportedAsIgnoredWithoutARequest(t *testing.T) {
	inWorld(t, setup{}, func(t *testing.T, w *world) {
		state := w.put(state.DefaultPrefix+"x.json", "{}")
		part := strings.Replace(string(w.put("k", "v")), "ObjectCreated:PutObject", "ObjectCreated:UploadPart", 1)
		w.ResetCounts()
		report, failed := w.handle(together(state, []byte(part)), 0)
		if failed || len(w.Counts()) != 0 {
			t.Errorf("failed %v, requests %v", failed, w.Counts())
		}
		for _, o := range report.Objects {
			if o.Ignored == "" || len(o.Copies) > 0 {
				t.Errorf("%+v", o)
			}
		}
	})
}

func TestReportThatIsTooLongKeepsItsFailuresAndCountsTheRest(t *testing.T) {
	inWorld(t, setup{authorize: deny}, func(t *testing.T, w *world) {
		var payloads [][]byte
		for i := range 1000 {
			key := fmt.Sprintf("a-key-of-some-length/%04d", i)
			if i%100 == 99 {
				key += "-denied"
			}
			payloads = append(payloads, w.put(key, "v"))
		}
		report, failed := w.handle(together(payloads...), 0)
		if size := sizeOf(t, report); !failed || size > 64<<10 {
			t.Errorf("failed %v, the report has %d bytes", failed, size)
		}
		if len(report.Objects) != 10 || report.Omitted["copied"] != 990 {
			t.Errorf("%d objects are kept, omitted are %v; want 10 and 990 copied", len(report.Objects), report.Omitted)
		}
		for _, o := range report.Objects {
			if !strings.HasSuffix(o.Key, "-denied") || o.Copies[0].Error == nil {
				t.Errorf("kept: %+v", o)
			}
		}
	})
}

func TestReportOfMoreFailuresThanFitNamesEveryObjectItCanAndCountsTheRest(t *testing.T) {
	inWorld(t, setup{authorize: deny}, func(t *testing.T, w *world) {
		var payloads [][]byte
		for i := range 500 {
			payloads = append(payloads, w.put(fmt.Sprintf("denied-%03d-%s", i, strings.Repeat("x", 300)), "v"))
		}
		report, failed := w.handle(together(payloads...), 0)
		if size := sizeOf(t, report); !failed || size > 64<<10 || size < 32<<10 {
			t.Errorf("failed %v, the report has %d bytes", failed, size)
		}
		named, left := len(report.Objects), report.Omitted["objects"]
		if named < 100 || named+left != 500 || report.FailedByCode["AccessDenied"] != left {
			t.Errorf("%d are named, omitted are %v, by code %v, of 500", named, report.Omitted, report.FailedByCode)
		}
	})
}

func sizeOf(t *testing.T, v any) int {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return len(data)
}

func TestCopyThatCannotBePlannedFailsAloneAndForGood(t *testing.T) {
	text := `
version: 1
sources: [source-bucket]
rules:
  - name: plain
    match: {}
    copy:
      - bucket: target-bucket
      - bucket: target-bucket
        key: by-project/${tag.project}/${key}
`
	inWorld(t, setup{rules: text}, func(t *testing.T, w *world) {
		report, failed := w.handle(w.put("k", "v"), 0)
		if got := outcomes(report); !failed || !slices.Equal(got, []copier.Result{copier.Copied, copier.Failed}) {
			t.Fatalf("outcomes %v", got)
		}
		if e := report.Objects[0].Copies[1].Error; !e.Permanent || !strings.Contains(e.Message, "${tag.project}") {
			t.Errorf("error %+v", e)
		}
	})
}

func TestFactIsAskedForOnceForAllRulesThatNeedItAndNeverForNone(t *testing.T) {
	text := `
version: 1
sources: [source-bucket]
rules:
  - name: needs-head
    match: {prefix: a/, storage-class: Standard}
    copy:
      - {bucket: target-bucket, key: '1/${key}', metadata-directive: MERGE, cache-control: no-cache}
      - {bucket: target-bucket, key: '2/${key}', tagging-directive: MERGE, tagging: {a: b}}
  - name: needs-it-too
    match: {prefix: a/, storage-class: Standard, tagging: {t: null}}
    copy:
      - {bucket: target-bucket, key: '3/${key}'}
`
	inWorld(t, setup{rules: text}, func(t *testing.T, w *world) {
		unwanted := w.put("b/k", "v")
		wanted := w.put("a/k", "v")
		w.ResetCounts()
		w.handle(unwanted, 0)
		if got := w.Counts(); len(got) != 0 {
			t.Errorf("for an object that no rule wants: %v", got)
		}
		report, failed := w.handle(wanted, 0)
		want := map[string]int{"HeadObject": 1, "GetObjectTagging": 1, "CopyObject": 3}
		if failed || !equal(w.Counts(), want) {
			t.Errorf("requests %v, want %v; report %+v", w.Counts(), want, report)
		}
	})
}

func TestHandlerReturnsBeforeTheInvocationsDeadlineWhateverHangs(t *testing.T) {
	operations := []string{"UploadPartCopy", "AbortMultipartUpload", "DeleteObject", "PutObject"}
	hang := []fault.Fault{{Operations: operations, Bucket: to, Delay: time.Hour}}
	inWorld(t, setup{faults: hang, options: copier.Options{SingleCopyLimit: 1}}, func(t *testing.T, w *world) {
		event := w.put("k", "value")
		for _, timeout := range []time.Duration{2 * time.Second, 20 * time.Second, time.Minute} {
			began := time.Now()
			ctx, cancel := context.WithTimeout(t.Context(), timeout)
			report, failed := w.handleIn(ctx, event, 0)
			cancel()
			if took := time.Since(began); took >= timeout || !failed {
				t.Errorf("time-out %v: it took %v, outcomes %v", timeout, took, outcomes(report))
			}
		}
	})
}
