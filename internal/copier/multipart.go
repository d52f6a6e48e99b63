package copier

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"afterput/internal/osscall"
	"afterput/internal/state"
	"afterput/rules"
)

// mostBegun is how many uploads one copy begins at most: others may end its upload,
// by completing or aborting it, as often as they like.
const mostBegun = 3

// multipart makes the copy in parts: Initiate, or going on with what an earlier
// attempt left, then UploadPartCopy for every part, ListParts to verify what arrived,
// Complete. When it returns, the upload is completed, aborted, or remembered for a next
// attempt that can go on with it.
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
		if resumed && osscall.Is(err, osscall.KindDamaged) && begun < mostBegun {
			continue // by parts of an earlier attempt
		}
		missing := osscall.HasCode(err, "PartsMissing") // somebody aborted it while parts were under way, which kept it open
		if !missing && !osscall.Is(err, osscall.KindNoSuchUpload) {
			return out, err
		}
		out, due, err := c.uploadGone(ctx, err)
		if !due || missing && begun > 1 || begun == mostBegun {
			return out, err
		}
	}
}

// conditionFails is the message about a source that the rule does not want.
const conditionFails = "a copy-source condition of the rule does not hold"

// conditions says which condition of the rule's own the source does not meet, before
// anything is begun for it.
func (c *copying) conditions(head rules.Head) error {
	none, since := c.plan.CopySourceIfNoneMatch, c.plan.CopySourceIfModifiedSince
	unmodified := c.plan.CopySourceIfUnmodifiedSince
	switch {
	case !unmodified.IsZero() && head.LastModified.After(unmodified):
		return osscall.NewError(osscall.KindSuperseded, "HeadObject", "PreconditionFailed", conditionFails)
	case none != "" && osscall.SameETag(none, head.ETag),
		// A time counts only without an ETag, and only if it is over.
		none == "" && !since.IsZero() && !since.After(time.Now()) && !head.LastModified.After(since):
		return osscall.NewError(osscall.KindNotModified, "HeadObject", "PreconditionFailed", conditionFails)
	}
	return nil
}

// inParts makes the copy with one upload; resumed says that it is of an earlier attempt.
func (c *copying) inParts(ctx context.Context, head rules.Head) (out Outcome, resumed bool, err error) {
	up, err := c.begin(ctx, head)
	switch {
	case osscall.Is(err, osscall.KindExists) && c.mayBeOurs(), osscall.Is(err, osscall.KindImmutable):
		out, err = c.resolveProtected(ctx, MethodUploadPartCopy, err)
		return out, false, err
	case err != nil:
		return Outcome{}, false, err
	}
	defer func() { c.endUpload(ctx, up, err) }()
	err = osscall.Safely("multipart", func() error {
		if err := c.copyParts(ctx, up); err != nil {
			return err
		}
		var err error
		out, err = c.finish(ctx, up, head)
		return err
	})
	out.Parts, out.Bytes, out.SourceVersionID = up.layout.count, head.Size, head.VersionID
	return out, up.resumed, err
}

// overtaken decides what it means that the upload is gone: somebody else has completed
// or aborted it. The destination may be right by now, or the source another version;
// due says that it is neither, so that the copy has to be begun anew.
func (c *copying) uploadGone(ctx context.Context, cause error) (out Outcome, due bool, err error) {
	c.slow.Store(true)
	out, there, err := c.arrivedSince(ctx, MethodUploadPartCopy, time.Time{})
	if there || err != nil {
		out.Result = Unchanged
		return out, false, err
	}
	head, _, err := c.src.headNow(ctx)
	switch {
	case isLink(head, err):
		return Outcome{}, false, c.src.becameLink()
	case err != nil:
		return Outcome{}, false, err
	case !osscall.SameETag(head.ETag, c.src.ETag()):
		return Outcome{}, false, c.src.superseded(head)
	}
	return Outcome{}, true, cause
}

// begin finds the upload that an earlier attempt left, or initiates one.
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

// resumeFound resumes the first of the uploads found that is one of this very copy, and
// removes those that nobody needs any more; nil if there is none to resume. A newer
// version's is left alone.
func (c *copying) resumeFound(
	ctx context.Context, found []*state.Object, head rules.Head, digest string,
) (up *upload, err error) {
	for _, o := range found {
		switch {
		case o.Single: // not an upload
		case o.ETag == head.ETag && o.Digest == digest && o.Size == head.Size:
			if up != nil {
				c.useless = append(c.useless, o)
				continue
			}
			if up, err = c.resume(ctx, o); err != nil {
				return nil, err
			}
			if up == nil {
				_ = c.store().Forget(ctx, o) // it names an upload that is gone
			}
		case !o.Modified.After(head.LastModified):
			c.remove(ctx, o)
		}
	}
	return up, nil
}

// findState gives what state objects name of earlier attempts at this copy, or at copies
// of other versions of its source to its destination.
func (c *copying) findState(ctx context.Context) ([]*state.Object, error) {
	return c.store().Find(ctx, c.plan.Bucket, c.plan.Key, c.src.URL(), c.plan.RequestPayer)
}

// remove ends an upload that nobody needs. What cannot be removed now does no harm to
// the copy, and keeps its state object.
func (c *copying) remove(ctx context.Context, o *state.Object) {
	_, _ = c.store().Remove(ctx, o, c.plan.RequestPayer)
}

// clearAway removes what an earlier attempt at this copy left behind when it was
// killed, if the copy turns out to need it no more: the destination is right
// already, or the source is another version by now. Whoever copies in parts
// finds and uses it (see begin), so that only those ends have to look.
func (c *copying) clearAway(ctx context.Context, end Result) {
	size, known := c.src.Size()
	if !c.src.Retried || end != Unchanged && end != Superseded || c.copier.opts.State.Off || c.unpinned || c.onItself() ||
		known && size <= c.copier.opts.SingleCopyLimit {
		return
	}
	ctx, cancel := c.tidying.Begin(ctx)
	defer cancel()
	_ = osscall.Safely("clear away", func() error {
		found, err := c.findState(ctx)
		for _, o := range found {
			// Those of another version are for its own event.
			if osscall.SameETag(o.ETag, c.src.ETag()) {
				c.remove(ctx, o)
			}
		}
		return err
	})
}
