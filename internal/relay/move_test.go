package relay_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/copier"
	"afterput/internal/localoss"
	"afterput/internal/localoss/fault"
	"afterput/internal/relay"
)

// mover moves everything, and copies it elsewhere in the same bucket by another rule.
const mover = `
version: 1
sources: [source-bucket]
rules:
  - name: move
    match: {}
    copy: [{bucket: target-bucket, delete-source: true}]
  - name: also
    match: {prefix: both/}
    copy: [{bucket: target-bucket, key: "also/${key}", forbid-overwrite: true}]
`

var unversionedMover = strings.Replace(mover, "delete-source: true", "delete-source: true, without-versioning: true", 1)

// versions is how many versions and markers the source has.
func (w *world) versions(key string) int { return len(w.Versions(from, key)) }

// last is the last entry of a report: what became of the source.
func last(r *relay.Report) relay.CopyReport {
	copies := r.Objects[0].Copies
	return copies[len(copies)-1]
}

func TestAMovedObjectIsDeletedByItsVersionAfterAllCopies(t *testing.T) {
	inWorld(t, setup{rules: mover}, func(t *testing.T, w *world) {
		w.versioned(from)
		report, failed := w.handle(w.put("both/k", "v1"), 0)
		w.wantOutcomes(report, copier.Copied, copier.Copied, copier.Deleted)
		if w.versions("both/k") != 0 || w.content("both/k") != "v1" || w.content("also/both/k") != "v1" || failed {
			t.Errorf("%d versions of the source, copies %q and %q", w.versions("both/k"), w.content("both/k"),
				w.content("also/both/k"))
		}
		if d := last(report); d.Destination != "oss://source-bucket/both/k" || d.Rule != "move" ||
			d.Method != copier.MethodDeleteObject || d.VersionID == "" {
			t.Errorf("the deletion is reported as %+v", d)
		}
	})
}

func TestAnArchivedObjectIsMovedWhenItsRestoreHasEnded(t *testing.T) {
	waiting := strings.Replace(mover, "delete-source: true", "delete-source: true, restore: {}", 1)
	inWorld(t, setup{rules: waiting}, func(t *testing.T, w *world) {
		w.versioned(from)
		r, failed := w.handle(w.put("k", "content", as("ColdArchive")), 0)
		if failed {
			t.Fatalf("%+v", r)
		}
		w.wantOutcomes(r, copier.Restoring, copier.Kept)
		if r, failed = w.handle(w.finished(), 0); failed {
			t.Fatalf("%+v", r)
		}
		w.wantOutcomes(r, copier.Copied, copier.Deleted)
		if got := w.content("k"); got != "content" || w.versions("k") != 0 {
			t.Errorf("the copy holds %q, and %d versions are left", got, w.versions("k"))
		}
	})
}

func TestAMoveWithoutVersioningMustBeAllowed(t *testing.T) {
	inWorld(t, setup{rules: mover}, func(t *testing.T, w *world) {
		report, failed := w.handle(w.put("k", "v1"), 0)
		w.wantOutcomes(report, copier.Copied, copier.Failed)
		if _, there := w.Object(from, "k"); !there || !failed || last(report).Error.Code != "NoVersioning" {
			t.Errorf("the source is there: %t, %+v", there, last(report))
		}
	})
	inWorld(t, setup{rules: unversionedMover}, func(t *testing.T, w *world) {
		report, _ := w.handle(w.put("k", "v1"), 0)
		w.wantOutcomes(report, copier.Copied, copier.Deleted)
		if _, there := w.Object(from, "k"); there || w.content("k") != "v1" {
			t.Errorf("the source is there: %t, the copy holds %q", there, w.content("k"))
		}
	})
}

func TestASourceStaysUnlessEveryCopyWasMade(t *testing.T) {
	elsewhere := func(w *world) {
		if _, err := w.client.PutObject(w.t.Context(), &oss.PutObjectRequest{Bucket: oss.Ptr(to),
			Key: oss.Ptr("also/both/k"), Body: strings.NewReader("mine")}); err != nil {
			w.t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		before func(w *world)
		faults []fault.Fault
		want   []copier.Result
		reason string
	}{
		"exists": {elsewhere, nil, []copier.Result{copier.Copied, copier.Exists, copier.Kept},
			"the outcome of its copy oss://target-bucket/also/both/k is exists"},
		"failed": {func(*world) {}, []fault.Fault{{Operations: []string{"CopyObject"}, Key: "also/**",
			Error: &localoss.Error{Code: localoss.AccessDenied}}},
			[]copier.Result{copier.Copied, copier.Failed, copier.Kept},
			"the outcome of its copy oss://target-bucket/also/both/k is failed"},
		"a copy that is damaged": {func(*world) {}, []fault.Fault{{Operations: []string{"CopyObject"}, Key: "both/**",
			Corrupt: []int64{0}}},
			[]copier.Result{copier.Copied, copier.Copied, copier.Kept},
			"oss://target-bucket/both/k is not the verified copy of it"},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, setup{rules: mover, faults: c.faults}, func(t *testing.T, w *world) {
				w.versioned(from)
				c.before(w)
				report, _ := w.handle(w.put("both/k", "v1"), 0)
				w.wantOutcomes(report, c.want...)
				if w.versions("both/k") != 1 || last(report).Reason != c.reason {
					t.Errorf("%d versions, reason %q", w.versions("both/k"), last(report).Reason)
				}
			})
		})
	}
}

