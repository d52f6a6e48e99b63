package copier

import (
	"context"
	"time"

	"afterput/internal/osscall"
)

// findLost looks whether a request sent at since has landed whose answer was lost: more
// than once while it may still be running inside OSS. It returns cause if the copy has not
// landed. What was there before the request was sent proves nothing.
func (c *copying) findLost(ctx context.Context, method string, cause error, since time.Time) (Outcome, error) {
	c.slow.Store(true)
	for pause := time.Second; ; pause *= 3 {
		out, there, err := c.arrivedSince(ctx, method, since)
		if err != nil {
			return Outcome{}, unseen(cause, err)
		}
		if there {
			out.Result, out.Method = Copied, method
			return out, nil
		}
		if !osscall.Is(cause, osscall.KindLost) || pause > 3*time.Second || !osscall.Sleep(ctx, pause) {
			return Outcome{}, cause
		}
	}
}

// arrivedSince reports whether the destination holds the copy, put there with method at
// since or later; a since of zero is any time. Tags that are dropped after a CopyObject
// may still be there.
func (c *copying) arrivedSince(ctx context.Context, method string, since time.Time) (Outcome, bool, error) {
	if c.unpinned {
		return c.matchesLink(ctx, since, c.src.Followed)
	}
	d, err := c.headDestination(ctx)
	if err != nil || !d.there || !since.IsZero() && d.head.LastModified.Before(byOSS(d.answered, since)) {
		return Outcome{}, false, err
	}
	if !since.IsZero() {
		src, err := c.src.headAfterCopy(ctx)
		if err != nil || !osscall.SameETag(src.ETag, c.src.ETag()) ||
			c.src.putAfter(src.LastModified, byOSS(d.answered, since)) {
			return Outcome{}, false, err
		}
	}
	compare := c.matches
	if method == MethodCopyObject && c.dropsTags() {
		compare = c.matchesButForTags
	}
	there, err := compare(ctx, d.head)
	return outcomeAt(d.head), there, err
}

// byOSS is a moment of this process by OSS's clock, whose time an answer that just came
// has given, rounded down as the times of objects are.
func byOSS(answered, moment time.Time) time.Time {
	return answered.Add(-time.Since(moment)).Truncate(time.Second)
}

// resolveProtected decides what it means that the destination may not be overwritten: if
// it is what the rule wants, the copy has succeeded, whoever put it there.
func (c *copying) resolveProtected(ctx context.Context, method string, cause error) (Outcome, error) {
	out, there, err := c.arrivedSince(ctx, method, time.Time{})
	switch {
	case err != nil:
		return Outcome{}, unseen(cause, err)
	case !there:
		return Outcome{}, cause
	case c.slow.Load(): // an answer to this copy was lost: it may have put it there
		out.Result, out.Method = Copied, method
	default:
		out.Result = Unchanged
	}
	return out, nil
}

// unseen adds to cause why nobody could see whether its copy landed: that may be the
// thing to fix.
func unseen(cause, why error) error {
	if osscall.Is(why, osscall.KindPanic) {
		return why
	}
	e := *osscall.Classify("copy", cause)
	e.Message += "; whether the copy landed could not be seen: " + why.Error()
	return &e
}

// mayBeOurs reports whether an object that forbids to be overwritten may have
// been put there by this copy itself, or by an earlier attempt at it.
func (c *copying) mayBeOurs() bool {
	return c.slow.Load() || c.src.Retried || !c.plan.ForbidOverwrite
}
