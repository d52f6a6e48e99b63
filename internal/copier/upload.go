package copier

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/osscall"
	"afterput/internal/state"
	"afterput/rules"
)

// upload is a multipart upload of this copy. In the end it is completed, aborted, or open and named
// by its state object. See docs/design.md, "Stopping and resuming".
type upload struct {
	*state.Object // its state object, which is written unless Options.State is off
	grid          grid
	gaps          []span // what OSS does not have yet, as of the last list of its parts
	parts         int    // how many that listed
	places        int    // how many parts are in flight at once at most

	resumed    bool // an earlier attempt began it
	stored     bool // the state object is written
	written    bool // the state object may be written: PutObject was sent
	gone       bool // the upload does not exist any more, OSS has answered
	completing bool // Complete has been sent
	verified   bool // the parts were complete and equal to the source

	unanswered atomic.Int64 // requests for parts that OSS may still be working on
	sent       sync.Map     // the CRC-64 of the content that was sent, as text, by sentPart; only of streamed copies
}

// sentPart is the number and the length of a part. All requests for it send the same content.
type sentPart struct {
	number int32
	length int64
}

// isDamaged reports whether OSS lists a part with other content than was sent: a request that was given up may have
// stored it after the one that succeeded.
func (up *upload) isDamaged(p oss.Part) bool {
	sent, known := up.sent.Load(sentPart{p.PartNumber, p.Size})
	listed := oss.ToString(p.HashCRC64)
	return known && listed != "" && listed != sent
}

