package relay_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/copier"
	"afterput/internal/localoss"
	"afterput/internal/localoss/fault"
)

const archiveAndReplicate = `
version: 1
sources: [source-bucket]
rules:
  - name: freeze
    match: {prefix: dir/}
    copy: [{storage-class: Archive, rewrite-in-place: true}]
  - name: replicate
    match: {prefix: dir/}
    copy: [{bucket: target-bucket}]
`

// Archived before it is copied, the object could not be copied at all.
func TestAnObjectIsArchivedInPlaceOnlyAfterItsOtherCopiesAreMade(t *testing.T) {
	inWorld(t, setup{rules: archiveAndReplicate}, func(t *testing.T, w *world) {
		r, failed := w.handle(w.put("dir/a", "content"), 0)
		if failed {
			t.Fatalf("the upload's event failed: %+v", r)
		}
		w.wantOutcomes(r, copier.Copied, copier.Copied)
		if w.content("dir/a") != "content" {
			t.Error("the replica is missing")
		}
		r, failed = w.handle(w.newest(), 0) // of the rewrite
		if failed {
			t.Fatalf("the rewrite's event failed: %+v", r)
		}
		w.wantOutcomes(r, copier.Unchanged, copier.Unchanged)
	})
}

func TestAnObjectIsNotChangedInPlaceWhileAnotherCopyOfItFails(t *testing.T) {
	refusals := fault.Fault{Operations: []string{"CopyObject"}, Bucket: to, Calls: fault.Nth(1),
		Error: &localoss.Error{Code: localoss.AccessDenied}}
	inWorld(t, setup{rules: archiveAndReplicate, faults: []fault.Fault{refusals}}, func(t *testing.T, w *world) {
		event := w.put("dir/a", "content")
		r, failed := w.handle(event, 0)
		if !failed {
			t.Fatalf("the attempt did not fail: %+v", r)
		}
		w.wantOutcomes(r, copier.Failed, copier.Failed)
		if code := r.Objects[0].Copies[0].Error.Code; code != "OtherCopyFailed" {
			t.Errorf("the change in place failed with %s", code)
		}
		head, err := w.client.HeadObject(t.Context(),
			&oss.HeadObjectRequest{Bucket: oss.Ptr(from), Key: oss.Ptr("dir/a")})
		if err != nil || oss.ToString(head.StorageClass) != "Standard" {
			t.Errorf("the source has class %s: %v", oss.ToString(head.StorageClass), err)
		}
		r, failed = w.handle(event, 1)
		if failed {
			t.Fatalf("the second attempt failed: %+v", r)
		}
		w.wantOutcomes(r, copier.Copied, copier.Copied)
	})
}

// The destination must be what the copy would have made, not just anything that is there.
func TestAnArchivedSourceThatIsNotAtTheDestinationFails(t *testing.T) {
	inWorld(t, setup{}, func(t *testing.T, w *world) {
		if err := w.PutSparse(to, "a", 7); err != nil {
			t.Fatal(err)
		}
		event := w.put("a", "content", func(r *oss.PutObjectRequest) { r.StorageClass = "Archive" })
		r, failed := w.handle(event, 0)
		if !failed || r.Objects[0].Copies[0].Error.Code != "InvalidObjectState" {
			t.Errorf("failed: %t, %+v", failed, r)
		}
	})
}

func TestMetadataThatIsEmptyInPlaceChangesNothing(t *testing.T) {
	for _, value := range []string{`""`, `"${tag.owner:-}"`} {
		s := setup{rules: `
version: 1
sources: [source-bucket]
rules:
  - name: note-owner
    match: {}
    copy: [{metadata-directive: MERGE, meta: {owner: ` + value + `}, rewrite-in-place: true}]
`}
		inWorld(t, s, func(t *testing.T, w *world) {
			r, failed := w.handle(w.put("a", "content"), 0)
			if failed {
				t.Fatalf("owner: %s: %+v", value, r)
			}
			w.wantOutcomes(r, copier.Unchanged)
		})
	}
}

