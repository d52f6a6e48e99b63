package state_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/localoss"
	"afterput/internal/osscall"
	"afterput/internal/state"
	"afterput/rules"
)

// leftover gives the only upload that a state object names, as afterput gc finds it.
func (w *world) leftover(age time.Duration) state.Leftover {
	w.t.Helper()
	found, err := w.collector().Find(w.ctx, to, age)
	if err != nil || len(found) != 1 {
		w.t.Fatalf("found %+v, %v; want one upload", found, err)
	}
	return found[0]
}

func (w *world) collector() *state.Collector {
	return state.NewCollector(w.engine, state.Location{}, rules.Remote{}, nil)
}

func TestUploadThatMayBeResumedIsNotALeftover(t *testing.T) {
	inWorld(t, nil, nil, func(t *testing.T, w *world) {
		w.begin()
		if l := w.leftover(time.Hour); l.Why != "" {
			t.Errorf("left over because %q", l.Why)
		}
	})
}

func TestUploadsThatNoAttemptWillResumeAreFoundAndRemovedAndNoOthers(t *testing.T) {
	for name, c := range map[string]struct {
		age    time.Duration
		change func(w *world)
		why    string
	}{
		"too old": {time.Second, func(*world) {}, "begun"},
		"source overwritten": {3 * time.Hour, func(w *world) {
			w.fatal(w.PutSparse(from, key, 1<<20, localoss.WithSeed(2)))
		}, "another version"},
		"source deleted": {3 * time.Hour, func(w *world) { w.delete(from, key) }, "deleted"},
		"source's bucket deleted": {3 * time.Hour, func(w *world) {
			w.delete(from, key)
			_, err := w.client.DeleteBucket(w.ctx, &oss.DeleteBucketRequest{Bucket: oss.Ptr(from)})
			w.fatal(err)
		}, "deleted"},
		"upload aborted": {3 * time.Hour, func(w *world) { w.abort(w.Uploads(to)[0]) }, "gone"},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, nil, nil, func(t *testing.T, w *world) {
				w.begin()
				time.Sleep(time.Hour)
				c.change(w)
				other := w.initiate("somebody's")
				l := w.leftover(c.age)
				if !strings.Contains(l.Why, c.why) {
					t.Fatalf("left over because %q, want %q", l.Why, c.why)
				}
				w.fatal(w.collector().Remove(w.ctx, &l))
				if open := w.Uploads(to); len(open) != 1 || open[0].ID != other {
					t.Errorf("open uploads %+v, want only somebody else's", open)
				}
				w.wantNothingNamed()
			})
		})
	}
}

func TestCopyObjectIsALeftoverByItsAgeAlone(t *testing.T) {
	inWorld(t, nil, nil, func(t *testing.T, w *world) {
		o := w.store.New(state.Upload{
			Bucket: to, Key: key, Source: osscall.URL(from, key), Single: true, Started: time.Now()})
		w.fatal(w.store.Write(w.ctx, o))
		w.delete(from, key)
		if l := w.leftover(time.Hour); l.Why != "" {
			t.Errorf("left over because %q", l.Why)
		}
		time.Sleep(2 * time.Hour)
		l := w.leftover(time.Hour)
		if l.Why != "a CopyObject sent 2h0m0s ago" {
			t.Errorf("left over because %q", l.Why)
		}
		w.fatal(w.collector().Remove(w.ctx, &l))
		w.wantNothingNamed()
	})
}
