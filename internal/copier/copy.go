package copier

import (
	"context"
	"sync/atomic"
	"time"

	"afterput/rules"
)

// quickCopy is the longest a CopyObject may take and still count as having landed
// immediately: no newer version can have been uploaded, announced and copied by
// another invocation in between (docs/design.md, "Newest wins").
const quickCopy = 200 * time.Millisecond

// run is one copy being carried out.
type run struct {
	*Copier
	src  *Source
	plan *rules.Copy
	ctx  context.Context // of the copy as a whole

	unpinned bool // the source is a link, which takes no pin
	refusals pinRefusals
	before   lazy[destination] // see lookBefore
	tidyBy   time.Time         // when cleaning up ends, zero before it begins
	leftover []*savedUpload    // uploads that this copy, once it has landed, makes useless
	requests atomic.Int64
	slow     atomic.Bool // an answer was late, or a request was sent again
	panicked atomic.Pointer[Error]
}

// Copy makes one planned copy of src, and returns when it has landed or failed;
// what it left half done is tidied up by then. ctx bounds the work, not the
// tidying, which takes up to 4 seconds more, or what [WithMargin] leaves of them.
// A panic ends as a failed copy with code Panic.
func (c *Copier) Copy(ctx context.Context, src *Source, plan *rules.Copy) Outcome {
	r := &run{Copier: c, src: src, plan: plan, ctx: ctx}
	began := time.Now()
	var out Outcome
	err := Safely("copy", func() (err error) { out, err = r.copy(ctx); return err })
	if err != nil {
		out = r.outcomeOf(err)
	}
	r.clearAway(ctx, out.Outcome)
	if p := r.panicked.Load(); p != nil { // in what nobody waited for, too
		out = r.outcomeOf(p)
	}
	out.Requests = int(r.requests.Load())
	out.Seconds = time.Since(began).Seconds()
	out.SourceETag = src.pinned()
	if out.Outcome == Copied {
		src.copied(out.SourceVersionID, !r.unpinned)
	}
	out.LookAgain = out.Outcome == Copied && r.doubtful(out)
	return out
}

// doubtful reports whether a newer version of the source may have been copied
// by someone else before this copy landed: because that was long after it was
// sent, or after what it is made of was read. Under a key with an ETag that can
// only be the same content, put again with other metadata. A rewrite in place has
// made the source another version itself.
func (r *run) doubtful(out Outcome) bool {
	if r.opts.Confirm == ConfirmNever {
		return false
	}
	if r.onItself() {
		return r.slow.Load() && (out.Method == MethodPutObjectTagging || out.Method == MethodPutObjectACL)
	}
	if r.slow.Load() || out.Method != MethodCopyObject || r.src.Requests() > 0 && time.Since(r.src.since) > quickCopy {
		return true
	}
	return r.opts.Confirm == ConfirmAlways && !r.plan.ETagInKey
}

// copy makes the copy in one request where that is enough, else in parts.
func (r *run) copy(ctx context.Context) (Outcome, error) {
	if err := r.refused(); err != nil {
		return Outcome{}, err
	}
	if r.onItself() {
		return r.inPlace(ctx)
	}
	if err := r.settle(); err != nil {
		return Outcome{}, err
	}
	one, err := r.fitsOneRequest(ctx)
	if err != nil {
		return Outcome{}, err
	}
	if !one || r.src.repeated() {
		if out, stands, err := r.standing(ctx); stands || err != nil {
			return out, err
		}
	}
	if one {
		if out, landed, err := r.awaitEarlier(ctx); landed || err != nil {
			return out, err
		}
		began := time.Now()
		out, err := r.single(ctx)
		r.rememberSingle(ctx, began, err)
		if !Is(err, KindTooLarge) {
			return out, err
		}
		if out, stands, err := r.standing(ctx); stands || err != nil {
			return out, err
		}
	}
	return r.multipart(ctx)
}

// look is how requests are sent that may be repeated: those that read, and those that
// do the same however often they are carried out.
func (r *run) look(op string) sending {
	return sending{op: op, limit: lookTime, to: r.service, sent: &r.requests, panicked: &r.panicked}
}

// change is how requests are sent that change a destination which somebody else may
// change meanwhile: not again while they may still be running.
func (r *run) change(op string) sending {
	return sending{op: op, limit: lookTime, once: true, to: r.service, sent: &r.requests, panicked: &r.panicked}
}

// payer is the x-oss-request-payer of requests about the destination.
func (r *run) payer() *string { return text(r.plan.RequestPayer) }

// timed is a send that marks the copy as slow when its answer is late or when it
// is not the first.
func (r *run) timed(send func(context.Context) error) func(context.Context) error {
	first := true
	return func(ctx context.Context) error {
		began := time.Now()
		err := send(ctx)
		if !first || time.Since(began) > quickCopy {
			r.slow.Store(true)
		}
		first = false
		return err
	}
}
