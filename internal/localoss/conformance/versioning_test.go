package conformance

import (
	"testing"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
)

func (w *world) getVersion(key, version string) (string, error) {
	w.Helper()
	result, err := w.client.GetObject(w.ctx, &oss.GetObjectRequest{Bucket: &w.bucket, Key: &key, VersionId: &version})
	if err != nil {
		return "", err
	}
	return w.read(result), nil
}

func TestVersionsStayUntilTheyAreDeletedByID(t *testing.T) {
	conform(t, func(w *world) {
		w.put("k", "null")
		w.versioning(oss.VersionEnabled)
		first, second := w.put("k", "first"), w.put("k", "second")
		different := text(first.VersionId) != text(second.VersionId) && text(first.VersionId) != ""
		same(w, "version ids differ", different, true)
		same(w, "content", w.get(w.bucket, "k"), "second")
		for version, want := range map[string]string{
			text(first.VersionId): "first", text(second.VersionId): "second", "null": "null",
		} {
			got, err := w.getVersion("k", version)
			w.ok(err)
			same(w, "content of "+version, got, want)
		}
		same(w, "version of HEAD", text(w.head(w.bucket, "k").VersionId), text(second.VersionId))

		_, err := w.client.DeleteObject(w.ctx, &oss.DeleteObjectRequest{
			Bucket: &w.bucket, Key: oss.Ptr("k"), VersionId: second.VersionId,
		})
		w.ok(err)
		same(w, "content", w.get(w.bucket, "k"), "first")
		_, err = w.getVersion("k", text(second.VersionId))
		w.refused(err, 404, "NoSuchVersion")
	})
}

func TestDeletingTheCurrentVersionByIDMakesTheOneBeforeCurrent(t *testing.T) {
	conform(t, func(w *world) {
		w.versioning(oss.VersionEnabled)
		w.put("k", "old")
		newest := text(w.put("k", "new").VersionId)
		result, err := w.client.DeleteObject(w.ctx, &oss.DeleteObjectRequest{
			Bucket: &w.bucket, Key: oss.Ptr("k"), VersionId: &newest,
		})
		w.ok(err)
		same(w, "version deleted", text(result.VersionId), newest)
		same(w, "delete marker", result.DeleteMarker, false)
		same(w, "content", w.get(w.bucket, "k"), "old")
		list, err := w.client.ListObjectVersions(w.ctx, &oss.ListObjectVersionsRequest{Bucket: &w.bucket})
		w.ok(err)
		same(w, "versions left", len(list.ObjectVersions), 1)
		same(w, "delete markers left", len(list.ObjectDeleteMarkers), 0)
	})
}

func TestForbidOverwriteHasNoEffectInABucketThatHasOrHadVersioning(t *testing.T) {
	conform(t, func(w *world) {
		forbid := func(r *oss.PutObjectRequest) { r.ForbidOverwrite = oss.Ptr("true") }
		w.put("k", "first", forbid)
		_, err := w.client.PutObject(w.ctx, &oss.PutObjectRequest{
			Bucket: &w.bucket, Key: oss.Ptr("k"), ForbidOverwrite: oss.Ptr("true"),
		})
		w.refused(err, 409, "FileAlreadyExists")
		for _, status := range []oss.VersioningStatusType{oss.VersionEnabled, oss.VersionSuspended} {
			w.versioning(status)
			w.put("k", string(status), forbid)
			same(w, "content", w.get(w.bucket, "k"), string(status))
			upload := w.initiate("k", func(r *oss.InitiateMultipartUploadRequest) {
				r.ForbidOverwrite = oss.Ptr("true")
			})
			part := w.part("k", upload, 1, "in parts")
			_, err := w.complete("k", upload, []oss.UploadPart{{PartNumber: 1, ETag: part.ETag}},
				func(r *oss.CompleteMultipartUploadRequest) { r.ForbidOverwrite = oss.Ptr("true") })
			w.ok(err)
			same(w, "content", w.get(w.bucket, "k"), "in parts")
		}
	})
}

