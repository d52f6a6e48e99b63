package e2e_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// batchEvents returns one payload with all events of the source bucket since the last delivery.
func (w *world) batchEvents() []byte {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	var records []json.RawMessage
	for _, payload := range w.events {
		var one struct{ Events []json.RawMessage }
		if err := json.Unmarshal(payload, &one); err != nil {
			w.t.Fatal(err)
		}
		records = append(records, one.Events...)
	}
	w.events = nil
	all, err := json.Marshal(map[string]any{"events": records})
	if err != nil {
		w.t.Fatal(err)
	}
	return all
}

func TestFortyFailuresAndTheirPayloadFitIntoOneMessage(t *testing.T) {
	w := start(t, replicate, withoutDelivery, denyKeysContaining("denied"))
	for i := range 40 {
		w.put(fmt.Sprintf("in/a key with some \"length\" %03d denied", i), "v")
	}
	w.FC.Invoke(w.batchEvents())
	w.waitForEvents()
	report := w.givenUpReport(0)
	if refused := w.FC.Failed()[0].Refused; refused != "" {
		t.Errorf("the given-up event fits no destination: %s", refused)
	}
	if len(report.Objects) != 40 {
		t.Errorf("%d objects in the report, want 40", len(report.Objects))
	}
	for _, o := range report.Objects {
		if len(o.Copies) != 1 {
			t.Errorf("%+v", o)
		} else if c := o.Copies[0]; c.Error.Code != "AccessDenied" || c.Destination != "oss://"+targetBucket+"/"+o.Key {
			t.Errorf("%+v", c)
		}
	}
}

func TestAll79FailedCopiesOfAnObjectAreReported(t *testing.T) {
	var text strings.Builder
	text.WriteString(replicate)
	for i := range 79 {
		fmt.Fprintf(&text, "      - {bucket: target-bucket, key: 'denied/%02d/${key}'}\n", i)
	}
	w := start(t, text.String(), withoutDelivery, denyKeysContaining("denied"))
	w.put("in/"+strings.Repeat("long ", 100), "v")
	w.FC.Invoke(w.batchEvents())
	w.waitForEvents()
	report := w.givenUpReport(0)
	if len(report.Objects) != 1 || report.Omitted["copied"] != 1 || w.FC.Failed()[0].Refused != "" {
		t.Fatalf("%d objects, omitted %v, refused %q; want 1 object, 1 copied omitted, and not refused",
			len(report.Objects), report.Omitted, w.FC.Failed()[0].Refused)
	}
	if o := report.Objects[0]; len(o.Copies)+o.FailedByCode["AccessDenied"] != 79 || len(o.Copies) == 0 {
		t.Errorf("%d copies in the report, and %v; want 79 in all", len(o.Copies), o.FailedByCode)
	}
}

func TestRetryOfABatchRepeatsNoFinishedCopy(t *testing.T) {
	w := start(t, replicate, withoutDelivery, denyKeysContaining("denied"), withRetries(3))
	for i := range 20 {
		w.put(fmt.Sprintf("in/%02d", i), "v")
	}
	w.put("in/denied", "v")
	w.FC.Invoke(w.batchEvents())
	w.waitForEvents()
	if n := len(w.reports()); n != 4 {
		t.Errorf("%d attempts, want 4", n)
	}
	w.wantRequests(map[string]int{"PutObject": 21, "CopyObject": 20 + 4, "HeadObject": 3})
}
