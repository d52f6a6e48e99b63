package existing_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/copier"
	"afterput/internal/existing"
	"afterput/internal/localoss"
	"afterput/internal/osscall"
	"afterput/internal/relay"
	"afterput/internal/state"
	"afterput/rules"
)

// timer is the payload of a timer trigger.
func timer(sweep string) []byte {
	b, _ := json.Marshal(map[string]string{
		"triggerTime": "2026-11-20T08:00:00Z", "triggerName": "sweep", "payload": sweep})
	return b
}

const hourly = `{"afterput": {"sweep": {"modified-within": "26h", "older-than": "15m"}}}`

// sweep sweeps once, as an invocation that may take so long.
func (w *world) sweep(log *bytes.Buffer, rulesText, payload string, limit time.Duration) (existing.SweepReport, error) {
	w.t.Helper()
	client := osscall.NewClient("cn-hangzhou", "http://127.0.0.1", w)
	source := relay.Fixed(load(w.t, rulesText))
	engine := copier.New(client, copier.Options{})
	logger := slog.New(slog.NewJSONHandler(log, nil))
	s := existing.Sweeper{Rules: source, Copier: engine, OSS: client, Region: "cn-hangzhou", Log: logger,
		Handler: relay.New(relay.Config{Rules: source, Copier: engine, Log: logger})}
	window, ok, err := existing.ReadSweep(timer(payload))
	if !ok {
		w.t.Fatalf("%s is not taken for a sweep", payload)
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	answer, failed := s.Sweep(ctx, relay.Invocation{RequestID: "1", Credentials: keys}, window, err)
	if failed != nil {
		answer = []byte(failed.Error())
	}
	var report existing.SweepReport
	if err := json.Unmarshal(answer, &report); err != nil {
		w.t.Fatalf("%s: %v", answer, err)
	}
	return report, failed
}

func TestASweepCopiesWhatLostEventsLeftOutAndNothingElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "uploads", "replica", "sorted")
		w.put("uploads", 10, func(i int) string { return fmt.Sprint("long-ago/", i) })
		time.Sleep(48 * time.Hour)
		w.put("uploads", 20, func(i int) string { return fmt.Sprint("lost/", i) })
		for i := range 5 {
			err := w.PutSparse("replica", fmt.Sprint("lost/", i), int64(i%7), localoss.WithSeed(uint64(i+1)))
			if err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Hour)
		w.put("uploads", 10, func(i int) string { return fmt.Sprint("just-now/", i) })
		time.Sleep(time.Second)
		var log bytes.Buffer
		r, err := w.sweep(&log, books, hourly, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		p := r.Sweep
		if !p.Complete || p.Objects != 20 || p.Missing != 15 || p.Copied != 15 || p.Failed != 0 {
			t.Errorf("report: %+v", p)
		}
		w.verify(20, 0)
		if !strings.Contains(log.String(), `"found_missing":15`) {
			t.Errorf("the log has no line with found_missing: %s", log.String())
		}
		if o := w.Objects("replica"); strings.Contains(fmt.Sprint(o), ".afterput/") {
			t.Errorf("the sweep leaves its state behind")
		}
		if r, err = w.sweep(&log, books, hourly, time.Minute); err != nil || r.Sweep.Missing != 0 {
			t.Errorf("a second sweep: %+v, %v", r.Sweep, err)
		}
	})
}

func TestASweepThatDoesNotEndInItsInvocationGoesOnInTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "uploads", "replica", "sorted")
		w.put("uploads", 4000, key)
		time.Sleep(time.Hour)
		var log bytes.Buffer
		for n := 1; ; n++ {
			r, err := w.sweep(&log, books, hourly, 1500*time.Millisecond)
			if err != nil {
				t.Fatal(err)
			}
			if r.Sweep.Complete {
				if n < 3 || r.Sweep.Objects != 4000 || r.Sweep.Missing != 4400 {
					t.Errorf("after %d invocations: %+v", n, r.Sweep)
				}
				break
			}
			if n > 50 {
				t.Fatalf("it never ends: %+v", r.Sweep)
			}
			time.Sleep(time.Minute)
		}
		w.verify(4000, 400)
	})
}

