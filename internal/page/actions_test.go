package page_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
)

func (w *world) trouble(name string, on bool) {
	w.t.Helper()
	post[any](w, "/api/trouble", map[string]any{"name": name, "on": on})
}

func TestTroubleHappensUntilItIsSwitchedOffAndAReplayRecovers(t *testing.T) {
	w := newWorld(t)
	w.trouble("denied", true)
	w.describe("in/a", "1B")
	r := w.until("in/a", "given-up")
	d := get[details](w, "/api/row?id="+id(r.ID))
	denied := 0
	for _, q := range d.Requests {
		if q.Code == "AccessDenied" && q.Status == http.StatusForbidden {
			denied++
		}
	}
	if denied < 4 || len(d.Results) != 4 || !d.Results[3].Final {
		t.Errorf("%d requests were denied in %d attempts", denied, len(d.Results))
	}
	// One copy failed, though in four attempts.
	if n := w.failed(); n != 1 || r.Copies[0].Refused != 4 || r.Copies[0].Code != "AccessDenied" {
		t.Errorf("%d copies failed: %+v", n, r.Copies)
	}
	w.trouble("denied", false)
	again := post[struct{ ID int }](w, "/api/replay", map[string]int{"id": r.ID})
	if after := w.until("in/a", "copied"); after.ID != again.ID || after.ReplayOf != r.ID || after.By != 0 {
		t.Errorf("the replay of %d is %+v", r.ID, after)
	}
	first := get[struct{ Row row }](w, "/api/row?id="+id(r.ID)).Row
	if w.failed() != 0 || first.Copies[0].MadeBy != again.ID {
		t.Errorf("%d copies failed after the replay: %+v", w.failed(), first)
	}
	status, _, text := w.send(http.MethodPost, "/api/trouble", map[string]any{"name": "x", "on": true}, nil)
	if status != http.StatusBadRequest {
		t.Errorf("an unknown trouble: %d %s", status, text)
	}
}

func TestLostRepliesAreRecoveredFrom(t *testing.T) {
	w := newWorld(t)
	w.trouble("lost", true)
	for _, key := range []string{"in/a", "in/b", "in/c", "in/d", "in/e", "in/f"} {
		w.describe(key, "1B")
	}
	lost := 0
	for _, key := range []string{"in/a", "in/b", "in/c", "in/d", "in/e", "in/f"} {
		for _, q := range get[details](w, "/api/row?id="+id(w.until(key, "copied").ID)).Requests {
			if q.Status == 0 {
				lost++
			}
		}
	}
	if lost == 0 {
		t.Error("no reply was lost")
	}
}

func TestTheFunctionIsKilledInTheMiddleOfACopyAndTheCopyIsMade(t *testing.T) {
	w := newWorld(t)
	w.trouble("slow", true)
	w.describe("in/a", "1B")
	w.until("in/a", "running")
	for end := time.Now().Add(10 * time.Second); !post[struct{ Killed bool }](w, "/api/kill", nil).Killed; {
		if time.Now().After(end) {
			t.Fatal("nothing was killed")
		}
	}
	w.trouble("slow", false)
	r := w.until("in/a", "copied")
	if d := get[details](w, "/api/row?id="+id(r.ID)); len(d.Results) != 2 {
		t.Errorf("%d attempts", len(d.Results))
	}
}

func TestAnObjectIsSetBesideItsCopyWithTheLineThatMadeTheDifference(t *testing.T) {
	w := newWorld(t)
	w.describe("in/a", "1B")
	w.until("in/a", "copied")
	type object struct {
		Versions []struct{ Properties map[string]string }
		Compared []struct {
			Source, Copy string
			There        bool
			Rows         []struct {
				Name, Source, Copy string
				Because            *struct {
					Line int
					From string
				}
			}
		}
	}
	for _, name := range []string{"photos", "replica"} { // from either side
		o := get[object](w, "/api/object?"+url.Values{"bucket": {name}, "key": {"in/a"}}.Encode())
		if len(o.Versions) != 1 || len(o.Compared) != 1 || !o.Compared[0].There {
			t.Fatalf("%s: %+v", name, o)
		}
		lines := map[string]int{}
		for _, r := range o.Compared[0].Rows {
			if r.Source != r.Copy && r.Because != nil {
				lines[r.Name] = r.Because.Line
			}
		}
		if lines["storage-class"] != 8 || lines["tagging.by"] != 9 {
			t.Errorf("%s: lines of the differences: %v in %+v", name, lines, o.Compared[0].Rows)
		}
	}
	buckets := get[[]struct {
		Name   string
		Source bool
	}](w, "/api/buckets")
	if len(buckets) != 3 || !buckets[0].Source {
		t.Errorf("the buckets are %v", buckets)
	}
	objects := get[struct{ Objects []struct{ Key string } }](w, "/api/objects?bucket=photos&prefix=in/")
	if len(objects.Objects) != 1 || objects.Objects[0].Key != "in/a" {
		t.Errorf("the objects are %v", objects)
	}
}

func TestTheDeletionOfACopyAfterItsSourceHasARow(t *testing.T) {
	w := newWorldOf(t, `version: 1
sources: [photos]
rules:
  - name: replicate
    match: {}
    copy: [{bucket: replica}]
    delete: [{bucket: replica, without-versioning: true}]
`)
	w.describe("in/a", "1B")
	w.until("in/a", "copied")
	if _, err := w.cloud.Client().DeleteObject(t.Context(), &oss.DeleteObjectRequest{Bucket: oss.Ptr("photos"),
		Key: oss.Ptr("in/a")}); err != nil {
		t.Fatal(err)
	}
	if r := w.until("in/a", "deleted"); len(r.Copies) != 1 || r.Copies[0].State != "deleted" || r.Copies[0].Arrow < 0 {
		t.Errorf("the row is %+v", r)
	}
}
