package copier

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
)

// Lister is what finding leftovers asks of the service beside [OSS].
type Lister interface {
	OSS
	ListObjectsV2(context.Context, *oss.ListObjectsV2Request, ...func(*oss.Options)) (*oss.ListObjectsV2Result, error)
}

// Leftover is a multipart upload of the engine's own that is still open.
type Leftover struct {
	SavedUpload
	// Why is why no try will go on with it; "" for one that may still be resumed.
	Why string

	stateBucket, stateKey string
}

// Collector finds and removes the uploads that killed invocations left in a
// bucket. It knows them by their state objects alone, and touches no other upload.
type Collector struct {
	oss   Lister
	state State
	sent  atomic.Int64
}

// NewCollector returns a Collector that sends its requests through client.
func NewCollector(client Lister, state State) *Collector {
	return &Collector{oss: client, state: state}
}

// Find gives every upload to bucket that a state object names, in the order of
// the state objects' names. An upload counts as left if it is gone, if its source
// is another version by now, or if it was begun longer than age ago: Function
// Compute gives events up after a time, and then nobody resumes it.
func (c *Collector) Find(ctx context.Context, bucket string, age time.Duration) ([]Leftover, error) {
	if c.state.Off {
		return nil, nil
	}
	stateBucket, _ := c.state.at(bucket, "")
	prefix := c.state.prefix()
	var found []Leftover
	for token := (*string)(nil); ; {
		var page *oss.ListObjectsV2Result
		err := c.send("ListObjectsV2").do(ctx, func(ctx context.Context) (err error) {
			page, err = c.oss.ListObjectsV2(ctx, &oss.ListObjectsV2Request{Bucket: &stateBucket, Prefix: &prefix, ContinuationToken: token, MaxKeys: 1000})
			return err
		})
		if err != nil {
			return nil, err
		}
		for _, o := range page.Contents {
			l, err := c.read(ctx, stateBucket, oss.ToString(o.Key))
			if err != nil {
				return nil, err
			}
			if l == nil || l.Bucket != bucket {
				continue
			}
			if l.Why, err = c.judge(ctx, l, age); err != nil {
				return nil, err
			}
			found = append(found, *l)
		}
		if !page.IsTruncated {
			return found, nil
		}
		token = page.NextContinuationToken
	}
}

// read reads one state object; nil if it is none, or gone.
func (c *Collector) read(ctx context.Context, bucket, key string) (*Leftover, error) {
	l := &Leftover{stateBucket: bucket, stateKey: key}
	err := c.send("GetObject").do(ctx, func(ctx context.Context) error {
		res, err := c.oss.GetObject(ctx, &oss.GetObjectRequest{Bucket: &bucket, Key: &key})
		if err != nil {
			return err
		}
		defer res.Body.Close()
		text, err := io.ReadAll(io.LimitReader(res.Body, maxState))
		if err == nil && json.Unmarshal(text, &l.SavedUpload) != nil {
			l.UploadID = ""
		}
		return err
	})
	if Is(err, KindNotFound) || err == nil && l.UploadID == "" {
		return nil, nil
	}
	return l, err
}

// judge says why nobody will go on with an upload, "" if somebody may.
func (c *Collector) judge(ctx context.Context, l *Leftover, age time.Duration) (string, error) {
	err := c.send("ListParts").do(ctx, func(ctx context.Context) error {
		_, err := c.oss.ListParts(ctx, &oss.ListPartsRequest{Bucket: &l.Bucket, Key: &l.Key, UploadId: &l.UploadID, MaxParts: 1})
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
	bucket, key, _ := strings.Cut(strings.TrimPrefix(l.Source, "oss://"), "/")
	etag := ""
	err = c.send("HeadObject").do(ctx, func(ctx context.Context) error {
		res, err := c.oss.HeadObject(ctx, &oss.HeadObjectRequest{Bucket: &bucket, Key: &key})
		if err == nil {
			etag = oss.ToString(res.ETag)
		}
		return err
	})
	switch {
	case Is(err, KindNotFound):
		return "its source was deleted", nil
	case err != nil:
		return "", err
	case !sameETag(etag, l.ETag):
		return "its source is another version by now", nil
	}
	return "", nil
}

// Remove aborts the upload and deletes its state object.
func (c *Collector) Remove(ctx context.Context, l *Leftover) error {
	err := c.send("AbortMultipartUpload").do(ctx, func(ctx context.Context) error {
		_, err := c.oss.AbortMultipartUpload(ctx, &oss.AbortMultipartUploadRequest{Bucket: &l.Bucket, Key: &l.Key, UploadId: &l.UploadID})
		return err
	})
	if err != nil && !Is(err, KindNoSuchUpload) {
		return err
	}
	return c.send("DeleteObject").do(ctx, func(ctx context.Context) error {
		_, err := c.oss.DeleteObject(ctx, &oss.DeleteObjectRequest{Bucket: &l.stateBucket, Key: &l.stateKey})
		return err
	})
}

func (c *Collector) send(op string) sending {
	return sending{op: op, limit: lookTime, sent: &c.sent}
}