func TestASweepThatAsksForNonsenseSaysWhatToWrite(t *testing.T) {
	w := newWorld(t, "uploads", "replica", "sorted")
	for payload, want := range map[string]string{
		`{"afterput": {"sweep": {"modified-within": "soon"}}}`:                    `modified-within is "soon"; want`,
		`{"afterput": {"sweep": {}}}`:                                             `modified-within is ""`,
		`{"afterput": {"sweep": {"modified-within": "5m"}}}`:                      "not longer than older-than",
		`{"afterput": {"sweep": {"modified-within": "5m", "older": "1m"}}}`:       `unknown field`,
		`{"afterput": {"sweep": {"modified-within": "5m", "older-than": "-1m"}}}`: "older-than",
	} {
		r, err := w.sweep(new(bytes.Buffer), books, payload, time.Minute)
		if err == nil || r.Error == nil || !strings.Contains(r.Error.Message, want) || !r.Error.Permanent {
			t.Errorf("%s: %v; want %s", payload, err, want)
		}
	}
	for _, payload := range []string{`{"events":[{"eventName":"sweep"}]}`, `{"afterput":{}}`, "sweep", ""} {
		if _, ok, _ := existing.ReadSweep([]byte(payload)); ok {
			t.Errorf("%s is taken for a sweep", payload)
		}
	}
}

func TestGCAndSweepsLeaveEachOthersFilesAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "uploads", "replica", "sorted")
		w.put("uploads", 4000, key)
		ctx := osscall.WithCredentials(t.Context(), keys)
		client := osscall.NewClient("cn-hangzhou", "http://127.0.0.1", w)
		copies := state.Store{OSS: client, Call: func(op string) osscall.Call { return osscall.Call{Op: op} }}
		upload, err := client.InitiateMultipartUpload(ctx, &oss.InitiateMultipartUploadRequest{
			Bucket: oss.Ptr("replica"), Key: oss.Ptr("large")})
		if err != nil {
			t.Fatal(err)
		}
		err = copies.Write(ctx, copies.New(state.Upload{Bucket: "replica", Key: "large", UploadID: *upload.UploadId,
			Source: "oss://uploads/large", Started: time.Now()}))
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		files := func(prefix string) (names []string) {
			for _, o := range w.Objects("replica") {
				if strings.HasPrefix(o.Key, prefix) {
					names = append(names, o.Key)
				}
			}
			return names
		}
		var log bytes.Buffer
		if r, err := w.sweep(&log, books, hourly, 1500*time.Millisecond); err != nil || r.Sweep.Complete {
			t.Fatalf("the sweep was not stopped: %+v, %v", r.Sweep, err)
		}
		before := files(".afterput/sweep/")
		gc := state.NewCollector(client, state.Location{}, rules.Remote{}, nil)
		found, err := gc.Find(ctx, "replica", 0)
		if err != nil || len(found) != 1 || found[0].Key != "large" {
			t.Fatalf("gc finds %+v, %v", found, err)
		}
		if len(before) == 0 || len(files(".afterput/")) != len(before)+1 {
			t.Fatalf("files: %q", files(".afterput/"))
		}
		for n := 1; ; n++ {
			r, err := w.sweep(&log, books, hourly, 1500*time.Millisecond)
			if err != nil || n > 50 {
				t.Fatalf("%+v, %v", r.Sweep, err)
			}
			if r.Sweep.Complete {
				break
			}
			time.Sleep(time.Minute)
		}
		if left := files(".afterput/"); len(left) != 1 {
			t.Errorf("after the sweep: %q, want the state of the copy", left)
		}
		if err := gc.Remove(ctx, &found[0]); err != nil || len(files(".afterput/")) != 0 {
			t.Errorf("after gc: %q, %v", files(".afterput/"), err)
		}
	})
}
