package existing_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"afterput/internal/existing"
	"afterput/internal/localoss"
	"afterput/internal/osscall"
)

// sweepFiles are the files of sweeps.
func (w *world) sweepFiles() (keys []string) {
	for _, o := range w.Objects("replica") {
		if strings.HasPrefix(o.Key, ".afterput/sweep/") {
			keys = append(keys, o.Key)
		}
	}
	return keys
}

// lose puts n objects whose events are lost, an hour ago.
func (w *world) lose(n int) {
	w.put("uploads", n, func(i int) string { return fmt.Sprint("lost/", i) })
	time.Sleep(time.Hour)
}

// wantComplete sweeps, and checks that this sweep is complete and leaves no files.
func (w *world) wantComplete() *existing.SweepProgress {
	w.t.Helper()
	r, err := w.sweep(new(bytes.Buffer), books, hourly, time.Minute)
	if err != nil || !r.Sweep.Complete {
		w.t.Fatalf("the sweep: %+v, %v", r.Sweep, err)
	}
	if left := w.sweepFiles(); left != nil {
		w.t.Errorf("the sweep has left %v", left)
	}
	return r.Sweep
}

func TestASweepEndsBeforeItsTimeoutEvenIfOSSDoesNotAnswer(t *testing.T) {
	for _, silent := range []string{"job.json", "000001.run", "lock"} {
		t.Run(silent, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, "uploads", "replica", "sorted")
				w.lose(4000)
				began := time.Now()
				w.intercept = func(
					_ context.Context, call *localoss.Call, next func() *localoss.Response,
				) *localoss.Response {
					if strings.HasSuffix(call.Key, silent) && time.Since(began) > time.Second {
						time.Sleep(time.Minute)
					}
					return next()
				}
				const limit = 4 * time.Second
				_, err := w.sweep(new(bytes.Buffer), books, hourly, limit)
				if took := time.Since(began); took > limit {
					t.Errorf("it took %v of %v (%v)", took, limit, err)
				}
				time.Sleep(10 * time.Minute) // until everything has been answered
			})
		})
	}
}

func TestASweepThatGoesOnWritesNothingThatEventsHaveCopiedMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "uploads", "replica", "sorted")
		w.lose(500)
		for n := 1; ; n++ {
			r, err := w.sweep(new(bytes.Buffer), books, hourly, 700*time.Millisecond)
			if err != nil || r.Sweep.Complete || n > 50 {
				t.Fatalf("no sweep has stopped before it has copied everything: %+v, %v", r.Sweep, err)
			}
			if r.Sweep.Phase == existing.HandingOver {
				break
			}
		}
		w.put("replica", 500, func(i int) string { return fmt.Sprint("lost/", i) })
		before := w.requests["CopyObject"]
		if p := w.wantComplete(); p.Missing != 500 || p.Copied+p.Unchanged != 500 {
			t.Errorf("the sweep: %+v", p)
		}
		if after := w.requests["CopyObject"]; after > before {
			t.Errorf("%d copies were made again", after-before)
		}
	})
}

func TestProgressThatIsWrittenAfterItsSweepHasEndedStopsNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "uploads", "replica", "sorted")
		w.lose(10)
		var late []byte
		w.intercept = func(_ context.Context, call *localoss.Call, next func() *localoss.Response) *localoss.Response {
			r := next()
			if call.Name == "PutObject" && strings.HasSuffix(call.Key, "job.json") {
				o, _ := w.Object("replica", call.Key)
				content, err := io.ReadAll(o.Reader())
				if err == nil && bytes.Contains(content, []byte(`"phase":"hand over"`)) {
					late = content
				}
			}
			return r
		}
		w.wantComplete()
		w.lose(20)
		client := osscall.NewClient("cn-hangzhou", "http://127.0.0.1", w)
		store := existing.Bucket{OSS: client, Bucket: "replica", Prefix: ".afterput/sweep/"}
		ctx := osscall.WithCredentials(t.Context(), keys)
		if err := store.Put(ctx, "job.json", late); err != nil || late == nil {
			t.Fatal(err)
		}
		w.wantComplete()
		w.verify(20, 0)
	})
}

func TestTheFilesOfASweepAreRemovedByTheNextIfItCouldNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "uploads", "replica", "sorted")
		w.lose(10)
		w.intercept = func(_ context.Context, call *localoss.Call, next func() *localoss.Response) *localoss.Response {
			if call.Name == "DeleteObject" && !strings.HasSuffix(call.Key, "lock") {
				return call.Refuse(&localoss.Error{Code: localoss.InternalError})
			}
			return next()
		}
		if r, err := w.sweep(new(bytes.Buffer), books, hourly, time.Minute); err == nil {
			t.Errorf("the sweep: %+v", r.Sweep)
		}
		w.intercept = nil
		if p := w.wantComplete(); p.Missing != 0 {
			t.Errorf("the second sweep: %+v", p)
		}
		w.verify(10, 0)
	})
}

func TestWhatASweepCouldNotCopyIsTriedAgainByTheNextWhichFollowsTheNewestVersion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "uploads", "replica", "sorted")
		w.lose(10)
		w.intercept = func(_ context.Context, call *localoss.Call, next func() *localoss.Response) *localoss.Response {
			if call.Name == "CopyObject" && call.Key == "lost/3" {
				return call.Refuse(&localoss.Error{Code: localoss.InternalError, Status: http.StatusGatewayTimeout})
			}
			return next()
		}
		r, err := w.sweep(new(bytes.Buffer), books, hourly, time.Minute)
		if err != nil || !r.Sweep.Complete || r.Sweep.Failed != 1 {
			t.Fatalf("the sweep: %+v, %v", r.Sweep, err)
		}
		w.intercept = nil
		old, _ := w.Object("uploads", "lost/3")
		for _, bucket := range []string{"uploads", "replica"} { // its event is handled
			if err := w.PutSparse(bucket, "lost/3", 100, localoss.WithSeed(99)); err != nil {
				t.Fatal(err)
			}
			time.Sleep(2 * time.Second)
		}
		// The copy that the sweep could not see takes effect.
		if err := w.PutSparse("replica", "lost/3", old.Size, localoss.WithSeed(4)); err != nil {
			t.Fatal(err)
		}
		w.wantComplete()
		w.verify(10, 0)
	})
}
