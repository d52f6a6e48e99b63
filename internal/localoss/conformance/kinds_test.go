package conformance

import (
	"strings"
	"testing"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
)

func TestSymlinksShowTheirTarget(t *testing.T) {
	conform(t, func(w *world) {
		w.put("target +%/图", "content", func(r *oss.PutObjectRequest) { r.ContentType = oss.Ptr("text/x-odd") })
		_, err := w.client.PutSymlink(w.ctx, &oss.PutSymlinkRequest{
			Bucket:   &w.bucket,
			Key:      oss.Ptr("link"),
			Target:   oss.Ptr("target%20%2B%25/%E5%9B%BE"),
			Metadata: map[string]string{"of": "link"},
		})
		w.ok(err)
		result, err := w.client.GetSymlink(w.ctx, &oss.GetSymlinkRequest{Bucket: &w.bucket, Key: oss.Ptr("link")})
		w.ok(err)
		w.unconfirmed(
			"GetSymlink returns the target as it was sent, URL-encoded",
			text(result.Target) == "target%20%2B%25/%E5%9B%BE",
		)
		same(w, "content", w.get(w.bucket, "link"), "content")
		head := w.head(w.bucket, "link")
		same(w, "type", text(head.ObjectType), "Symlink")
		same(w, "ETag", text(head.ETag), quotedMD5("content"))
		same(w, "metadata", head.Metadata["of"], "link")

		w.copy("link", "copy")
		same(w, "type of a copy", text(w.head(w.bucket, "copy").ObjectType), "Symlink")
		w.remove("target +%/图")
		_, err = w.client.GetObject(w.ctx, &oss.GetObjectRequest{Bucket: &w.bucket, Key: oss.Ptr("link")})
		w.refused(err, 404, "SymlinkTargetNotExist")
		_, err = w.client.GetSymlink(w.ctx, &oss.GetSymlinkRequest{Bucket: &w.bucket, Key: oss.Ptr("plain")})
		w.refused(err, 404, "NoSuchKey")
	})
}

func TestSymlinkWithoutTarget(t *testing.T) {
	conform(t, func(w *world) {
		w.versioning(oss.VersionEnabled)
		put, err := w.client.PutSymlink(w.ctx, &oss.PutSymlinkRequest{
			Bucket: &w.bucket, Key: oss.Ptr("link"), Target: oss.Ptr("none"),
		})
		w.ok(err)
		_, err = w.client.HeadObject(w.ctx, &oss.HeadObjectRequest{Bucket: &w.bucket, Key: oss.Ptr("link")})
		refusal := w.refused(err, 404, "SymlinkTargetNotExist")
		w.unconfirmed("its EC is 0026-00000005", refusal.EC == "0026-00000005")

		link := func(key string) *oss.GetSymlinkResult {
			result, err := w.client.GetSymlink(w.ctx, &oss.GetSymlinkRequest{Bucket: &w.bucket, Key: &key})
			w.ok(err)
			return result
		}
		original := link("link")
		same(w, "target", text(original.Target), "none")
		same(w, "version", text(original.VersionId), text(put.VersionId))
		same(w, "ETag", text(original.ETag) == "", false)
		same(w, "Last-Modified", original.Headers.Get("Last-Modified") == "", false)

		w.copy("link", "copy")
		same(w, "target of the copy", text(link("copy").Target), "none")
		_, err = w.client.HeadObject(w.ctx, &oss.HeadObjectRequest{Bucket: &w.bucket, Key: oss.Ptr("copy")})
		w.refused(err, 404, "SymlinkTargetNotExist")
		_, err = w.tryCopy("link", "again", func(r *oss.CopyObjectRequest) { r.IfMatch = original.ETag })
		w.unconfirmed("a copy's condition compares the ETag of the symlink itself", err == nil)

		upload := w.initiate("parts")
		_, err = w.partCopy(upload, 1, func(r *oss.UploadPartCopyRequest) {
			r.Key, r.SourceKey = oss.Ptr("parts"), oss.Ptr("link")
		})
		if !w.live {
			w.refused(err, 400, "OperationNotSupported")
		}
		w.unconfirmed("a symlink cannot be the source of UploadPartCopy", err != nil)

		w.put("none", "content") // the target exists from now on
		same(w, "content", w.get(w.bucket, "copy"), "content")
	})
}

func TestUploadGetsItsOwnOrTheBucketsClassAndACL(t *testing.T) {
	conform(t, func(w *world) {
		w.bucket = w.newBucket(func(r *oss.PutBucketRequest) {
			r.CreateBucketConfiguration = &oss.CreateBucketConfiguration{StorageClass: oss.StorageClassArchive}
		})
		w.put("plain", "content")
		same(w, "class", text(w.head(w.bucket, "plain").StorageClass), "Archive")
		same(w, "ACL", w.acl(w.bucket, "plain"), "default")
		_, err := w.client.GetObject(w.ctx, &oss.GetObjectRequest{Bucket: &w.bucket, Key: oss.Ptr("plain")})
		w.refused(err, 403, "InvalidObjectState")

		w.put("named", "content", func(r *oss.PutObjectRequest) {
			r.StorageClass, r.Acl = oss.StorageClassStandard, oss.ObjectACLPrivate
		})
		same(w, "class", text(w.head(w.bucket, "named").StorageClass), "Standard")
		same(w, "ACL", w.acl(w.bucket, "named"), "private")
		same(w, "content", w.get(w.bucket, "named"), "content")
	})
}

