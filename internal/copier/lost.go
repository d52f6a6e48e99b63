package copier

import (
	"context"
	"time"

	"afterput/internal/osscall"
	"afterput/rules"
)

// findLost checks whether the copy of a request has landed that was sent at since and whose
// response was lost; more than once if the request may still be running inside OSS. It returns
// cause if the copy has not landed. An object put there before since proves nothing.
func (c *copying) findLost(ctx context.Context, method string, cause error, since time.Time) (Outcome, error) {
	c.slow.Store(true)
	for pause := time.Second; ; pause *= 3 {
		out, there, err := c.arrivedSince(ctx, method, since)
		if err != nil {
			return Outcome{}, lookFailed(cause, err)
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

// arrivedSince reports whether the destination is this copy, put there with method at since or
// later; a zero since means at any time. Tags that are removed after a CopyObject may still be
// on it.
func (c *copying) arrivedSince(ctx context.Context, method string, since time.Time) (Outcome, bool, error) {
	if c.unpinned {
		return c.matchesLink(ctx, since, c.src.Followed)
	}
	d, err := c.headDestination(ctx)
	if err != nil || !d.exists || !since.IsZero() && d.head.LastModified.Before(byOSS(d.answered, since)) {
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

// byOSS converts a moment of this process to OSS's clock, rounded down to the second as the times
// of objects are. answered is the time in a response that has just been received.
func byOSS(answered, moment time.Time) time.Time {
	return answered.Add(-time.Since(moment)).Truncate(time.Second)
}

// resolveProtected decides what it means that OSS refused with cause to overwrite the destination:
// if the destination is as the rule wants it, the copy has succeeded, whoever put it there.
func (c *copying) resolveProtected(ctx context.Context, method string, cause error) (Outcome, error) {
	out, there, err := c.arrivedSince(ctx, method, time.Time{})
	switch {
	case err != nil:
		return Outcome{}, lookFailed(cause, err)
	case !there:
		return Outcome{}, cause
	case c.slow.Load(): // a response was lost: this copy may have put it there
		out.Result, out.Method = Copied, method
	default:
		out.Result = Unchanged
	}
	return out, nil
}

// lookFailed adds to cause why it could not be checked whether the copy landed, which may be what
// has to be fixed.
func lookFailed(cause, why error) error {
	if osscall.Is(why, osscall.KindPanic) {
		return why
	}
	e := *osscall.Classify("copy", cause)
	e.Message += "; could not check whether the copy landed: " + why.Error()
	return &e
}

// mayBeOurs reports whether a destination that OSS refuses to overwrite may be this copy, made by
// this attempt or an earlier one; or, without the rule's forbid-overwrite, by anybody.
func (c *copying) mayBeOurs() bool {
	return c.slow.Load() || c.src.Retried || !c.plan.ForbidOverwrite
}

// headAfterCopy gives what HeadObject shows of the source after a copy of it was sent.
func (s *Source) headAfterCopy(ctx context.Context) (rules.Head, error) {
	if _, before := s.head.known(); before {
		h, _, err := s.headNow(ctx)
		return h, err
	}
	return s.Head()
}

// putAfter reports whether the source, last put at modified, was put again after its event, or
// after a copy of it was sent if the event has no time. Then the copy may be of what was there
// before, even if the content is the same.
func (s *Source) putAfter(modified, sent time.Time) bool {
	if !s.Object.Time.IsZero() {
		return modified.After(s.Object.Time)
	}
	return modified.After(sent)
}
