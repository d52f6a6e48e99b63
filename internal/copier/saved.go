package copier

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"slices"
	"sync/atomic"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
)

// A multipart upload of ours is remembered by a state object of its own. Its name
// begins with a hash of destination and source, so that any later copy from the source
// to the destination finds it by listing, and ends with the upload id, so that nobody
// writes or deletes another upload's: neither a copy beside this one, nor a request of
// this one that takes effect late. A CopyObject that was not answered is remembered in
// the same way (see await.go), under a name that ends with CopyObject.

// SavedUpload is the content of a state object: a multipart upload of ours, and
// all that decides whether a later attempt may go on with it.
type SavedUpload struct {
	Bucket   string    `json:"bucket"` // destination
	Key      string    `json:"key"`
	UploadID string    `json:"upload_id"`
	Source   string    `json:"source"`            // oss://bucket/key
	ETag     string    `json:"etag"`              // of the source
	Modified time.Time `json:"modified,omitzero"` // when the source was put
	Digest   string    `json:"digest"`            // of all that was sent on Initiate and will be on Complete
	Size     int64     `json:"size"`
	PartSize int64     `json:"part_size"`
	Started  time.Time `json:"started"`
	// Single says that this is not an upload but a CopyObject, sent at Started, which was
	// not answered before its invocation ended. It has no UploadID and no PartSize.
	Single       bool   `json:"single,omitempty"`
	RequestPayer string `json:"request_payer,omitempty"` // of requests about the destination
}

// savedUpload is a SavedUpload and the state object that holds it.
type savedUpload struct {
	SavedUpload
	at     stateObject
	resent bool // written more than once: in a bucket with versioning there may be two versions
}

// stateObject names a state object. The version is "" in a bucket without versioning;
// where it is known, deleting leaves neither the version nor a delete marker behind.
type stateObject struct{ bucket, key, version string }

// maxState bounds the state object that is read back; it holds two names of
// 1,023 bytes at the most.
const maxState = 64 << 10

// mostSaved bounds how many state objects one copy looks at.
const mostSaved = 16

// shelf reads and writes state objects. It serves copies and the [Collector].
type shelf struct {
	oss   OSS
	sent  *atomic.Int64
	limit time.Duration // of each attempt at a request
	// Of a copy, else nil:
	to       *service
	panicked *atomic.Pointer[Error]
}

func (s shelf) send(op string) sending {
	return sending{op: op, limit: s.limit, to: s.to, sent: s.sent, panicked: s.panicked}
}

// list gives the names of the state objects that begin with prefix, a page at a time,
// until page returns false.
func (s shelf) list(
	ctx context.Context, bucket, prefix, payer string, page func(keys []string) (more bool, err error),
) error {
	for token := (*string)(nil); ; {
		var res *oss.ListObjectsV2Result
		err := s.send("ListObjectsV2").do(ctx, func(ctx context.Context) (err error) {
			res, err = s.oss.ListObjectsV2(ctx, &oss.ListObjectsV2Request{
				Bucket: &bucket, Prefix: &prefix, ContinuationToken: token, MaxKeys: 1000, RequestPayer: text(payer)})
			return err
		})
		if err != nil {
			return err
		}
		keys := make([]string, len(res.Contents))
		for i, o := range res.Contents {
			keys[i] = oss.ToString(o.Key)
		}
		if more, err := page(keys); !more || err != nil || !res.IsTruncated {
			return err
		}
		next := oss.ToString(res.NextContinuationToken)
		if next == "" || next == oss.ToString(token) {
			return refusal(KindLost, "ListObjectsV2", "NoAnswer", "the page after %q does not move on", prefix)
		}
		token = &next
	}
}

// read reads a state object; nil where it is gone, or is not a state object.
func (s shelf) read(ctx context.Context, at stateObject, payer string) (*savedUpload, error) {
	saved := &savedUpload{at: at}
	err := s.send("GetObject").do(ctx, func(ctx context.Context) error {
		res, err := s.oss.GetObject(ctx, &oss.GetObjectRequest{
			Bucket: &at.bucket, Key: &at.key, RequestPayer: text(payer)})
		if err != nil {
			return err
		}
		defer res.Body.Close()
		content, err := io.ReadAll(io.LimitReader(res.Body, maxState))
		if err != nil {
			return err
		}
		saved.at.version = oss.ToString(res.VersionId)
		if json.Unmarshal(content, &saved.SavedUpload) != nil {
			saved.SavedUpload = SavedUpload{}
		}
		return nil
	})
	if Is(err, KindNotFound) || hasCode(err, "InvalidObjectState") ||
		err == nil && saved.UploadID == "" && !saved.Single {
		return nil, nil // gone, archived by the bucket it was written to, or somebody else's
	}
	return saved, err
}

// write remembers an upload. The object is readable by nobody else and at once,
// whatever the bucket's ACL and storage class.
func (s shelf) write(ctx context.Context, saved *savedUpload) error {
	content, err := json.Marshal(saved.SavedUpload)
	if err != nil {
		return err
	}
	sent := 0
	return s.send("PutObject").do(ctx, func(ctx context.Context) error {
		sent++
		saved.resent = sent > 1
		res, err := s.oss.PutObject(ctx, &oss.PutObjectRequest{
			Bucket: &saved.at.bucket, Key: &saved.at.key,
			Body: bytes.NewReader(content), ContentType: text("application/json"),
			StorageClass: oss.StorageClassStandard, Acl: oss.ObjectACLPrivate,
			RequestCommon: payerHeader(saved.RequestPayer),
		})
		if err == nil {
			saved.at.version = oss.ToString(res.VersionId)
		}
		return err
	})
}

