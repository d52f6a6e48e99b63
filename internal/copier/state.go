package copier

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/rules"
)

// DefaultStatePrefix is where, in a destination's bucket, state objects are
// kept.
const DefaultStatePrefix = ".afterput/"

// State says where interrupted large copies are remembered. The zero value is
// the destination's own bucket under [DefaultStatePrefix].
type State struct {
	Bucket string // "" is the destination's
	Prefix string // "" is DefaultStatePrefix
	Off    bool   // remember nothing: every upload that is not completed is aborted
}

// ParseState reads AFTERPUT_STATE: oss://BUCKET/PREFIX/, off, or "" for the
// default. The error begins with a verb, to follow the name of what was given.
func ParseState(v string) (State, error) {
	const maxKey = 1023 // bytes. Source: OSS, object naming conventions.
	switch {
	case v == "":
		return State{}, nil
	case v == "off":
		return State{Off: true}, nil
	case strings.EqualFold(v, "off"):
		return State{}, fmt.Errorf("is %q; want off, in lower case", v)
	}
	bucket, prefix, ok := CutURL(v)
	if !ok || bucket == "" || prefix == "" {
		return State{}, fmt.Errorf("is %q; want off, or oss://BUCKET/PREFIX/ such as oss://my-state/afterput/", v)
	}
	if err := rules.CheckBucket(bucket); err != nil {
		return State{}, fmt.Errorf("is %q; want off, or oss://BUCKET/PREFIX/: %w", v, err)
	}
	s := State{Bucket: bucket, Prefix: prefix}
	_, key := s.at("", "")
	switch {
	case strings.HasPrefix(prefix, "/"), strings.Contains(prefix, "//"):
		return State{}, fmt.Errorf("is %q; want a prefix without empty parts: one slash after the bucket and between the parts",
			v)
	case strings.HasPrefix(prefix, `\`):
		return State{}, fmt.Errorf("is %q; want a prefix that does not begin with a backslash, which OSS does not allow",
			v)
	case !strings.HasSuffix(prefix, "/"):
		return State{}, fmt.Errorf("is %q; want a prefix that ends with a slash: "+
			"write %s/, or objects whose keys begin with %q would not be copied", v, v, prefix)
	case len(key) > maxKey:
		return State{}, fmt.Errorf("is %q; want a shorter prefix: keys under it would have %d bytes, OSS takes %d",
			v, len(key), maxKey)
	}
	return s, nil
}

// CutURL splits oss://BUCKET/KEY; ok says that it begins like one.
func CutURL(s string) (bucket, key string, ok bool) {
	rest, ok := strings.CutPrefix(s, "oss://")
	bucket, key, _ = strings.Cut(rest, "/")
	return bucket, key, ok
}

// Holds reports whether an object is one of the engine's own.
func (s State) Holds(bucket, key string) bool {
	if s.Off || s.Bucket != "" && s.Bucket != bucket {
		return false
	}
	return strings.HasPrefix(key, s.prefix())
}

func (s State) prefix() string {
	if s.Prefix == "" {
		return DefaultStatePrefix
	}
	return s.Prefix
}

// at gives where the state of a copy to bucket and key is kept: one object a
// destination, so that any later copy to it finds what an earlier one left.
func (s State) at(bucket, key string) (stateBucket, stateKey string) {
	name := sha256.Sum256([]byte(bucket + "/" + key))
	if s.Bucket != "" {
		bucket = s.Bucket
	}
	return bucket, s.prefix() + hex.EncodeToString(name[:16]) + ".json"
}

// SavedUpload is the content of a state object: a multipart upload of ours, and
// all that decides whether a later try may go on with it.
type SavedUpload struct {
	Bucket   string    `json:"bucket"` // destination
	Key      string    `json:"key"`
	UploadID string    `json:"upload_id"`
	Source   string    `json:"source"` // oss://bucket/key
	ETag     string    `json:"etag"`   // of the source
	Digest   string    `json:"digest"` // of all that was sent on Initiate and will be on Complete
	Size     int64     `json:"size"`
	PartSize int64     `json:"part_size"`
	Started  time.Time `json:"started"`
}

// maxState bounds the state object that is read back; it holds two names of
// 1,023 bytes at the most.
const maxState = 64 << 10

// loadState reads the state object of this copy's destination, nil if there is
// none or it is none of ours.
func (r *run) loadState(ctx context.Context) (*SavedUpload, error) {
	if r.opts.State.Off {
		return nil, nil
	}
	bucket, key := r.opts.State.at(r.plan.Bucket, r.plan.Key)
	var saved *SavedUpload
	err := r.look("GetObject").do(ctx, func(ctx context.Context) error {
		res, err := r.oss.GetObject(ctx, &oss.GetObjectRequest{Bucket: &bucket, Key: &key})
		if err != nil {
			return err
		}
		defer res.Body.Close()
		text, err := io.ReadAll(io.LimitReader(res.Body, maxState))
		if err != nil {
			return err
		}
		saved = new(SavedUpload)
		if json.Unmarshal(text, saved) != nil || saved.Bucket != r.plan.Bucket || saved.Key != r.plan.Key {
			saved = nil
		}
		return nil
	})
	if Is(err, KindNotFound) {
		return nil, nil
	}
	return saved, stateError(err, bucket, key)
}

// saveState remembers the upload, for whoever comes after this invocation. It
// reports false where the state object names another upload, of somebody who is
// copying to the same place now: overwritten, nobody would know of that one.
func (r *run) saveState(ctx context.Context, s *SavedUpload) (saved bool, err error) {
	content, err := json.Marshal(s)
	if err != nil {
		return false, err
	}
	bucket, key := r.opts.State.at(r.plan.Bucket, r.plan.Key)
	request := oss.PutObjectRequest{Bucket: &bucket, Key: &key, ContentType: text("application/json"), ForbidOverwrite: text("true")}
	put := func(ctx context.Context) error {
		again := request
		again.Body = bytes.NewReader(content)
		_, err := r.oss.PutObject(ctx, &again)
		return err
	}
	if err = r.look("PutObject").do(ctx, put); Is(err, KindExists) {
		var there *SavedUpload
		if there, err = r.loadState(ctx); err != nil || there != nil {
			return err == nil && there.UploadID == s.UploadID, err
		}
		request.ForbidOverwrite = nil // nothing that could be read
		err = r.look("PutObject").do(ctx, put)
	}
	return err == nil, stateError(err, bucket, key)
}

// dropState forgets the upload. What stays behind if that fails does no harm:
// it names an upload that is gone.
func (r *run) dropState(ctx context.Context) {
	bucket, key := r.opts.State.at(r.plan.Bucket, r.plan.Key)
	_ = r.look("DeleteObject").do(ctx, func(ctx context.Context) error {
		_, err := r.oss.DeleteObject(ctx, &oss.DeleteObjectRequest{Bucket: &bucket, Key: &key})
		return err
	})
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
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // plain structs of text
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16])
}
