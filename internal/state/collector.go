package state

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/osscall"
	"afterput/rules"
)

// payer is the x-oss-request-payer of a [Collector]'s requests. A Collector does not know who pays
// for requests to a bucket; the header has no effect where its owner does. Only the deletion of a
// state object has the payer that its writing had.
const payer = "requester"

// Leftover is a multipart upload of the engine's own that a state object names, or a
// CopyObject that was not answered.
type Leftover struct {
	Upload
	// Why is why no attempt will resume it; "" for one that may still be resumed.
	Why string

	object *Object // the state object that names it
}

// CollectorOSS is what a [Collector] asks of the service. *oss.Client is one.
type CollectorOSS interface {
	OSS
	HeadObject(context.Context, *oss.HeadObjectRequest, ...func(*oss.Options)) (*oss.HeadObjectResult, error)
}

// Collector finds and removes the uploads and the state objects that killed invocations left. It
// finds uploads by their state objects alone, and touches no others.
type Collector struct {
	oss   CollectorOSS
	store Store
}

// NewCollector returns a Collector of the state objects at a location. client is the one for sources and for a
// location with a bucket of its own; to is how the bucket that Find looks at is reached, and remote returns the
// client for others that such a bucket names.
func NewCollector(client CollectorOSS, at Location, to rules.Remote, remote func(rules.Remote) *oss.Client) *Collector {
	call := func(op string) osscall.Call { return osscall.Call{Op: op, Limit: osscall.LookTime} }
	c := &Collector{oss: client, store: Store{OSS: client, At: at, Call: call}}
	switch {
	case at.Bucket != "":
		c.store.Uploads = func(to rules.Remote) (OSS, error) {
			if to == (rules.Remote{}) {
				return client, nil
			}
			return remote(to), nil
		}
	case to.Role != "": // the state objects are beside the uploads
		c.store.OSS, c.store.As = remote(to), to.Role
	}
	return c
}

// Find returns every upload and CopyObject to bucket that a state object names, in the order of
// the state objects' keys. An upload is left over if it is gone, if its source is another
// version now or deleted, or if it was begun longer than age ago; a CopyObject only if it was
// sent longer than age ago. Function Compute gives events up after some time, and then no attempt
// resumes the copy.
func (c *Collector) Find(ctx context.Context, bucket string, age time.Duration) ([]Leftover, error) {
	if c.store.At.Off {
		return nil, nil
	}
	var found []Leftover
	at := c.store.At
	err := c.store.list(ctx, at.bucketOf(bucket), at.prefix(), payer, func(names []name) (bool, error) {
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

// judge says why no attempt will resume an upload, "" if one may.
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

// judgeSource says why no attempt will resume an upload, by what became of its source.
func (c *Collector) judgeSource(ctx context.Context, u Upload) (string, error) {
	bucket, key, _ := osscall.CutURL(u.Source)
	etag := ""
	err := c.store.Call("HeadObject").Do(ctx, func(ctx context.Context) error {
		res, err := c.oss.HeadObject(ctx, &oss.HeadObjectRequest{
			Bucket: &bucket, Key: &key, VersionId: osscall.Optional(u.SourceVersion),
			RequestPayer: osscall.Optional(payer)})
		if err == nil {
			etag = oss.ToString(res.ETag)
		}
		return err
	})
	switch {
	case osscall.Is(err, osscall.KindNotFound), osscall.HasCode(err, "NoSuchBucket"):
		return "its source was deleted", nil
	case osscall.Is(err, osscall.KindPermanent):
		return "", nil // the right to read the source is missing here
	case err != nil:
		return "", err
	case !osscall.SameETag(etag, u.ETag):
		return "its source is another version now", nil
	}
	return "", nil
}

// Remove aborts the upload, if it is one, and deletes its state object. It fails if OSS is still
// working on parts of the upload, which keep it open.
func (c *Collector) Remove(ctx context.Context, l *Leftover) error {
	gone, err := c.store.Remove(ctx, l.object, payer)
	if err == nil && !gone {
		return errors.New("OSS is still copying parts of the upload; run gc again later")
	}
	return err
}
