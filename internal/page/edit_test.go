package page_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
)

func id(n int) string { return strconv.Itoa(n) }

// checked is what the tests read of a check.
type checked struct {
	Valid bool
	Notes []struct {
		Line, Column         int
		Level, Message, Code string
	}
	Drawing *struct {
		SVG    string
		Arrows []struct{ Rules []string }
	}
	Sources []string
}

func TestTheLoaderSaysWhatIsWrongWithTheTextThatIsEdited(t *testing.T) {
	w := newWorld(t)
	c := post[checked](w, "/api/check", map[string]string{"text": strings.Replace(testRules, "prefix", "prefx", 1)})
	if c.Valid || len(c.Notes) != 1 || c.Notes[0].Line != 5 || c.Notes[0].Level != "problem" ||
		!strings.Contains(c.Notes[0].Message, "prefix") {
		t.Errorf("a typing error: %+v", c)
	}
	c = post[checked](w, "/api/check", map[string]string{"text": strings.Replace(testRules, "storage-class: IA",
		"object-acl: public-read", 1)})
	warned := false
	for _, n := range c.Notes {
		warned = warned || n.Level == "warning" && n.Code == "public-acl" && n.Line == 8
	}
	if !c.Valid || !warned || c.Drawing == nil || len(c.Drawing.Arrows) != 2 || c.Sources[0] != "photos" {
		t.Errorf("a warning: %+v", c)
	}
}

type savedRules struct{ Text, Sum string }

func TestSavedRulesAreInForceForTheNextEvent(t *testing.T) {
	w := newWorld(t)
	before := get[savedRules](w, "/api/rules")
	text := strings.Replace(testRules, "keep/", "out/", 1)
	if c := post[checked](w, "/api/save", savedRules{text, before.Sum}); !c.Valid {
		t.Fatalf("not saved: %+v", c)
	}
	if now := get[savedRules](w, "/api/rules"); now.Text != text {
		t.Errorf("the file is %s", now.Text)
	}
	w.describe("out/a", "1B")
	r := get[struct{ Rows []row }](w, "/api/rows").Rows[0]
	if len(r.Copies) != 1 || r.Copies[0].Bucket != "vault" {
		t.Errorf("the copies are %+v", r.Copies)
	}
	// The file as the browser knows it is no longer there, and a text that does not load is not saved.
	status, _, answer := w.send(http.MethodPost, "/api/save", savedRules{testRules, before.Sum}, nil)
	if status != http.StatusConflict || !strings.Contains(answer, "has changed") {
		t.Errorf("an older text: %d %s", status, answer)
	}
	now := get[savedRules](w, "/api/rules")
	if c := post[checked](w, "/api/save", savedRules{"version: 2", now.Sum}); c.Valid || len(c.Notes) == 0 {
		t.Errorf("a wrong text: %+v", c)
	}
	if after := get[savedRules](w, "/api/rules"); after.Text != text {
		t.Errorf("the file is %s", after.Text)
	}
}

func TestADryRunAnswersForTheEditedRulesAndUploadsNothing(t *testing.T) {
	w := newWorld(t)
	type answer struct {
		Rules  []struct{ Rule, Answer, Reason string }
		Copies []struct {
			Destination string
			Values      []struct{ Field, Text string }
		}
	}
	ask := map[string]any{"bucket": "photos", "key": "in/a", "size": "8MiB", "tags": []string{"x=y"}}
	a := post[answer](w, "/api/try", ask)
	if len(a.Copies) != 1 || a.Copies[0].Destination != "oss://replica/in/a" {
		t.Errorf("the rules in force: %+v", a)
	}
	ask["text"] = strings.Replace(testRules, "{prefix: in/}", "{prefix: in/, size: {below: 1MiB}}", 1)
	a = post[answer](w, "/api/try", ask)
	if len(a.Copies) != 0 || a.Rules[0].Reason != "size is 8MiB, must be below 1MiB" {
		t.Errorf("the edited rules: %+v", a)
	}
	if _, there := w.cloud.OSS.Object("photos", "in/a"); there {
		t.Error("it was uploaded")
	}
	ask["bucket"] = "vault"
	if status, _, text := w.send(http.MethodPost, "/api/try", ask, nil); status != http.StatusBadRequest {
		t.Errorf("another bucket: %d %s", status, text)
	}
}
