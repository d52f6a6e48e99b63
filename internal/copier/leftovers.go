package copier

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
)

// payer is sent with the requests of a [Collector], which does not know whose the
// buckets are; only a state object is deleted as whoever wrote it paid. It counts where
// requesters pay, and has no effect elsewhere.
const payer = "requester"

// Leftover is a multipart upload of the engine's own that a state object names, or a
// CopyObject that was not answered.
type Leftover struct {
	SavedUpload
	// Why is why no attempt will go on with it; "" for one that may still be resumed.
	Why string

	saved *savedUpload
}

// Collector finds and removes the uploads that killed invocations left in a bucket, and
// the state objects of CopyObjects. It knows them by their state objects alone, and
// touches no other upload.
type Collector struct {
	oss   OSS
	state State
	sent  atomic.Int64
}

// NewCollector returns a Collector that sends its requests through client.
func NewCollector(client OSS, state State) *Collector {
	return &Collector{oss: client, state: state}
}

func (c *Collector) shelf() shelf { return shelf{oss: c.oss, sent: &c.sent, limit: lookTime} }

// Find gives every upload and CopyObject to bucket that a state object names, in the
// order of the state objects' names. An upload counts as left if it is gone, if its
// source is another version by now, or if it was begun longer than age ago, a CopyObject
// only by its age: Function Compute gives events up after a time, and then nobody
// resumes it.
func (c *Collector) Find(ctx context.Context, bucket string, age time.Duration) ([]Leftover, error) {
	if c.state.Off {
		return nil, nil
	}
	stateBucket := c.state.bucketOf(bucket)
	var found []Leftover
	err := c.shelf().list(ctx, stateBucket, c.state.prefix(), payer, func(keys []string) (bool, error) {
		for _, key := range keys {
			saved, err := c.shelf().read(ctx, stateObject{bucket: stateBucket, key: key}, payer)
			if err != nil {
				return false, err
			}
			if saved == nil || saved.Bucket != bucket {
				continue
			}
			l := Leftover{SavedUpload: saved.SavedUpload, saved: saved}
			if l.Why, err = c.judge(ctx, &l, age); err != nil {
				return false, err
			}
			found = append(found, l)
		}
		return true, nil
	})
	return found, err
}

// judge says why nobody will go on with an upload, "" if somebody may.
func (c *Collector) judge(ctx context.Context, l *Leftover, age time.Duration) (string, error) {
	if l.Single {
		if old := time.Since(l.Started); old > age {
			return fmt.Sprintf("a CopyObject sent %s ago", old.Truncate(time.Minute)), nil
		}
		return "", nil
	}
	err := c.send("ListParts").do(ctx, func(ctx context.Context) error {
		_, err := c.oss.ListParts(ctx, &oss.ListPartsRequest{
			Bucket: &l.Bucket, Key: &l.Key, UploadId: &l.UploadID, MaxParts: 1, RequestPayer: text(payer)})
		return err
	})
	if Is(err, KindNoSuchUpload) {
		return "the upload is gone, only its state object is left", nil
	}
	if err != nil {
		return "", err
	}
	if old := time.Since(l.Started); old > age {
		return fmt.Sprintf("begun %s ago", old.Truncate(time.Minute)), nil
	}
	bucket, key, _ := CutURL(l.Source)
	etag := ""
	err = c.send("HeadObject").do(ctx, func(ctx context.Context) error {
		res, err := c.oss.HeadObject(ctx, &oss.HeadObjectRequest{Bucket: &bucket, Key: &key, RequestPayer: text(payer)})
		if err == nil {
			etag = oss.ToString(res.ETag)
		}
		return err
	})
	switch {
	case Is(err, KindNotFound), hasCode(err, "NoSuchBucket"):
		return "its source was deleted", nil
	case Is(err, KindPermanent):
		return "", nil // who collects may not read it
	case err != nil:
		return "", err
	case !sameETag(etag, l.ETag):
		return "its source is another version by now", nil
	}
	return "", nil
}

// Remove aborts the upload, if it is one, and deletes its state object. It fails where
// OSS is still working on parts of the upload, which keep it open.
func (c *Collector) Remove(ctx context.Context, l *Leftover) error {
	gone, err := c.shelf().remove(ctx, l.saved, payer)
	if err == nil && !gone {
		return errors.New("OSS is still copying parts of the upload: run gc again later")
	}
	return err
}

func (c *Collector) send(op string) sending { return c.shelf().send(op) }
