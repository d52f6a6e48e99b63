package copier_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/osscall"
	"afterput/internal/state"
)

// collector looks at the world as `afterput gc` does.
func (w *world) collector() *state.Collector {
	client := osscall.NewClient("cn-hangzhou", "http://127.0.0.1", w.Transport())
	return state.NewCollector(client, state.Location{})
}

// find gives the only upload that a state object names.
func (w *world) find(age time.Duration) state.Leftover {
	w.t.Helper()
	found, err := w.collector().Find(w.ctx, to, age)
	if err != nil || len(found) != 1 {
		w.t.Fatalf("found %+v, %v; want one upload", found, err)
	}
	return found[0]
}

func TestAnUploadThatMayBeResumedIsNoLeftover(t *testing.T) {
	inWorld(t, stoppedAfter(2), func(t *testing.T, w *world) {
		w.stop(w.put(large, 1), plan())
		if l := w.find(time.Hour); l.Why != "" {
			t.Errorf("left because %q", l.Why)
		}
	})
}

func TestUploadsNobodyWillResumeAreFoundAndRemovedAndNoOthers(t *testing.T) {
	for name, c := range map[string]struct {
		age    time.Duration
		change func(w *world)
		why    string
	}{
		"too old":            {time.Second, func(w *world) {}, "begun"},
		"source overwritten": {3 * time.Hour, func(w *world) { w.put(large, 2) }, "another version"},
		"source deleted": {3 * time.Hour, func(w *world) {
			if _, err := w.client.DeleteObject(w.ctx, &oss.DeleteObjectRequest{Bucket: oss.Ptr(from), Key: oss.Ptr(key)}); err != nil {
				w.t.Fatal(err)
			}
		}, "deleted"},
		"upload aborted": {3 * time.Hour, func(w *world) {
			id := w.Uploads(to)[0].ID
			if _, err := w.client.AbortMultipartUpload(w.ctx, &oss.AbortMultipartUploadRequest{Bucket: oss.Ptr(to), Key: oss.Ptr(key), UploadId: &id}); err != nil {
				w.t.Fatal(err)
			}
		}, "gone"},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, stoppedAfter(2), func(t *testing.T, w *world) {
				w.stop(w.put(large, 1), plan())
				time.Sleep(2 * time.Hour) // what OSS had accepted is over
				c.change(w)
				other, err := w.client.InitiateMultipartUpload(w.ctx, &oss.InitiateMultipartUploadRequest{Bucket: oss.Ptr(to), Key: oss.Ptr("somebody's")})
				if err != nil {
					t.Fatal(err)
				}
				l := w.find(c.age)
				if !strings.Contains(l.Why, c.why) {
					t.Fatalf("left because %q, want %q", l.Why, c.why)
				}
				if err := w.collector().Remove(w.ctx, &l); err != nil {
					t.Fatal(err)
				}
				if open := w.Uploads(to); len(open) != 1 || open[0].ID != *other.UploadId {
					t.Errorf("open uploads %+v, want only somebody else's", open)
				}
				if left := w.remembered(to, state.DefaultPrefix); len(left) != 0 {
					t.Errorf("state objects %+v", left)
				}
			})
		})
	}
}
