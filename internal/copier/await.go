package copier

import (
	"context"
	"time"
)

// A CopyObject of a size that only a copy within one bucket takes in one request may
// outlast its invocation, and go on inside OSS. Whether it does cannot be asked. So an
// invocation that ends before its answer leaves a state object, and the next attempt
// looks for what it makes, for as long as is expected and awaitMore, but not longer than
// awaitMost: the request may never have arrived.
const (
	awaitMore  = 30 * time.Second
	awaitMost  = 10 * time.Minute
	awaitEvery = 5 * time.Second
)

// outlasts reports whether the copy may take longer than an invocation has.
func (r *run) outlasts() bool {
	size, known := r.src.Size()
	return known && size > r.opts.SingleCopyLimit && !r.unpinned && !r.opts.State.Off
}

// rememberSingle leaves a state object where a CopyObject that began at a time ended
// without an answer, since it may still be running.
func (r *run) rememberSingle(ctx context.Context, began time.Time, err error) {
	if !r.outlasts() || !Is(err, KindStopped) && !Is(err, KindLost) {
		return
	}
	ctx, cancel := r.tidying(ctx)
	defer cancel()
	saved := &savedUpload{SavedUpload: SavedUpload{
		Bucket: r.plan.Bucket, Key: r.plan.Key, Source: r.src.url(), ETag: r.src.pinned(),
		Single: true, Started: began.UTC(), RequestPayer: r.plan.RequestPayer,
	}}
	saved.at = r.opts.State.at(saved.SavedUpload)
	_ = r.shelf().write(ctx, saved) // without it the next attempt sends the copy anew
}

// awaitEarlier waits for the copy that an earlier attempt may have left running: it is
// not sent a second time beside the first. landed says that it came.
func (r *run) awaitEarlier(ctx context.Context) (out Outcome, landed bool, err error) {
	if !r.src.Retried || !r.outlasts() {
		return out, false, nil
	}
	all, err := r.savedUploads(ctx)
	if err != nil {
		return out, false, err
	}
	size, _ := r.src.Size()
	for _, s := range all {
		if !s.Single || !sameETag(s.ETag, r.src.pinned()) {
			continue
		}
		for until := s.Started.Add(min(moving(size)+awaitMore, awaitMost)); !landed && time.Now().Before(until); {
			if !sleep(ctx, awaitEvery) {
				return out, false, Classify("CopyObject", stopped(ctx))
			}
			// Who may not look at the destination waits all the same.
			if out, landed, err = r.landedSince(ctx, MethodCopyObject, time.Time{}); err != nil && !hasNoRight(err) {
				return out, false, err
			}
		}
		_ = r.shelf().forget(ctx, s)
	}
	if !landed {
		return Outcome{}, false, nil
	}
	if r.dropsTags() {
		err = r.dropTags(ctx, text(out.VersionID))
	}
	out.Outcome, out.Method = Copied, MethodCopyObject
	return out, true, err
}
