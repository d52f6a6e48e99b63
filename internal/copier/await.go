package copier

import (
	"context"
	"time"

	"afterput/internal/osscall"
	"afterput/internal/state"
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
func (c *copying) mayOutlast() bool {
	size, known := c.src.Size()
	return known && size > c.copier.opts.SingleCopyLimit && !c.unpinned && !c.copier.opts.State.Off
}

// rememberSingle leaves a state object where a CopyObject that began at a time ended
// without an answer, since it may still be running.
func (c *copying) rememberSingle(ctx context.Context, began time.Time, err error) {
	if !c.mayOutlast() || !osscall.Is(err, osscall.KindStopped) && !osscall.Is(err, osscall.KindLost) {
		return
	}
	ctx, cancel := c.tidying.Begin(ctx)
	defer cancel()
	// Without it the next attempt sends the copy anew.
	_ = c.store().Write(ctx, c.store().New(state.Upload{
		Bucket: c.plan.Bucket, Key: c.plan.Key, Source: c.src.URL(), ETag: c.src.ETag(),
		Single: true, Started: began.UTC(), RequestPayer: c.plan.RequestPayer,
	}))
}

// awaitEarlier waits for the copy that an earlier attempt may have left running: it is
// not sent a second time beside the first. landed says that it came.
func (c *copying) awaitEarlier(ctx context.Context) (out Outcome, landed bool, err error) {
	if !c.src.Retried || !c.mayOutlast() {
		return out, false, nil
	}
	found, err := c.findState(ctx)
	if err != nil {
		return out, false, err
	}
	for _, o := range found {
		if !o.Single || !osscall.SameETag(o.ETag, c.src.ETag()) {
			continue
		}
		if !landed {
			if out, landed, err = c.await(ctx, o.Started); err != nil {
				return out, false, err
			}
		}
		_ = c.store().Forget(ctx, o)
	}
	if !landed {
		return Outcome{}, false, nil
	}
	if c.dropsTags() {
		err = c.dropTags(ctx, osscall.Optional(out.VersionID))
	}
	out.Result, out.Method = Copied, MethodCopyObject
	return out, true, err
}

// await looks for a copy that was sent at a time, for as long as it may take.
func (c *copying) await(ctx context.Context, sent time.Time) (out Outcome, landed bool, err error) {
	size, _ := c.src.Size()
	for until := sent.Add(min(transferTime(size)+awaitMore, awaitMost)); !landed && time.Now().Before(until); {
		if !osscall.Sleep(ctx, awaitEvery) {
			return out, false, osscall.Stopped(ctx, "CopyObject")
		}
		out, landed, err = c.arrivedSince(ctx, MethodCopyObject, time.Time{})
		if err != nil && !hasNoRight(err) { // who may not look waits all the same
			return out, false, err
		}
	}
	return out, landed, nil
}
