package copier

import (
	"context"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/rules"
)

// destination is what stands, or does not, where the copy goes.
type destination struct {
	head     rules.Head
	there    bool
	hidden   bool      // it may not be read: a role need not have that right
	answered time.Time // by OSS's clock
}

// lookBefore reads the destination as it is before the copy, once.
func (r *run) lookBefore(ctx context.Context) (destination, error) {
	return r.before.get(func() (destination, error) { return r.headDestination(ctx) })
}

// headDestination is HeadObject of the destination. One that may not be read counts as
// not there.
func (r *run) headDestination(ctx context.Context) (destination, error) {
	d, err := r.askDestination(ctx)
	if hasNoRight(err) {
		return destination{hidden: true}, nil
	}
	return d, err
}

func (r *run) askDestination(ctx context.Context) (d destination, err error) {
	err = r.look("HeadObject").do(ctx, func(ctx context.Context) error {
		res, err := r.oss.HeadObject(ctx, &oss.HeadObjectRequest{
			Bucket: &r.plan.Bucket, Key: &r.plan.Key, RequestPayer: r.payer()})
		if err == nil {
			d = destination{head: headOf(res), there: true, answered: dateOf(res.ResultCommon)}
		}
		return err
	})
	if Is(err, KindNotFound) || hasCode(err, "SymlinkTargetNotExist") { // no object, or a link to none
		return destination{}, nil
	}
	return d, err
}

// standing looks whether the destination already is what the rule wants, so that it
// need not be written.
func (r *run) standing(ctx context.Context) (out Outcome, stands bool, err error) {
	if r.unpinned {
		out, stands, err = r.landedLink(ctx, time.Time{}, r.src.Followed)
	} else {
		var before destination
		if before, err = r.lookBefore(ctx); err == nil && before.there {
			stands, err = r.landed(ctx, before.head)
			out = outcomeAt(before.head)
		}
	}
	if hasNoRight(err) { // to compare: copying needs others, and says what it lacks
		return Outcome{}, false, nil
	}
	if err != nil || !stands {
		return Outcome{}, false, err
	}
	out.Outcome = Unchanged
	return out, true, nil
}

// hasNoRight reports whether a look was refused for good. A bucket that does not exist is
// another matter: whatever follows would fail too.
func hasNoRight(err error) bool { return Is(err, KindPermanent) && !hasCode(err, "NoSuchBucket") }

// landedAfterAll looks whether a CopyObject sent at since has landed whose answer does
// not say, more than once while it may still be running inside OSS, and returns cause
// if it has not. What was there before it was sent is not it, and says nothing of it.
func (r *run) landedAfterAll(ctx context.Context, method string, cause error, since time.Time) (Outcome, error) {
	r.slow.Store(true)
	for pause := time.Second; ; pause *= 3 {
		out, there, err := r.landedSince(ctx, method, since)
		if err != nil {
			return Outcome{}, unseen(cause, err)
		}
		if there {
			out.Outcome, out.Method = Copied, method
			return out, nil
		}
		if !Is(cause, KindLost) || pause > 3*time.Second || !sleep(ctx, pause) {
			return Outcome{}, cause
		}
	}
}

// landedSince reports whether the destination holds the copy, put there with method at
// since or later; a since of zero is any time. Tags that are dropped after a CopyObject
// may still be there.
func (r *run) landedSince(ctx context.Context, method string, since time.Time) (Outcome, bool, error) {
	if r.unpinned {
		return r.landedLink(ctx, since, r.src.Followed)
	}
	d, err := r.askDestination(ctx)
	if err != nil || !d.there || !since.IsZero() && d.head.LastModified.Before(byOSS(d.answered, since)) {
		return Outcome{}, false, err
	}
	if !since.IsZero() {
		src, err := r.src.now(ctx)
		if err != nil || !sameETag(src.ETag, r.src.pinned()) ||
			r.src.putAfter(src.LastModified, byOSS(d.answered, since)) {
			return Outcome{}, false, err
		}
	}
	compare := r.landed
	if method == MethodCopyObject && r.dropsTags() {
		compare = r.landedButForTags
	}
	there, err := compare(ctx, d.head)
	return outcomeAt(d.head), there, err
}

// byOSS is a moment of this process by OSS's clock, whose time an answer that just came
// has given, rounded down as the times of objects are.
func byOSS(answered, moment time.Time) time.Time {
	return answered.Add(-time.Since(moment)).Truncate(time.Second)
}

// protected decides what it means that the destination may not be overwritten: if it
// is what the rule wants, all is well, whoever put it there.
func (r *run) protected(ctx context.Context, method string, cause error) (Outcome, error) {
	out, there, err := r.landedSince(ctx, method, time.Time{})
	switch {
	case err != nil:
		return Outcome{}, unseen(cause, err)
	case !there:
		return Outcome{}, cause
	case r.slow.Load(): // an answer to this copy was lost: it may have put it there
		out.Outcome, out.Method = Copied, method
	default:
		out.Outcome = Unchanged
	}
	return out, nil
}

// unseen is the cause with why nobody could see whether its copy landed: that may
// be the thing to fix.
func unseen(cause, why error) error {
	if Is(why, KindPanic) {
		return why
	}
	e := *Classify("copy", cause)
	e.Message += "; whether the copy landed could not be seen: " + why.Error()
	return &e
}

// mayBeOurs reports whether an object that forbids to be overwritten may have
// been put there by this copy itself, or by an earlier attempt at it.
func (r *run) mayBeOurs() bool {
	return r.slow.Load() || r.src.Retried || !r.plan.ForbidOverwrite
}

func outcomeAt(h rules.Head) Outcome {
	return Outcome{ETag: h.ETag, CRC64: h.CRC64, LastModified: h.LastModified, VersionID: h.VersionID, Bytes: h.Size}
}
