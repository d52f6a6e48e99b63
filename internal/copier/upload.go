package copier

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/rules"
)

// upload is a multipart upload of this copy. It ends in one of three ways: completed,
// aborted, or open and named by its state object. See docs/design.md, "Stopping and
// going on".
type upload struct {
	id     string
	layout layout
	have   map[int]bool // parts that OSS holds already

	resumed  bool         // an earlier attempt has begun it
	saved    *savedUpload // its state object, nil where none is to be written
	stored   bool         // the state object is there
	written  bool         // its writing has been tried: it may be there
	gone     bool         // OSS has said that the upload does not exist any more
	complete bool         // Complete has been sent
	verified bool         // every part is there, and they are the source

	unanswered atomic.Int64 // requests for parts that OSS may still be working on
}

// initiate begins an upload.
func (r *run) initiate(
	ctx context.Context, request *oss.InitiateMultipartUploadRequest, head rules.Head, digest string,
) (*upload, error) {
	up := &upload{layout: r.layout(head.Size)}
	err := r.look("InitiateMultipartUpload").do(ctx, func(ctx context.Context) error {
		res, err := r.oss.InitiateMultipartUpload(ctx, request)
		if err == nil {
			up.id = oss.ToString(res.UploadId)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if !r.opts.State.Off {
		saved := SavedUpload{
			Bucket: r.plan.Bucket, Key: r.plan.Key, UploadID: up.id,
			Source: r.src.url(), ETag: head.ETag, Modified: head.LastModified, Digest: digest,
			Size: head.Size, PartSize: up.layout.part, Started: time.Now().UTC(), RequestPayer: r.plan.RequestPayer,
		}
		up.saved = &savedUpload{SavedUpload: saved, at: r.opts.State.at(saved)}
	}
	return up, nil
}

// resume goes on with an upload of an earlier attempt; nil if it is gone.
func (r *run) resume(ctx context.Context, saved *savedUpload) (*upload, error) {
	parts, err := r.listParts(ctx, saved.UploadID)
	if Is(err, KindNoSuchUpload) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	up := &upload{id: saved.UploadID, layout: cut(saved.Size, saved.PartSize), resumed: true,
		saved: saved, stored: true, written: true}
	up.holds(parts)
	return up, nil
}

// holds takes note of the parts that OSS lists, but for those of another length.
func (up *upload) holds(parts []oss.Part) {
	up.have = make(map[int]bool, len(parts))
	for _, p := range parts {
		n := int(p.PartNumber)
		if n <= up.layout.count && p.Size == up.layout.length(n) {
			up.have[n] = true
		}
	}
}

// remember writes the state object of a new upload. That it cannot be written for now
// costs nothing but what a next attempt could go on with; that it may not be is for the
// user to know.
func (r *run) remember(ctx context.Context, up *upload) error {
	if up.saved == nil || up.stored {
		return nil
	}
	up.written = true
	err := r.shelf().write(ctx, up.saved)
	up.stored = err == nil
	if Is(err, KindPermanent) {
		up.written = false
		return stateError(err, up.saved.at.bucket, up.saved.at.key)
	}
	return nil
}

// end tidies up after the copy ended with err, on a time of its own: that is
// needed most when the invocation's is up.
func (r *run) end(ctx context.Context, up *upload, err error) {
	ctx, cancel := r.tidying(ctx)
	defer cancel()
	if up.stored && !up.gone && up.resumable(err, r.plan.ForbidOverwrite) {
		return
	}
	if !up.gone && !up.stored && up.written && up.unanswered.Load() > 0 { // it may outlive its abort
		half := tidyTime / 2 // the abort needs time too
		if deadline, ok := ctx.Deadline(); ok {
			half = time.Until(deadline) / 2
		}
		first, cancel := context.WithTimeout(ctx, half)
		up.stored = r.shelf().write(first, up.saved) == nil
		cancel()
	}
	if (up.gone || r.abortWhole(ctx, up)) && up.written {
		_ = r.shelf().forget(ctx, up.saved)
	}
	if err == nil {
		for _, s := range r.leftover {
			r.remove(ctx, s)
		}
	}
}

// resumable reports whether a next attempt can go on where err stopped this one. One
// whose parts are all there can in any case: if what is refused is to complete it, the
// next attempt need not copy them to be refused again. (forbid is the rule's own
// forbid-overwrite: then an object that is there does not fail the copy.)
func (up *upload) resumable(err error, forbid bool) bool {
	if hasCode(err, "PartsMissing") {
		return false
	}
	for _, kind := range []Kind{KindStopped, KindUnsent, KindThrottled, KindLost, KindRenew, KindPanic} {
		if Is(err, kind) {
			return true
		}
	}
	return up.verified && (Is(err, KindPermanent) || Is(err, KindImmutable) || Is(err, KindExists) && !forbid)
}

// abortWhole aborts an upload of this copy, and reports whether it is certain to be
// gone. Parts that OSS is still working on keep it open (source: OSS API reference,
// AbortMultipartUpload): this copy's that were not answered, or those of another that
// has found the upload by its state object. So it is aborted until there is none left.
func (r *run) abortWhole(ctx context.Context, up *upload) bool {
	for pause := time.Duration(0); ; pause = max(2*pause, firstPause) {
		gone, err := r.shelf().abort(ctx, r.plan.Bucket, r.plan.Key, up.id, r.plan.RequestPayer)
		switch {
		case Is(err, KindPanic): // not sent: once more
		case err != nil:
			return false
		case gone || !up.written && up.unanswered.Load() == 0:
			return true
		}
		if !sleep(ctx, pause) {
			return false
		}
	}
}