// forget deletes a state object. Where that fails it does no harm: it names an upload
// that is gone, which the next copy from its source to its destination, or gc, finds out.
func (s shelf) forget(ctx context.Context, saved *savedUpload) error {
	for at := saved.at; ; {
		err := s.send("DeleteObject").do(ctx, func(ctx context.Context) error {
			_, err := s.oss.DeleteObject(ctx, &oss.DeleteObjectRequest{
				Bucket: &at.bucket, Key: &at.key, VersionId: text(at.version), RequestPayer: text(saved.RequestPayer)})
			return err
		})
		if err != nil || !saved.resent || at.version == "" {
			return err
		}
		before, err := s.read(ctx, stateObject{bucket: at.bucket, key: at.key}, saved.RequestPayer)
		if err != nil || before == nil || before.at.version == at.version {
			return err
		}
		at = before.at
	}
}

// remove aborts the upload, if it is one, and forgets it once it is certain to be gone;
// parts under way keep it open.
func (s shelf) remove(ctx context.Context, saved *savedUpload, payer string) (gone bool, err error) {
	if saved.Single {
		return true, s.forget(ctx, saved)
	}
	for range 2 { // the second finds out whether parts under way have kept it open
		if gone, err = s.abort(ctx, saved.Bucket, saved.Key, saved.UploadID, payer); err != nil {
			return false, err
		}
		if gone {
			return true, s.forget(ctx, saved)
		}
	}
	return false, nil
}

// abort removes an upload and its parts. gone says that there was none any more.
func (s shelf) abort(ctx context.Context, bucket, key, id, payer string) (gone bool, err error) {
	err = s.send("AbortMultipartUpload").do(ctx, func(ctx context.Context) error {
		_, err := s.oss.AbortMultipartUpload(ctx, &oss.AbortMultipartUploadRequest{
			Bucket: &bucket, Key: &key, UploadId: &id, RequestPayer: text(payer)})
		return err
	})
	if Is(err, KindNoSuchUpload) {
		return true, nil
	}
	return false, err
}

// payerHeader is x-oss-request-payer for the request that the SDK has no field for.
func payerHeader(payer string) oss.RequestCommon {
	if payer == "" {
		return oss.RequestCommon{}
	}
	return oss.RequestCommon{Headers: map[string]string{"x-oss-request-payer": payer}}
}

// bucketOf is the bucket in which the state objects of copies to a bucket are kept.
func (s State) bucketOf(bucket string) string { return cmp.Or(s.Bucket, bucket) }

// keysOf gives the bucket in which the state objects of copies of source to bucket and
// key are kept, and what their names begin with.
func (s State) keysOf(bucket, key, source string) (stateBucket, prefix string) {
	name := sha256.Sum256([]byte(bucket + "/" + key + "\n" + source))
	return s.bucketOf(bucket), s.prefix() + hex.EncodeToString(name[:16])
}

// at names the state object of an upload, or of a CopyObject.
func (s State) at(u SavedUpload) stateObject {
	bucket, prefix := s.keysOf(u.Bucket, u.Key, u.Source)
	name := url.PathEscape(u.UploadID)
	if u.Single {
		name = "CopyObject"
	}
	return stateObject{bucket: bucket, key: prefix + "." + name + ".json"}
}

func (r *run) shelf() shelf {
	limit := lookTime
	if !r.tidyBy.IsZero() {
		limit = tidyLimit
	}
	return shelf{oss: r.oss, sent: &r.requests, limit: limit, to: r.service, panicked: &r.panicked}
}

// savedUploads gives the uploads from this copy's source to its destination that state
// objects name, in the order of their names, at most [mostSaved].
func (r *run) savedUploads(ctx context.Context) ([]*savedUpload, error) {
	if r.opts.State.Off {
		return nil, nil
	}
	bucket, prefix := r.opts.State.keysOf(r.plan.Bucket, r.plan.Key, r.src.url())
	payer := r.plan.RequestPayer
	var keys []string
	err := r.shelf().list(ctx, bucket, prefix, payer, func(page []string) (bool, error) {
		keys = append(keys, page...)
		return len(keys) < mostSaved, nil
	})
	if Is(err, KindNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, stateError(err, bucket, prefix)
	}
	var all []*savedUpload
	for _, key := range keys[:min(len(keys), mostSaved)] {
		saved, err := r.shelf().read(ctx, stateObject{bucket: bucket, key: key}, payer)
		if err != nil {
			return nil, stateError(err, bucket, key)
		}
		ours := saved != nil && saved.Source == r.src.url() && saved.Bucket == r.plan.Bucket && saved.Key == r.plan.Key
		if ours {
			all = append(all, saved)
		}
	}
	slices.SortFunc(all, func(a, b *savedUpload) int { return cmp.Compare(a.UploadID, b.UploadID) })
	return all, nil
}

// stateError says which object it is about: users have never heard of it.
func stateError(err error, bucket, key string) error {
	if err == nil {
		return nil
	}
	e := *Classify("state", err)
	e.Message = fmt.Sprintf("remember the large copy in oss://%s/%s (AFTERPUT_STATE): %s", bucket, key, e.Message)
	return &e
}

// digestOf is a digest of all that the destination gets beside its content: an
// upload that was begun with other headers must not be gone on with.
func digestOf(v ...any) string {
	content, err := json.Marshal(v)
	if err != nil {
		panic(err) // plain structs of text
	}
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:16])
}
