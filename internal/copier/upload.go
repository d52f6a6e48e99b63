package copier

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"sync/atomic"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/osscall"
	"afterput/internal/state"
	"afterput/rules"
)

// upload is a multipart upload of this copy. It ends in one of three ways: completed,
// aborted, or open and named by its state object. See docs/design.md, "Stopping and
// going on".
type upload struct {
	*state.Object // its state object, which is written unless Options.State is off
	layout        layout
	have          map[int]bool // parts that OSS holds already

	resumed    bool // an earlier attempt has begun it
	stored     bool // the state object is written
	written    bool // its writing has been attempted: it may be written
	gone       bool // OSS has said that the upload does not exist any more
	completing bool // Complete has been sent
	verified   bool // every part is there, and they are the source

	unanswered atomic.Int64 // requests for parts that OSS may still be working on
}

// initiate begins an upload.
func (c *copying) initiate(
	ctx context.Context, request *oss.InitiateMultipartUploadRequest, head rules.Head, digest string,
) (*upload, error) {
	up := &upload{layout: c.layout(head.Size)}
	id := ""
	err := c.repeatable("InitiateMultipartUpload").Do(ctx, func(ctx context.Context) error {
		res, err := c.copier.oss.InitiateMultipartUpload(ctx, request)
		if err == nil {
			id = oss.ToString(res.UploadId)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	up.Object = c.store().New(state.Upload{
		Bucket: c.plan.Bucket, Key: c.plan.Key, UploadID: id,
		Source: c.src.URL(), ETag: head.ETag, Modified: head.LastModified, Digest: digest,
		Size: head.Size, PartSize: up.layout.part, Started: time.Now().UTC(), RequestPayer: c.plan.RequestPayer,
	})
	return up, nil
}

// resume takes over an upload of an earlier attempt; nil if it is gone.
func (c *copying) resume(ctx context.Context, o *state.Object) (*upload, error) {
	parts, err := c.store().Parts(ctx, o.Upload)
	if osscall.Is(err, osscall.KindNoSuchUpload) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	up := &upload{Object: o, layout: cut(o.Size, o.PartSize), resumed: true, stored: true, written: true}
	up.noteParts(parts)
	return up, nil
}

// noteParts takes note of the parts that OSS lists, but for those of another length.
func (up *upload) noteParts(parts []oss.Part) {
	up.have = make(map[int]bool, len(parts))
	for _, p := range parts {
		n := int(p.PartNumber)
		if n <= up.layout.count && p.Size == up.layout.length(n) {
			up.have[n] = true
		}
	}
}

// writeState writes the state object of a new upload. That it cannot be written for now
// costs nothing but what a next attempt could resume; that it may not be is an error.
func (c *copying) writeState(ctx context.Context, up *upload) error {
	if c.copier.opts.State.Off || up.stored {
		return nil
	}
	up.written = true
	err := c.store().Write(ctx, up.Object)
	up.stored = err == nil
	if osscall.Is(err, osscall.KindPermanent) {
		up.written = false
		return err
	}
	return nil
}

// endUpload cleans up after the copy ended with err, on a time of its own: that is
// needed most when the invocation's is up.
func (c *copying) endUpload(ctx context.Context, up *upload, err error) {
	ctx, cancel := c.tidying.Begin(ctx)
	defer cancel()
	if up.stored && !up.gone && up.resumable(err, c.plan.ForbidOverwrite) {
		return
	}
	if !up.gone && !up.stored && up.written && up.unanswered.Load() > 0 { // it may outlive its abort
		half := osscall.TidyTime / 2 // the abort needs time too
		if deadline, ok := ctx.Deadline(); ok {
			half = time.Until(deadline) / 2
		}
		first, cancel := context.WithTimeout(ctx, half)
		up.stored = c.store().Write(first, up.Object) == nil
		cancel()
	}
	if (up.gone || c.abortWhole(ctx, up)) && up.written {
		_ = c.store().Forget(ctx, up.Object)
	}
	if err == nil {
		for _, o := range c.useless {
			c.remove(ctx, o)
		}
	}
}

// resumable reports whether a next attempt can resume where err stopped this one. One
// whose parts are all there can in any case: if what is refused is to complete it, the
// next attempt need not copy them to be refused again. (forbid is the rule's own
// forbid-overwrite: then an object that is there does not fail the copy.)
func (up *upload) resumable(err error, forbid bool) bool {
	if osscall.HasCode(err, "PartsMissing") {
		return false
	}
	for _, kind := range []osscall.Kind{osscall.KindStopped, osscall.KindUnsent, osscall.KindThrottled, osscall.KindLost, osscall.KindRenew, osscall.KindPanic} {
		if osscall.Is(err, kind) {
			return true
		}
	}
	return up.verified && (osscall.Is(err, osscall.KindPermanent) || osscall.Is(err, osscall.KindImmutable) || osscall.Is(err, osscall.KindExists) && !forbid)
}

// abortWhole aborts an upload of this copy, and reports whether it is certain to be
// gone. Parts that OSS is still working on keep it open (source: OSS API reference,
// AbortMultipartUpload): this copy's that were not answered, or those of another that
// has found the upload by its state object. So it is aborted until there is none left.
func (c *copying) abortWhole(ctx context.Context, up *upload) bool {
	for pause := time.Duration(0); ; pause = max(2*pause, osscall.FirstPause) {
		gone, err := c.store().Abort(ctx, up.Upload)
		switch {
		case osscall.Is(err, osscall.KindPanic): // not sent: once more
		case err != nil:
			return false
		case gone || !up.written && up.unanswered.Load() == 0:
			return true
		}
		if !osscall.Sleep(ctx, pause) {
			return false
		}
	}
}

// digestOf is a digest of all that the destination gets beside its content: an
// upload that was begun with other headers must not be resumed.
func digestOf(v ...any) string {
	content, err := json.Marshal(v)
	if err != nil {
		panic(err) // plain structs of text
	}
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:16])
}
