package copier

import "context"

// clearAway removes what an earlier try at this copy left behind when it was
// killed, if the copy turns out to need it no more: the destination is right
// already, or the source is another version by now. Whoever copies in parts
// finds and uses it (see begin), so that only those ends have to look.
func (r *run) clearAway(ctx context.Context, end Result) {
	size := r.src.Object.Size
	if !r.src.Retried || end != Unchanged && end != Superseded || r.opts.State.Off ||
		size.Known && size.Value <= r.opts.SingleCopyLimit {
		return
	}
	ctx, cancel := tidying(ctx)
	defer cancel()
	saved, err := r.loadState(ctx)
	if err != nil || saved == nil || !sameETag(saved.ETag, r.src.pinned()) {
		return // none, or one of another version: that is for its own event
	}
	if r.abort(ctx, saved.UploadID) == nil {
		r.dropState(ctx)
	}
}
