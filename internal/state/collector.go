package state

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/osscall"
)

// payer is sent with the requests of a [Collector], which does not know whose the
// buckets are; only a state object is deleted as whoever wrote it paid. It counts where
// requesters pay, and has no effect elsewhere.
const payer = "requester"

// Leftover is a multipart upload of the engine's own that a state object names, or a
// CopyObject that was not answered.
type Leftover struct {
	Upload
	// Why is why no attempt will resume it; "" for one that may still be resumed.
	Why string

	object *Object
}

// CollectorOSS is what a [Collector] asks of the service. *oss.Client is one.
type CollectorOSS interface {
	OSS
	HeadObject(context.Context, *oss.HeadObjectRequest, ...func(*oss.Options)) (*oss.HeadObjectResult, error)
}

// Collector finds and removes the uploads that killed invocations left in a bucket, and
// the state objects of CopyObjects. It knows them by their state objects alone, and
// touches no other upload.
type Collector struct {
	oss   CollectorOSS
	store Store
}

// NewCollector returns a Collector that sends its requests through client.
func NewCollector(client CollectorOSS, at Location) *Collector {
	call := func(op string) osscall.Call { return osscall.Call{Op: op, Limit: osscall.LookTime} }
	return &Collector{oss: client, store: Store{OSS: client, At: at, Call: call}}
}

// Find gives every upload and CopyObject to bucket that a state object names, in the
// order of the state objects' names. An upload counts as left if it is gone, if its
// source is another version by now, or if it was begun longer than age ago, a CopyObject
// only by its age: Function Compute gives events up after a time, and then nobody
// resumes it.
func (c *Collector) Find(ctx context.Context, bucket string, age time.Duration) ([]Leftover, error) {
	if c.store.At.Off {
		return nil, nil
	}
	var found []Leftover
	err := c.store.list(ctx, c.store.At.bucketOf(bucket), c.store.At.prefix(), payer, func(names []name) (bool, error) {
		for _, n := range names {
			o, err := c.store.read(ctx, n, payer)
			if err != nil {
				return false, err
			}
			if o == nil || o.Bucket != bucket {
				continue
			}
			l := Leftover{Upload: o.Upload, object: o}
			if l.Why, err = c.judge(ctx, o.Upload, age); err != nil {
				return false, err
			}
			found = append(found, l)
		}
		return true, nil
	})
	return found, err
}

// judge says why nobody will resume an upload, "" if somebody may.
func (c *Collector) judge(ctx context.Context, u Upload, age time.Duration) (string, error) {
	old := time.Since(u.Started)
	if u.Single {
		if old > age {
			return fmt.Sprintf("a CopyObject sent %s ago", old.Truncate(time.Minute)), nil
		}
		return "", nil
	}
	u.RequestPayer = payer
	_, err := c.store.listParts(ctx, u, 0, 1)
	if osscall.Is(err, osscall.KindNoSuchUpload) {
		return "the upload is gone, only its state object is left", nil
	}
	if err != nil {
		return "", err
	}
	if old > age {
		return fmt.Sprintf("begun %s ago", old.Truncate(time.Minute)), nil
	}
	return c.judgeSource(ctx, u)
}

// judgeSource says why the source of an upload keeps everybody from resuming it.
func (c *Collector) judgeSource(ctx context.Context, u Upload) (string, error) {
	bucket, key, _ := osscall.CutURL(u.Source)
	etag := ""
	err := c.store.Call("HeadObject").Do(ctx, func(ctx context.Context) error {
		res, err := c.oss.HeadObject(ctx, &oss.HeadObjectRequest{
			Bucket: &bucket, Key: &key, RequestPayer: osscall.Optional(payer)})
		if err == nil {
			etag = oss.ToString(res.ETag)
		}
		return err
	})
	switch {
	case osscall.Is(err, osscall.KindNotFound), osscall.HasCode(err, "NoSuchBucket"):
		return "its source was deleted", nil
	case osscall.Is(err, osscall.KindPermanent):
		return "", nil // who collects may not read it
	case err != nil:
		return "", err
	case !osscall.SameETag(etag, u.ETag):
		return "its source is another version by now", nil
	}
	return "", nil
}

// Remove aborts the upload, if it is one, and deletes its state object. It fails where
// OSS is still working on parts of the upload, which keep it open.
func (c *Collector) Remove(ctx context.Context, l *Leftover) error {
	gone, err := c.store.Remove(ctx, l.object, payer)
	if err == nil && !gone {
		return errors.New("OSS is still copying parts of the upload: run gc again later")
	}
	return err
}