func TestDeleteMarkersHideTheObject(t *testing.T) {
	conform(t, func(w *world) {
		w.versioning(oss.VersionEnabled)
		kept := w.put("k", "kept")
		deleted := w.remove("k")
		same(w, "delete marker", deleted.DeleteMarker, true)
		_, err := w.client.GetObject(w.ctx, &oss.GetObjectRequest{Bucket: &w.bucket, Key: oss.Ptr("k")})
		refusal := w.refused(err, 404, "NoSuchKey")
		same(w, "x-oss-delete-marker", refusal.Headers.Get("x-oss-delete-marker"), "true")
		_, err = w.tryCopy("k", "copy")
		w.refused(err, 404, "NoSuchKey")
		_, err = w.tryCopy("k", "copy", func(r *oss.CopyObjectRequest) { r.SourceVersionId = deleted.VersionId })
		if err == nil {
			w.Error("a delete marker was copied")
		}

		versions, err := w.client.ListObjectVersions(w.ctx, &oss.ListObjectVersionsRequest{Bucket: &w.bucket})
		w.ok(err)
		same(w, "versions", len(versions.ObjectVersions), 1)
		same(w, "markers", len(versions.ObjectDeleteMarkers), 1)
		same(w, "marker is latest", versions.ObjectDeleteMarkers[0].IsLatest, true)
		same(w, "version is latest", versions.ObjectVersions[0].IsLatest, false)

		_, err = w.client.DeleteObject(w.ctx, &oss.DeleteObjectRequest{
			Bucket: &w.bucket, Key: oss.Ptr("k"), VersionId: deleted.VersionId,
		})
		w.ok(err)
		same(w, "content", w.get(w.bucket, "k"), "kept")
		result := w.copy("k", "copy", func(r *oss.CopyObjectRequest) { r.SourceVersionId = kept.VersionId })
		same(w, "source version answered", text(result.SourceVersionId), text(kept.VersionId))
		same(w, "copy has a version", text(result.VersionId) != "", true)
		same(w, "copy has another version", text(result.VersionId) != text(kept.VersionId), true)
	})
}

func TestSuspendedVersioningOverwritesTheNullVersion(t *testing.T) {
	conform(t, func(w *world) {
		w.versioning(oss.VersionEnabled)
		kept := w.put("k", "kept")
		w.versioning(oss.VersionSuspended)
		w.put("k", "null 1")
		w.put("k", "null 2")
		versions, err := w.client.ListObjectVersions(w.ctx, &oss.ListObjectVersionsRequest{Bucket: &w.bucket})
		w.ok(err)
		same(w, "versions", len(versions.ObjectVersions), 2)
		same(w, "the newest", text(versions.ObjectVersions[0].VersionId), "null")
		got, err := w.getVersion("k", text(kept.VersionId))
		w.ok(err)
		same(w, "content", got, "kept")
		same(w, "content", w.get(w.bucket, "k"), "null 2")
	})
}

func TestTagsBelongToAVersion(t *testing.T) {
	conform(t, func(w *world) {
		w.versioning(oss.VersionEnabled)
		old := w.put("k", "old", func(r *oss.PutObjectRequest) { r.Tagging = oss.Ptr("age=old") })
		w.put("k", "new", func(r *oss.PutObjectRequest) { r.Tagging = oss.Ptr("age=new") })
		result, err := w.client.GetObjectTagging(w.ctx, &oss.GetObjectTaggingRequest{
			Bucket: &w.bucket, Key: oss.Ptr("k"), VersionId: old.VersionId,
		})
		w.ok(err)
		same(w, "tag of the old version", text(result.Tags[0].Value), "old")
		same(w, "tags of the current one", w.tags(w.bucket, "k"), "age=new")
	})
}
