package page_test

import (
	"bufio"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// row is what the tests read of a row.
type row struct {
	ID                      int
	Bucket, Key, State, Why string
	By                      int
	ReplayOf                int `json:"replay_of"`
	Copies                  []struct {
		Arrow              int
		Bucket, Key, State string
		Done               int64
		Parts, Refused     int
		Code               string
		MadeBy             int `json:"made_by"`
	}
}

// until waits until the newest row with a key is in a state.
func (w *world) until(key, state string) row {
	w.t.Helper()
	var last row
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		page := get[struct{ Rows []row }](w, "/api/rows")
		for _, r := range page.Rows {
			if r.Key == key {
				if last = r; r.State == state {
					return r
				}
				break
			}
		}
	}
	w.t.Fatalf("%q is not %s: %+v", key, state, last)
	return last
}

// details are what the tests read of what a row opens to.
type details struct {
	Event   map[string]any
	Explain struct {
		Rules []struct{ Rule, Answer, Reason string }
	}
	Results []struct {
		Report json.RawMessage
		Final  bool
	}
	Requests []struct {
		Operation, Bucket, Key, Code string
		Status                       int
	}
}

// failed is the number of copies that the page counts as failed.
func (w *world) failed() int {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, w.base+"/api/stream?token="+w.token, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	answer, err := w.client.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer answer.Body.Close()
	var state struct{ Totals struct{ Failed int } }
	line, err := bufio.NewReader(answer.Body).ReadString('\n')
	if err == nil {
		err = json.Unmarshal([]byte(strings.TrimPrefix(line, "data: ")), &state)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return state.Totals.Failed
}

func (w *world) describe(key, size string) {
	w.t.Helper()
	post[any](w, "/api/describe", map[string]any{"bucket": "photos", "key": key, "size": size})
}

func TestARowHasTheEventTheVerdictsTheRequestsAndTheReport(t *testing.T) {
	w := newWorld(t)
	w.describe("in/a", "1KiB")
	r := w.until("in/a", "copied")
	if len(r.Copies) != 1 || r.Copies[0].Arrow != 0 || r.Copies[0].Bucket != "replica" ||
		r.Copies[0].State != "copied" {
		t.Errorf("the copies are %+v", r.Copies)
	}
	d := get[details](w, "/api/row?id="+id(r.ID))
	if d.Event["events"] == nil || len(d.Results) != 1 || !strings.Contains(string(d.Results[0].Report), `"copied"`) {
		t.Errorf("the event is %v, the results %v", d.Event, d.Results)
	}
	if len(d.Explain.Rules) != 2 || d.Explain.Rules[0].Answer != "yes" ||
		d.Explain.Rules[1].Reason != "key does not begin with keep/" {
		t.Errorf("the verdicts are %+v", d.Explain.Rules)
	}
	copied := false
	for _, q := range d.Requests {
		copied = copied || q.Operation == "CopyObject" && q.Status == http.StatusOK && q.Bucket == "replica"
	}
	if !copied {
		t.Errorf("the requests are %+v", d.Requests)
	}
}

func TestARowSaysWhyNothingIsCopied(t *testing.T) {
	w := newWorld(t)
	w.describe("out/a", "1B")
	if r := w.until("out/a", "none"); r.Why != "key does not begin with in/" {
		t.Errorf("why: %q", r.Why)
	}
	post[any](w, "/api/describe", map[string]any{"bucket": "vault", "key": "direct"})
	w.until("direct", "untriggered")
}

func TestALargeObjectTakesNoBytesAndItsPartsAreCounted(t *testing.T) {
	w := newWorld(t)
	w.trouble("slow", true)
	w.describe("in/large", "4GiB")
	for end := time.Now().Add(20 * time.Second); ; {
		c := w.until("in/large", "running").Copies[0]
		if c.Done > 0 && c.Done < 4<<30 && c.Parts > 0 {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("no part is counted: %+v", c)
		}
	}
	w.trouble("slow", false)
	if r := w.until("in/large", "copied"); r.Copies[0].Done != 4<<30 {
		t.Errorf("%d bytes were copied", r.Copies[0].Done)
	}
	w.describe("out/largest", "48TiB")
	status, _, text := w.send(http.MethodPost, "/api/describe", map[string]any{"bucket": "photos", "key": "k",
		"size": "49TiB"}, nil)
	if status != http.StatusBadRequest || !strings.Contains(text, "48.8TiB") {
		t.Errorf("49 TiB: %d %s", status, text)
	}
}

func TestAFileIsUploadedWithItsProperties(t *testing.T) {
	w := newWorld(t)
	query := url.Values{"bucket": {"photos"}, "key": {"in/f"}, "content_type": {"text/x"}, "class": {"IA"},
		"tag": {"project=a b"}, "meta": {"by=me"}}
	status, _, text := w.send(http.MethodPost, "/api/upload?"+query.Encode(), "content", nil)
	if status != http.StatusOK {
		t.Fatalf("%d %s", status, text)
	}
	w.until("in/f", "copied")
	w.describe("in/a.jpg", "1B") // without a content type, the ending decides, as in the SDKs
	if o, ok := w.cloud.OSS.Object("photos", "in/a.jpg"); !ok || o.ContentType != "image/jpeg" {
		t.Errorf("described: %+v", o)
	}
	o, ok := w.cloud.OSS.Object("photos", "in/f")
	if !ok || o.ContentType != "text/x" || o.StorageClass != "IA" || o.Meta["by"] != "me" || len(o.Tags) != 1 ||
		o.Tags[0].Value != "a b" || o.Size != int64(len(`"content"`)) {
		t.Errorf("uploaded: %+v", o)
	}
}

// Keys are data wherever they appear: no answer but JSON has them, and none of them is interpreted.
func TestKeysOfAnyKindAreListedAsTheyAre(t *testing.T) {
	w := newWorld(t)
	for _, key := range []string{
		`in/"><script>alert(1)</script>`, "in/" + strings.Repeat("x", 1020), "in/\u202egpj.exe", "in/مرحبا",
		"in/ \t'$(id)`",
	} {
		w.describe(key, "1B")
		r := w.until(key, "copied")
		if r.Copies[0].Key != key {
			t.Errorf("%q is copied to %q", key, r.Copies[0].Key)
		}
		o := get[struct{ Compared []struct{ Copy string } }](w, "/api/object?"+
			url.Values{"bucket": {"photos"}, "key": {key}}.Encode())
		if len(o.Compared) != 1 || o.Compared[0].Copy != "oss://replica/"+key {
			t.Errorf("%q: compared with %v", key, o.Compared)
		}
	}
}

func TestTheStreamIsSentAFewTimesASecondHoweverMuchHappens(t *testing.T) {
	w := newWorld(t)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.base+"/api/stream?token="+w.token, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := w.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	const events = 3000
	go func() {
		for i := range events {
			_ = w.cloud.OSS.PutSparse("photos", "out/"+id(i), 1)
		}
	}()
	began, messages := time.Now(), 0
	lines := bufio.NewScanner(answer.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		text, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok {
			continue
		}
		var state struct {
			Totals struct{ Events int }
			Rows   []row
		}
		if err := json.Unmarshal([]byte(text), &state); err != nil {
			t.Fatal(err)
		}
		if messages++; len(state.Rows) > 100 {
			t.Errorf("%d rows at once", len(state.Rows))
		}
		if state.Totals.Events == events {
			break
		}
	}
	if most := int(time.Since(began)/(200*time.Millisecond)) + 2; messages > most {
		t.Errorf("%d messages in %v", messages, time.Since(began))
	}
	page := get[struct {
		Rows   []row
		Oldest int
	}](w, "/api/rows")
	if len(page.Rows) != 100 || page.Oldest != events-2000+1 {
		t.Errorf("%d rows are listed, the oldest kept is %d", len(page.Rows), page.Oldest)
	}
}
