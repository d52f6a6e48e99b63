package copier

import (
	"context"
	"time"

	"afterput/internal/osscall"
)

// Within one bucket, one CopyObject may copy an object so large that the request outlasts its
// invocation and continues inside OSS, which has no way to ask whether it does. So an invocation
// that ends before the response leaves a state object, and the next attempt checks the
// destination every awaitEvery, until awaitMore after the expected end of the request, but for at
// most awaitMost: the request may never have arrived.
const (
	awaitMore  = 30 * time.Second
	awaitMost  = 10 * time.Minute
	awaitEvery = 5 * time.Second
)

// mayOutlast reports whether one CopyObject may take longer than the invocation.
func (c *copying) mayOutlast() bool {
	size, known := c.src.Size()
	return known && size > c.copier.opts.SingleCopyLimit && !c.unpinned && !c.copier.opts.State.Off
}

// rememberSingle writes a state object if a CopyObject that was sent at began has ended with err
// without a response, since it may still be running.
func (c *copying) rememberSingle(ctx context.Context, began time.Time, err error) {
	if !c.mayOutlast() || !osscall.Is(err, osscall.KindStopped) && !osscall.Is(err, osscall.KindLost) {
		return
	}
	ctx, cancel := c.tidying.Begin(ctx)
	defer cancel()
	// If it cannot be written, the next attempt sends the CopyObject again.
	u := c.stateOf()
	u.ETag, u.Single, u.Started = c.src.ETag(), true, began.UTC()
	_ = c.store().Write(ctx, c.store().New(u))
}

// awaitEarlier waits for the CopyObject that an earlier attempt may have left running, so that a
// second one is not sent while it is. landed reports that the copy has landed.
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

// await checks the destination for a copy that was sent at a time, for as long as it may take.
func (c *copying) await(ctx context.Context, sent time.Time) (out Outcome, landed bool, err error) {
	size, _ := c.src.Size()
	for until := sent.Add(min(transferTime(size)+awaitMore, awaitMost)); !landed && time.Now().Before(until); {
		if !osscall.Sleep(ctx, awaitEvery) {
			return out, false, osscall.Stopped(ctx, "CopyObject")
		}
		out, landed, err = c.arrivedSince(ctx, MethodCopyObject, time.Time{})
		if err != nil && !isForbidden(err) { // without the right to check it waits all the same
			return out, false, err
		}
	}
	return out, landed, nil
}
