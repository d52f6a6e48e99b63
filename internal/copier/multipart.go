package copier

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"afterput/rules"
)

// mostBegun is how many uploads one copy begins at most: others may end its upload,
// by completing or aborting it, as often as they like.
const mostBegun = 3

// multipart makes the copy in parts: Initiate, or going on with what an earlier
// attempt left, then UploadPartCopy for every part, ListParts to verify what arrived,
// Complete. When it returns, the upload is completed, aborted, or remembered for a next
// attempt that can go on with it.
func (r *run) multipart(ctx context.Context) (Outcome, error) {
	head, err := r.src.Head()
	if err != nil {
		return Outcome{}, err
	}
	if err := r.conditions(head); err != nil {
		return Outcome{}, err
	}
	for begun := 1; ; begun++ {
		out, resumed, err := r.inParts(ctx, head)
		if resumed && Is(err, KindDamaged) && begun < mostBegun {
			continue // by parts of an earlier attempt
		}
		missing := hasCode(err, "PartsMissing") // somebody aborted it while parts were under way, which kept it open
		if !missing && !Is(err, KindNoSuchUpload) {
			return out, err
		}
		out, due, err := r.overtaken(ctx, err)
		if !due || missing && begun > 1 || begun == mostBegun {
			return out, err
		}
	}
}

// conditionFails is the message about a source that the rule does not want.
const conditionFails = "a copy-source condition of the rule does not hold"

// conditions says which condition of the rule's own the source does not meet, before
// anything is begun for it.
func (r *run) conditions(head rules.Head) error {
	none, since := r.plan.CopySourceIfNoneMatch, r.plan.CopySourceIfModifiedSince
	unmodified := r.plan.CopySourceIfUnmodifiedSince
	switch {
	case !unmodified.IsZero() && head.LastModified.After(unmodified):
		return refusal(KindSuperseded, "HeadObject", "PreconditionFailed", conditionFails)
	case none != "" && sameETag(none, head.ETag),
		// A time counts only without an ETag, and only if it is over.
		none == "" && !since.IsZero() && !since.After(time.Now()) && !head.LastModified.After(since):
		return refusal(KindNotModified, "HeadObject", "PreconditionFailed", conditionFails)
	}
	return nil
}

// inParts makes the copy with one upload; resumed says that it is of an earlier attempt.
func (r *run) inParts(ctx context.Context, head rules.Head) (out Outcome, resumed bool, err error) {
	up, err := r.begin(ctx, head)
	switch {
	case Is(err, KindExists) && r.mayBeOurs(), Is(err, KindImmutable):
		out, err = r.protected(ctx, MethodUploadPartCopy, err)
		return out, false, err
	case err != nil:
		return Outcome{}, false, err
	}
	defer func() { r.end(ctx, up, err) }()
	err = Safely("multipart", func() error {
		if err := r.copyParts(ctx, up); err != nil {
			return err
		}
		var err error
		out, err = r.finish(ctx, up, head)
		return err
	})
	out.Parts, out.Bytes, out.SourceVersionID = up.layout.count, head.Size, head.VersionID
	return out, up.resumed, err
}

// overtaken decides what it means that the upload is gone: somebody else has completed
// or aborted it. The destination may be right by now, or the source another version;
// due says that it is neither, so that the copy has to be begun anew.
func (r *run) overtaken(ctx context.Context, cause error) (out Outcome, due bool, err error) {
	r.slow.Store(true)
	out, there, err := r.landedSince(ctx, MethodUploadPartCopy, time.Time{})
	if there || err != nil {
		out.Outcome = Unchanged
		return out, false, err
	}
	head, _, err := r.src.look(ctx)
	switch {
	case isLink(head, err):
		return Outcome{}, false, r.src.becameLink()
	case err != nil:
		return Outcome{}, false, err
	case !sameETag(head.ETag, r.src.pinned()):
		return Outcome{}, false, r.src.superseded(head)
	}
	return Outcome{}, true, cause
}

// begin finds the upload that an earlier attempt left, or initiates one.
func (r *run) begin(ctx context.Context, head rules.Head) (*upload, error) {
	var tags []rules.Pair
	var saved []*savedUpload
	reads, readCtx := errgroup.WithContext(ctx)
	reads.Go(func() error {
		return Safely("tags", func() (err error) { tags, err = r.wantedTags(); return err })
	})
	reads.Go(func() error {
		return Safely("state", func() (err error) { saved, err = r.savedUploads(readCtx); return err })
	})
	if err := reads.Wait(); err != nil {
		return nil, err
	}
	headers, meta := r.wanted(head)
	request := r.initiateRequest(headers, meta, tags)
	digest := digestOf(request, r.plan.ObjectACL)
	up, err := r.goOn(ctx, saved, head, digest)
	if up != nil || err != nil {
		return up, err
	}
	return r.initiate(ctx, request, head, digest)
}

// goOn resumes the first of the saved uploads that is one of this very copy, and
// removes those that nobody needs any more; nil if there is none to go on with. A newer
// version's is left alone.
func (r *run) goOn(ctx context.Context, saved []*savedUpload, head rules.Head, digest string) (*upload, error) {
	var found *upload
	for _, s := range saved {
		switch {
		case s.Single: // not an upload
		case s.ETag == head.ETag && s.Digest == digest && s.Size == head.Size:
			if found != nil {
				r.leftover = append(r.leftover, s)
				continue
			}
			up, err := r.resume(ctx, s)
			if err != nil {
				return nil, err
			}
			if found = up; up == nil {
				_ = r.shelf().forget(ctx, s) // it names an upload that is gone
			}
		case !s.Modified.After(head.LastModified):
			r.remove(ctx, s)
		}
	}
	return found, nil
}

// remove ends an upload that nobody needs. What cannot be removed now does no harm to
// the copy, and stays named.
func (r *run) remove(ctx context.Context, s *savedUpload) {
	_, _ = r.shelf().remove(ctx, s, r.plan.RequestPayer)
}

// clearAway removes what an earlier attempt at this copy left behind when it was
// killed, if the copy turns out to need it no more: the destination is right
// already, or the source is another version by now. Whoever copies in parts
// finds and uses it (see begin), so that only those ends have to look.
func (r *run) clearAway(ctx context.Context, end Result) {
	size, known := r.src.Size()
	if !r.src.Retried || end != Unchanged && end != Superseded || r.opts.State.Off || r.unpinned || r.onItself() ||
		known && size <= r.opts.SingleCopyLimit {
		return
	}
	ctx, cancel := r.tidying(ctx)
	defer cancel()
	_ = Safely("clear away", func() error {
		saved, err := r.savedUploads(ctx)
		for _, s := range saved {
			// Those of another version are for its own event.
			if sameETag(s.ETag, r.src.pinned()) {
				r.remove(ctx, s)
			}
		}
		return err
	})
}