// What placeholders give is compared with what the object has, whatever the key's characters.
func TestHeadersWithPlaceholdersInPlaceAreSetOnce(t *testing.T) {
	s := setup{rules: `
version: 1
sources: [source-bucket]
rules:
  - name: downloads
    match: {}
    copy:
      - metadata-directive: MERGE
        content-disposition: attachment; filename="${base}"; filename*=UTF-8''${base}
        cache-control: max-age=${meta.age:-${tag.age:-60}}
        expires: ${meta.until:-2030-01-01T00:00:00+08:00}
        rewrite-in-place: true
`}
	inWorld(t, s, func(t *testing.T, w *world) {
		r, failed := w.handle(w.put(`目录/年报 "2026".pdf`, "content"), 0)
		if failed {
			t.Fatalf("the upload's event failed: %+v", r)
		}
		w.wantOutcomes(r, copier.Copied)
		r, failed = w.handle(w.newest(), 0)
		if failed {
			t.Fatalf("the rewrite's event failed: %+v", r)
		}
		w.wantOutcomes(r, copier.Unchanged)
	})
}

// The replica has the attributes of before, which nobody can change any more from an archived
// source: that is no failure.
func TestTheEventOfAnArchivingWithOtherChangesIsSkippedByTheCopyMadeBefore(t *testing.T) {
	for _, more := range []string{
		"tagging-directive: MERGE, tagging: {tier: cold}", "metadata-directive: MERGE, meta: {tier: cold}",
	} {
		s := setup{rules: strings.Replace(archiveAndReplicate, "Archive", "Archive, "+more, 1)}
		inWorld(t, s, func(t *testing.T, w *world) {
			r, failed := w.handle(w.put("dir/a", "content"), 0)
			if failed {
				t.Fatalf("the upload's event failed: %+v", r)
			}
			r, failed = w.handle(w.newest(), 0)
			if failed {
				t.Fatalf("%s: the rewrite's event failed: %+v", more, r)
			}
			w.wantOutcomes(r, copier.Unchanged, copier.Skipped)
		})
	}
}

// The second look after slow copies finds the engine's own rewrite, which is no newer version.
func TestARewriteInPlaceIsNotTakenForANewerVersion(t *testing.T) {
	slow := fault.Fault{Operations: []string{"CopyObject"}, Delay: 2 * time.Second}
	inWorld(t, setup{rules: archiveAndReplicate, faults: []fault.Fault{slow}}, func(t *testing.T, w *world) {
		r, failed := w.handle(w.put("dir/a", "content"), 0)
		if failed {
			t.Fatalf("the upload's event failed: %+v", r)
		}
		w.wantOutcomes(r, copier.Copied, copier.Copied)
	})
}

// Another version may have come back, such as when the newest is deleted by its id.
func TestARetryLooksAgainAtARecordThatWasSuperseded(t *testing.T) {
	refused := fault.Fault{Operations: []string{"CopyObject"}, Key: "b", Calls: fault.Nth(1), Bucket: to,
		Error: &localoss.Error{Code: localoss.AccessDenied}}
	inWorld(t, setup{faults: []fault.Fault{refused}}, func(t *testing.T, w *world) {
		_, err := w.client.PutBucketVersioning(t.Context(), &oss.PutBucketVersioningRequest{Bucket: oss.Ptr(from),
			VersioningConfiguration: &oss.VersioningConfiguration{Status: oss.VersionEnabled}})
		if err != nil {
			t.Fatal(err)
		}
		first, other := w.put("a", "first"), w.put("b", "other")
		w.put("a", "second")
		head, err := w.client.HeadObject(t.Context(), &oss.HeadObjectRequest{Bucket: oss.Ptr(from), Key: oss.Ptr("a")})
		if err != nil {
			t.Fatal(err)
		}
		batch := together(first, other)
		r, failed := w.handle(batch, 0)
		if !failed {
			t.Fatalf("the first attempt did not fail: %+v", r)
		}
		w.wantOutcomes(r, copier.Superseded, copier.Copied, copier.Failed)
		_, err = w.client.DeleteObject(t.Context(), &oss.DeleteObjectRequest{
			Bucket: oss.Ptr(from), Key: oss.Ptr("a"), VersionId: head.VersionId})
		if err != nil {
			t.Fatal(err)
		}
		if r, failed = w.handle(batch, 1); failed || w.content("a") != "first" {
			t.Errorf("the destination has %q, failed: %t, %+v", w.content("a"), failed, r)
		}
	})
}