func (w *world) append(key string, position int64, body string) (*oss.AppendObjectResult, error) {
	return w.client.AppendObject(w.ctx, &oss.AppendObjectRequest{
		Bucket: &w.bucket, Key: &key, Position: &position, Body: strings.NewReader(body),
	})
}

func TestAppendObject(t *testing.T) {
	conform(t, func(w *world) {
		first, err := w.append("k", 0, "one ")
		w.ok(err)
		same(w, "next position", first.NextPosition, 4)
		second, err := w.append("k", 4, "two")
		w.ok(err)
		same(w, "next position", second.NextPosition, 7)
		same(w, "CRC-64", text(second.HashCRC64), crc("one two"))
		head := w.head(w.bucket, "k")
		same(w, "type", text(head.ObjectType), "Appendable")
		same(w, "next position", text(head.NextAppendPosition), "7")
		same(w, "content", w.get(w.bucket, "k"), "one two")

		_, err = w.append("k", 3, "x")
		w.refused(err, 409, "PositionNotEqualToLength")
		w.put("plain", "x")
		_, err = w.append("plain", 1, "x")
		w.refused(err, 409, "ObjectNotAppendable")
	})
}

func TestArchivedObjectsAreRestoredBeforeTheyAreRead(t *testing.T) {
	conform(t, func(w *world) {
		w.put("k", "content", func(r *oss.PutObjectRequest) { r.StorageClass = oss.StorageClassArchive })
		_, err := w.client.GetObject(w.ctx, &oss.GetObjectRequest{Bucket: &w.bucket, Key: oss.Ptr("k")})
		w.refused(err, 403, "InvalidObjectState")
		_, err = w.tryCopy("k", "copy")
		w.refused(err, 403, "InvalidObjectState")
		same(w, "x-oss-restore", text(w.head(w.bucket, "k").Restore), "")

		restore := func(key string) (int, error) {
			result, err := w.client.RestoreObject(w.ctx, &oss.RestoreObjectRequest{Bucket: &w.bucket, Key: &key})
			if err != nil {
				return 0, err
			}
			return result.StatusCode, nil
		}
		status, err := restore("k")
		w.ok(err)
		same(w, "status of the first restore", status, 202)
		_, err = restore("k")
		w.refused(err, 409, "RestoreAlreadyInProgress")
		same(w, "x-oss-restore", text(w.head(w.bucket, "k").Restore), `ongoing-request="true"`)

		for tries := 0; strings.Contains(text(w.head(w.bucket, "k").Restore), "true"); tries++ {
			if tries == 20 {
				w.Fatal("not restored after ten minutes")
			}
			w.pass(30 * time.Second)
		}
		const done = `ongoing-request="false", expiry-date="`
		if got := text(w.head(w.bucket, "k").Restore); !strings.HasPrefix(got, done) {
			w.Errorf("x-oss-restore is %s", got)
		}
		same(w, "content", w.get(w.bucket, "k"), "content")
		same(w, "class", text(w.head(w.bucket, "k").StorageClass), "Archive")
		status, err = restore("k")
		w.ok(err)
		same(w, "status of a later restore", status, 200)

		w.put("plain", "x")
		_, err = restore("plain")
		w.refused(err, 400, "OperationNotSupported")
		_, err = restore("none")
		w.refused(err, 404, "NoSuchKey")
	})
}

func TestRestoreTiersOfColdArchive(t *testing.T) {
	conform(t, func(w *world) {
		if w.live {
			w.Skip("takes hours, and is billed for 180 days")
		}
		restore := func(key, tier string) error {
			_, err := w.client.RestoreObject(w.ctx, &oss.RestoreObjectRequest{
				Bucket: &w.bucket, Key: &key, RestoreRequest: &oss.RestoreRequest{
					Days: 2, JobParameters: &oss.JobParameters{Tier: &tier},
				},
			})
			return err
		}
		w.put("cold", "x", func(r *oss.PutObjectRequest) { r.StorageClass = oss.StorageClassColdArchive })
		w.put("deep", "x", func(r *oss.PutObjectRequest) { r.StorageClass = oss.StorageClassDeepColdArchive })
		w.ok(restore("cold", "Bulk"))
		w.refused(restore("cold", "Bulk"), 409, "RestoreAlreadyInProgress")
		w.refused(restore("deep", "Bulk"), 400, "") // its tiers are Expedited and Standard
		w.ok(restore("deep", "Standard"))
	})
}
