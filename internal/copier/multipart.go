package copier

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"afterput/internal/osscall"
	"afterput/internal/state"
	"afterput/rules"
)

// mostBegun is how many uploads one copy begins at most: others may complete or abort each of
// them.
const mostBegun = 3

// multipart makes the copy in parts: Initiate, or resuming the upload of an earlier attempt, then
// UploadPartCopy for every part, ListParts to verify them, Complete. When it returns, the upload
// is completed, aborted, or named by a state object so that the next attempt can resume it.
func (c *copying) multipart(ctx context.Context) (Outcome, error) {
	head, err := c.src.Head()
	if err != nil {
		return Outcome{}, err
	}
	if err := c.conditions(head); err != nil {
		return Outcome{}, err
	}
	for begun := 1; ; begun++ {
		out, resumed, err := c.inParts(ctx, head)
		if (resumed || c.streams()) && osscall.Is(err, osscall.KindDamaged) && begun < mostBegun {
			continue // parts of an earlier attempt are damaged, or became so on their way through this process
		}
		// Parts are missing if somebody aborted the upload while others, which keep it open, were
		// being copied.
		if !osscall.HasCode(err, "PartsMissing") && !osscall.Is(err, osscall.KindNoSuchUpload) {
			return out, err
		}
		out, again, err := c.uploadGone(ctx, err)
		if !again || begun == mostBegun {
			return out, err
		}
	}
}

// inPartsBy is the method of a copy in parts.
func (c *copying) inPartsBy() string {
	if c.streams() {
		return MethodStream
	}
	return MethodUploadPartCopy
}

// conditionFails is the message about a source that does not meet the rule's conditions.
const conditionFails = "a copy-source condition of the rule is not met"

// conditions fails if the source does not meet the rule's own conditions, before an upload is
// begun for it.
func (c *copying) conditions(head rules.Head) error {
	none, since := c.plan.CopySourceIfNoneMatch, c.plan.CopySourceIfModifiedSince
	unmodified := c.plan.CopySourceIfUnmodifiedSince
	switch {
	case !unmodified.IsZero() && head.LastModified.After(unmodified):
		return osscall.NewError(osscall.KindSuperseded, "HeadObject", "PreconditionFailed", conditionFails)
	case none != "" && osscall.SameETag(none, head.ETag),
		// OSS ignores if-modified-since beside if-none-match, and a time in the future.
		none == "" && !since.IsZero() && !since.After(time.Now()) && !head.LastModified.After(since):
		return osscall.NewError(osscall.KindNotModified, "HeadObject", "PreconditionFailed", conditionFails)
	}
	return nil
}

// inParts makes the copy with one upload. resumed reports that an earlier attempt began it.
func (c *copying) inParts(ctx context.Context, head rules.Head) (out Outcome, resumed bool, err error) {
	up, err := c.begin(ctx, head)
	switch {
	case osscall.Is(err, osscall.KindExists) && c.mayBeOurs(), osscall.Is(err, osscall.KindImmutable):
		out, err = c.resolveProtected(ctx, c.inPartsBy(), err)
		return out, false, err
	case err != nil:
		return Outcome{}, false, err
	}
	c.tidying = osscall.Tidying{} // that of the upload before may be used up
	defer func() { c.leave(ctx, up, err) }()
	err = osscall.Safely("multipart", func() error {
		if err := c.copyParts(ctx, up); err != nil {
			return err
		}
		var err error
		out, err = c.finish(ctx, up, head)
		return err
	})
	out.Parts, out.Bytes, out.SourceVersionID = up.parts, head.Size, head.VersionID
	return out, up.resumed, err
}

// uploadGone decides what it means that the upload is gone, since somebody else completed or
// aborted it. The destination may already be as the rule wants it, or the source may be another
// version now; again reports that neither is so, and that another upload has to be begun.
func (c *copying) uploadGone(ctx context.Context, cause error) (out Outcome, again bool, err error) {
	c.slow.Store(true)
	out, there, err := c.arrivedSince(ctx, c.inPartsBy(), time.Time{})
	if there || err != nil {
		out.Result = Unchanged
		return out, false, err
	}
	head, _, err := c.src.headNow(ctx)
	switch {
	case IsLink(head, err):
		err = c.src.becameLink()
	case err == nil && !osscall.SameETag(head.ETag, c.src.ETag()):
		err = c.src.superseded(head)
	case err == nil:
		return Outcome{}, true, cause
	}
	if c.unanswered && osscall.Is(err, osscall.KindSuperseded) {
		err = osscall.NewError(osscall.KindLost, "CompleteMultipartUpload", "NoAnswer", "the response was lost, and "+
			"the source is another version now: this copy may have replaced that of the newer one; the next attempt "+
			"makes that good")
	}
	return Outcome{}, false, err
}