func TestAVersionUnderWhichAnOlderOneLiesIsKept(t *testing.T) {
	inWorld(t, setup{rules: mover}, func(t *testing.T, w *world) {
		w.versioned(from)
		v1 := w.put("k", "v1")
		time.Sleep(time.Second)
		report, _ := w.handle(w.put("k", "v2"), 0)
		w.wantOutcomes(report, copier.Copied, copier.Kept)
		report, _ = w.handle(v1, 0)
		w.wantOutcomes(report, copier.Superseded, copier.Kept)
		if w.versions("k") != 2 || w.content("k") != "v2" {
			t.Errorf("%d versions, the copy holds %q", w.versions("k"), w.content("k"))
		}
	})
	inWorld(t, setup{rules: mover}, func(t *testing.T, w *world) { // a key that only begins with the other
		w.versioned(from)
		w.put("k2", "v1")
		report, _ := w.handle(w.put("k", "v1"), 0)
		w.wantOutcomes(report, copier.Copied, copier.Deleted)
	})
	inWorld(t, setup{rules: mover}, func(t *testing.T, w *world) { // under a marker nothing comes back
		w.versioned(from)
		w.put("k", "v1")
		w.remove("k")
		report, _ := w.handle(w.put("k", "v2"), 0)
		w.wantOutcomes(report, copier.Copied, copier.Deleted)
	})
}

// during runs once, just before an operation in the source bucket takes effect.
func during(operation, bucket string, once func()) localoss.Intercept {
	return func(_ context.Context, call *localoss.Call, next func() *localoss.Response) *localoss.Response {
		if call.Name == operation && call.Bucket == bucket && once != nil {
			run := once
			once = nil
			run()
		}
		return next()
	}
}

func TestAnUploadDuringAMoveIsNotLost(t *testing.T) {
	for _, operation := range []string{"CopyObject", "HeadObject", "ListObjectVersions", "DeleteObject"} {
		t.Run(operation, func(t *testing.T) {
			var w *world
			var v2 []byte
			bucket := from
			if operation == "CopyObject" {
				bucket = to
			}
			s := setup{rules: mover, intercept: during(operation, bucket, func() { v2 = w.put("k", "v2") })}
			inWorld(t, s, func(t *testing.T, world *world) {
				w = world
				w.versioned(from)
				w.handle(w.put("k", "v1"), 0)
				if o, there := w.Object(from, "k"); !there || o.Size != 2 {
					t.Fatal("the new version is gone")
				}
				w.handle(v2, 0)
				if got := w.content("k"); got != "v2" {
					t.Errorf("the copy holds %q", got)
				}
			})
		})
	}
}

func TestAnUploadBeforeTheLastLookOfAMoveWithoutVersioningIsNotLost(t *testing.T) {
	var w *world
	looks := 0
	third := func(_ context.Context, call *localoss.Call, next func() *localoss.Response) *localoss.Response {
		if call.Name == "HeadObject" && call.Bucket == from {
			if looks++; looks == 2 { // the last look before the deletion
				w.put("k", "v2")
			}
		}
		return next()
	}
	inWorld(t, setup{rules: unversionedMover, intercept: third}, func(t *testing.T, world *world) {
		w = world
		report, _ := w.handle(w.put("k", "v1"), 0)
		w.wantOutcomes(report, copier.Copied, copier.Kept)
		if got := last(report).Reason; got != "it was overwritten or removed meanwhile" {
			t.Errorf("reason %q", got)
		}
	})
}

func TestTheRemovalOfAMovedObjectLeadsNowhere(t *testing.T) {
	rules := strings.Replace(unversionedMover, "  - name: also", `  - name: follow
    match: {}
    delete: [{bucket: target-bucket, without-versioning: true}]
  - name: also`, 1)
	inWorld(t, setup{rules: rules}, func(t *testing.T, w *world) {
		report, _ := w.handle(w.put("k", "v1"), 0)
		w.wantOutcomes(report, copier.Copied, copier.Deleted)
		removal := w.newest()
		if !strings.Contains(string(removal), "ObjectRemoved:DeleteObject") {
			t.Fatalf("the newest event is %s", removal)
		}
		for retry := range 2 {
			report, _ = w.handle(removal, retry)
			w.wantOutcomes(report, copier.Kept)
		}
		if w.content("k") != "v1" {
			t.Error("the moved object is lost")
		}
	})
}

func TestACopyThatWouldBeDeletedAfterItsSourceIsMadeAgainBeforeAMove(t *testing.T) {
	inWorld(t, setup{rules: mirror}, func(t *testing.T, w *world) {
		v1 := w.put("k", "v1")
		w.handle(v1, 0)
		w.handler = w.newHandler(setup{rules: unversionedMover})
		report, _ := w.handle(v1, 1)
		w.wantOutcomes(report, copier.Copied, copier.Deleted)
		w.handler = w.newHandler(setup{rules: mirror})
		report, _ = w.handle(w.newest(), 0)
		w.wantOutcomes(report, copier.Kept)
	})
}

func TestARetryDeletesTheSourceOfCopiesThatAreInPlace(t *testing.T) {
	s := setup{rules: mover, faults: []fault.Fault{{Operations: []string{"DeleteObject"}, Calls: fault.Nth(1),
		Error: &localoss.Error{Code: localoss.AccessDenied}}}}
	inWorld(t, s, func(t *testing.T, w *world) {
		w.versioned(from)
		v1 := w.put("both/k", "v1")
		report, _ := w.handle(v1, 0)
		w.wantOutcomes(report, copier.Copied, copier.Copied, copier.Failed)
		time.Sleep(time.Second)
		report, _ = w.handle(v1, 1)
		w.wantOutcomes(report, copier.Unchanged, copier.Unchanged, copier.Deleted)
	})
}
