package conformance

import (
	"testing"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
)

const gib = 1 << 30

func TestCopyObjectLimitsDependOnWhatTheCopyChanges(t *testing.T) {
	conform(t, func(w *world) {
		if w.sparse == nil {
			w.Skip("needs objects of many GiB")
		}
		other := w.newBucket()
		elsewhere := func(r *oss.CopyObjectRequest) { r.Bucket, r.SourceBucket = &other, &w.bucket }
		class := func(r *oss.CopyObjectRequest) { r.StorageClass = oss.StorageClassIA }
		encrypt := func(r *oss.CopyObjectRequest) { r.ServerSideEncryption = oss.Ptr("AES256") }
		for _, test := range []struct {
			name   string
			size   int64
			change func(*oss.CopyObjectRequest)
			fits   bool
		}{
			{"the same bucket", 5*gib + 1, func(*oss.CopyObjectRequest) {}, true},
			{"another bucket", 5 * gib, elsewhere, true},
			{"another bucket", 5*gib + 1, elsewhere, false},
			{"another class", gib, class, true},
			{"another class", gib + 1, class, false},
			{"encrypted", gib, encrypt, true},
			{"encrypted", gib + 1, encrypt, false},
		} {
			w.ok(w.sparse(w.bucket, "k", test.size))
			_, err := w.tryCopy("k", "copy", test.change)
			if test.fits {
				w.ok(err)
				continue
			}
			refusal := w.refused(err, 400, "EntityTooLarge")
			same(w, "message", refusal.Message, "Source object Length exceeds the maximum allowed size.")
		}
	})
}

func TestUploadPartCopyTakesUpToFiveGiB(t *testing.T) {
	conform(t, func(w *world) {
		if w.sparse == nil {
			w.Skip("needs objects of many GiB")
		}
		w.ok(w.sparse(w.bucket, "src +%/图", 5*gib+1))
		upload := w.initiate("copy")
		_, err := w.partCopy(upload, 1, func(r *oss.UploadPartCopyRequest) { r.Range = oss.Ptr("bytes=0-5368709119") })
		w.ok(err)
		_, err = w.partCopy(upload, 2, func(r *oss.UploadPartCopyRequest) {})
		w.refused(err, 400, "")
	})
}

func TestRequestWithAWrongTimeIsRefused(t *testing.T) {
	conform(t, func(w *world) {
		if w.live {
			w.Skip("the clock of the live service cannot be set")
		}
		for _, ahead := range []time.Duration{14 * time.Minute, 16 * time.Minute} {
			target := local(w.T)
			name := bucketName()
			_, err := target.client.PutBucket(w.ctx, &oss.PutBucketRequest{Bucket: &name})
			w.ok(err)
			target.pass(ahead)
			_, err = target.client.GetBucketStat(w.ctx, &oss.GetBucketStatRequest{Bucket: &name})
			if ahead < 15*time.Minute {
				w.ok(err)
			} else {
				w.refused(err, 403, "RequestTimeTooSkewed")
			}
		}
	})
}