// initiate begins an upload with InitiateMultipartUpload.
func (c *copying) initiate(
	ctx context.Context, request *oss.InitiateMultipartUploadRequest, head rules.Head, digest string,
) (*upload, error) {
	up := &upload{grid: c.copier.opts.gridOf(head.Size)}
	up.gaps = []span{{0, up.grid.units()}}
	id := ""
	err := c.repeatable("InitiateMultipartUpload").Do(ctx, func(ctx context.Context) error {
		res, err := c.to.oss.InitiateMultipartUpload(ctx, request)
		if err == nil {
			id = oss.ToString(res.UploadId)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	u := c.stateOf()
	u.UploadID, u.Started = id, time.Now().UTC()
	u.ETag, u.Modified, u.Digest = head.ETag, head.LastModified, digest
	u.Size, u.PartSize = head.Size, up.grid.unit
	up.Object = c.store().New(u)
	return up, nil
}

// resume gives the upload of an earlier attempt. It fails with KindNoSuchUpload if that is gone.
func (c *copying) resume(ctx context.Context, o *state.Object) (*upload, error) {
	parts, err := c.store().Parts(ctx, o.Upload)
	if err != nil {
		return nil, err
	}
	up := &upload{Object: o, grid: gridFrom(o.Size, o.PartSize), resumed: true, stored: true, written: true}
	if err := up.noteParts(parts); err != nil {
		return nil, err
	}
	return up, nil
}

// noteParts records what the parts that OSS lists cover.
func (up *upload) noteParts(parts []oss.Part) error {
	gaps, ok := up.grid.gaps(slices.DeleteFunc(slices.Clone(parts), up.isDamaged))
	if !ok {
		return damaged("OSS lists %d parts, whose numbers are not those of this copy", len(parts))
	}
	up.gaps, up.parts = gaps, len(parts)
	return nil
}

// writeState writes the state object of a new upload. If it cannot be written now, the only loss is
// that the next attempt cannot resume the upload. That it must not be written is an error.
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

// leave calls endUpload; if [Source.Later] says so, once the copy has returned that has landed and no longer needs its
// upload.
func (c *copying) leave(ctx context.Context, up *upload, err error) {
	if err != nil || !c.src.Later {
		c.endUpload(ctx, up, err)
		return
	}
	left := c.copier.copying(c.ctx, c.src, c.plan) // its requests are not among those of this copy, which is reported
	left.obsolete = c.obsolete
	src := c.src.first()
	src.left.Go(func() {
		err := osscall.Safely("clean up", func() error { left.endUpload(ctx, up, nil); return nil })
		if err != nil {
			left.panicked.Store(osscall.Classify("clean up", err))
		}
		src.include(left.requests.Load(), left.panicked.Load())
	})
}

// endUpload cleans up after the copy ended with err. It has time of its own, since cleaning up is
// needed most when the invocation has run out of time.
func (c *copying) endUpload(ctx context.Context, up *upload, err error) {
	ctx, cancel := c.tidying.Begin(ctx)
	defer cancel()
	keep := !up.gone && up.resumable(err, c.plan.ForbidOverwrite)
	// What is copied must not be lost because the copy was stopped while its state was being written. And parts that
	// OSS still works on may outlive the abort.
	if !up.gone && !up.stored && up.written && (keep || up.unanswered.Load() > 0) {
		c.storeLate(ctx, up)
	}
	if keep && up.stored {
		return
	}
	if (up.gone || c.abortWhole(ctx, up)) && up.written {
		_ = c.store().Forget(ctx, up.Object)
	}
	if err == nil {
		for _, o := range c.obsolete {
			c.remove(ctx, o)
		}
	}
}

// storeLate writes the state object of an upload that may stay open, in half of the time for the
// clean-up: the abort needs the rest.
func (c *copying) storeLate(ctx context.Context, up *upload) {
	half := osscall.TidyTime / 2
	if deadline, ok := ctx.Deadline(); ok {
		half = time.Until(deadline) / 2
	}
	ctx, cancel := context.WithTimeout(ctx, half)
	defer cancel()
	up.stored = c.store().Write(ctx, up.Object) == nil
}

// resumable reports whether the next attempt can resume the upload after err stopped this one. It
// can always resume one whose parts are verified: if Complete was refused, it need not copy them
// to be refused again. forbid is the rule's own forbid-overwrite, with which an existing
// destination does not fail the copy.
func (up *upload) resumable(err error, forbid bool) bool {
	if err == nil || osscall.HasCode(err, "PartsMissing") {
		return false
	}
	switch osscall.Classify("copy", err).Kind {
	case osscall.KindStopped, osscall.KindUnsent, osscall.KindThrottled, osscall.KindLost, osscall.KindRenew,
		osscall.KindPanic:
		return true
	case osscall.KindPermanent, osscall.KindImmutable:
		return up.verified
	case osscall.KindExists:
		return up.verified && !forbid
	}
	return false
}

// abortWhole aborts an upload of this copy, and reports whether it is certain to be gone. Parts that
// OSS is still working on keep it open (source: OSS API reference, AbortMultipartUpload): parts
// of this copy that were not answered, or of another invocation that has found the upload by its
// state object. So the abort is repeated until OSS answers that there is no such upload.
func (c *copying) abortWhole(ctx context.Context, up *upload) bool {
	for pause := time.Duration(0); ; pause = max(2*pause, osscall.FirstPause) {
		gone, err := c.store().Abort(ctx, up.Upload)
		switch {
		case osscall.Is(err, osscall.KindPanic): // not sent: try again
		case err != nil:
			return false
		case gone || !up.written && up.unanswered.Load() == 0:
			return true
		}
		if !up.stored && up.written { // it could not be written before: one of the two must succeed
			once, cancel := context.WithTimeout(ctx, osscall.TidyLimit)
			up.stored = c.store().Write(once, up.Object) == nil
			cancel()
		}
		if !osscall.Sleep(ctx, pause) {
			return false
		}
	}
}

// digestOf is a digest of all that the destination gets in addition to its content. An upload that
// was begun with other headers must not be resumed.
func digestOf(v ...any) string {
	content, err := json.Marshal(v)
	if err != nil {
		panic(err) // v are structs of text, which never fail
	}
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:16])
}