// begin resumes the upload that an earlier attempt left, or initiates one.
func (c *copying) begin(ctx context.Context, head rules.Head) (*upload, error) {
	var tags []rules.Pair
	var found []*state.Object
	reads, readCtx := errgroup.WithContext(ctx)
	reads.Go(func() error {
		return osscall.Safely("tags", func() (err error) { tags, err = c.tagsToSet(); return err })
	})
	reads.Go(func() error {
		return osscall.Safely("state", func() (err error) { found, err = c.findState(readCtx); return err })
	})
	if err := reads.Wait(); err != nil {
		return nil, err
	}
	headers, meta := c.headersAndMeta(head)
	request := c.initiateRequest(headers, meta, tags)
	digest := digestOf(request, c.plan.ObjectACL)
	up, err := c.resumeFound(ctx, found, head, digest)
	if up != nil || err != nil {
		return up, err
	}
	return c.initiate(ctx, request, head, digest)
}

// resumeFound resumes the first of the found uploads that has the same source version and
// attributes as this copy, and removes those that nobody needs any more. It returns nil if there
// is none to resume. The upload of a newer version is left alone. If the one to resume is gone, it fails with
// KindNoSuchUpload the first time: the process that was killed may have completed it after the destination was read.
func (c *copying) resumeFound(
	ctx context.Context, found []*state.Object, head rules.Head, digest string,
) (up *upload, err error) {
	var gone error
	for _, o := range found {
		switch {
		case o.Single: // not an upload
		case o.ETag == head.ETag && o.Digest == digest && o.Size == head.Size:
			if up != nil {
				c.obsolete = append(c.obsolete, o)
				continue
			}
			up, err = c.resume(ctx, o)
			switch {
			case osscall.Is(err, osscall.KindDamaged):
				c.remove(ctx, o)
			case osscall.Is(err, osscall.KindNoSuchUpload):
				_ = c.store().Forget(ctx, o)
				gone = err
			case err != nil:
				return nil, err
			}
		case !o.Modified.After(head.LastModified):
			c.remove(ctx, o)
		}
	}
	if gone != nil && up == nil && !c.uploadWasGone {
		c.uploadWasGone = true
		return nil, gone
	}
	return up, nil
}

// stateOf is what a state object says of each attempt at this copy.
func (c *copying) stateOf() state.Upload {
	return state.Upload{Bucket: c.plan.Bucket, Key: c.plan.Key, Source: c.src.URL(),
		SourceVersion: c.src.Object.VersionID, RequestPayer: c.plan.RequestPayer, Remote: c.plan.Remote}
}

// foundState is the result of findState.
type foundState struct {
	objects []*state.Object
	err     error
}

// findStateAhead calls findState before it is needed.
func (c *copying) findStateAhead(ctx context.Context) {
	var found foundState
	found.err = osscall.Safely("state", func() (err error) { found.objects, err = c.findState(ctx); return err })
	c.found = &found
}

// findState finds the state objects of earlier attempts at this copy, and of copies of other
// versions of its source to its destination.
func (c *copying) findState(ctx context.Context) ([]*state.Object, error) {
	if ahead := c.found; ahead != nil {
		c.found = nil
		return ahead.objects, ahead.err
	}
	return c.store().Find(ctx, c.stateOf())
}

// remove aborts an upload that nobody needs. One that cannot be removed now does no harm to the
// copy, and keeps its state object.
func (c *copying) remove(ctx context.Context, o *state.Object) {
	_, _ = c.store().Remove(ctx, o, c.plan.RequestPayer)
}

// clearAway removes the upload that an earlier attempt at this copy left when it was killed, if
// the copy does not need it any more: the destination already is as the rule wants it, or the
// source is another version now. A copy with another result has found the upload itself (see
// begin), if it needed one.
func (c *copying) clearAway(ctx context.Context, result Result) {
	size, known := c.src.Size()
	mayBeInParts := !c.unpinned && !c.onItself() && !(known && size <= c.copier.opts.SingleCopyLimit)
	if !c.src.Retried || result != Unchanged && result != Superseded || c.copier.opts.State.Off || !mayBeInParts {
		return
	}
	ctx, cancel := c.tidying.Begin(ctx)
	defer cancel()
	_ = osscall.Safely("clear away", func() error {
		found, err := c.findState(ctx)
		for _, o := range found {
			// The upload of another version is left to the attempts at its own event.
			if osscall.SameETag(o.ETag, c.src.ETag()) {
				c.remove(ctx, o)
			}
		}
		return err
	})
}
