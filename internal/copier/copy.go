package copier

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"afterput/internal/osscall"
	"afterput/internal/state"
	"afterput/rules"
)

// quickCopy is the longest a CopyObject may take and still count as having landed
// immediately: no newer version can have been uploaded, announced and copied by
// another invocation in between (docs/design.md, "Newest wins").
const quickCopy = 200 * time.Millisecond

// copying is one copy under way.
type copying struct {
	copier *Copier // shared by all copies
	src    *Source // shared by all copies of the object
	plan   *rules.Copy
	ctx    context.Context // of the copy as a whole

	unpinned bool // the source is a link, which takes no if-match
	refusals ifMatchRefusals
	before   lazy[destination] // see destinationBefore
	tidying  osscall.Tidying
	useless  []*state.Object // uploads that nobody needs once this copy has landed
	requests atomic.Int64
	slow     atomic.Bool // an answer was late, or a request was sent again
	panicked atomic.Pointer[osscall.Error]
}

// Copy makes one planned copy of src, and returns when it has landed or failed;
// what it left half done is cleaned up by then. ctx bounds the work, not the
// clean-up, which takes up to 4 seconds more, or what [osscall.WithMargin] leaves of
// them. A panic ends as a failed copy with code Panic.
func (c *Copier) Copy(ctx context.Context, src *Source, plan *rules.Copy) Outcome {
	return (&copying{copier: c, src: src, plan: plan, ctx: ctx}).run(ctx)
}

func (c *copying) run(ctx context.Context) Outcome {
	began := time.Now()
	var out Outcome
	err := osscall.Safely("copy", func() (err error) { out, err = c.copy(ctx); return err })
	if err != nil {
		out = c.outcomeOf(err)
	}
	c.clearAway(ctx, out.Result)
	if p := c.panicked.Load(); p != nil { // in what nobody waited for, too
		out = c.outcomeOf(p)
	}
	out.Requests = int(c.requests.Load())
	out.Seconds = time.Since(began).Seconds()
	out.SourceETag = c.src.ETag()
	if out.Result == Copied {
		c.src.noteCopied(out.SourceVersionID, !c.unpinned)
	}
	out.NeedsSecondLook = out.Result == Copied && c.needsSecondLook(out)
	return out
}

// copy makes the copy in one request where that is enough, else in parts.
func (c *copying) copy(ctx context.Context) (Outcome, error) {
	if err := c.checkPlan(); err != nil {
		return Outcome{}, err
	}
	if c.onItself() {
		return c.inPlace(ctx)
	}
	if err := c.settleSource(); err != nil {
		return Outcome{}, err
	}
	one, err := c.fitsOneRequest(ctx)
	if err != nil {
		return Outcome{}, err
	}
	if !one || c.src.mayBeCopied() {
		if out, there, err := c.alreadyThere(ctx); there || err != nil {
			return out, err
		}
	}
	if one {
		if out, landed, err := c.awaitEarlier(ctx); landed || err != nil {
			return out, err
		}
		began := time.Now()
		out, err := c.single(ctx)
		c.rememberSingle(ctx, began, err)
		if !osscall.Is(err, osscall.KindTooLarge) {
			return out, err
		}
		if out, there, err := c.alreadyThere(ctx); there || err != nil {
			return out, err
		}
	}
	return c.multipart(ctx)
}

// onItself reports whether the destination is the source.
func (c *copying) onItself() bool {
	return c.plan.Bucket == c.src.Object.Bucket && c.plan.Key == c.src.Object.Key
}

// checkPlan says why the copy must not be attempted at all.
func (c *copying) checkPlan() error {
	if err := c.plan.Err; err != nil {
		var known *osscall.Error
		if errors.As(err, &known) {
			e := *known
			e.Message = err.Error()
			return &e
		}
		return osscall.NewError(osscall.KindPermanent, "plan", "RuleFailed", "%s", err)
	}
	// The rule's if-match shares its header with the engine's own: both hold
	// only if they name the same version.
	if want := c.plan.CopySourceIfMatch; want != "" && want != "*" {
		if have := c.src.ETag(); have != "" && !osscall.SameETag(want, have) {
			return osscall.NewError(osscall.KindSuperseded, "plan", "Superseded",
				"copy-source-if-match wants ETag %s, the event speaks of %s", want, have)
		}
	}
	return nil
}

// fitsOneRequest reports whether one CopyObject is to make the copy. Up to the
// single-copy limit that is so without asking. Beyond it OSS copies any size at
// once within a bucket if class and encryption stay; all else up to 1 GiB goes the
// way that ends sooner, and larger objects in parts. (OSS would copy up to 5 GB
// between buckets without a change, but parts are faster.)
// Source: OSS API reference, CopyObject, December 2025.
func (c *copying) fitsOneRequest(ctx context.Context) (bool, error) {
	opts := c.copier.opts
	if size := c.src.Object.Size; c.unpinned || size.Known && size.Value <= opts.SingleCopyLimit {
		return true, nil
	}
	head, err := c.bothHeads(ctx)
	if isLink(head, err) && !errors.Is(err, errIsLink) {
		return true, c.settleLink()
	}
	if err != nil {
		return false, err
	}
	return head.Size <= opts.SingleCopyLimit ||
		c.plan.Bucket == c.src.Object.Bucket && !changesStorage(c.plan, head) ||
		c.copier.estimates && head.Size <= maxChangingCopy && c.oneIsFaster(head.Size), nil
}

// besideParts is how many requests a copy in parts waits for beside its parts:
// the tags and the state, Initiate, ListParts, Complete, the state again.
const besideParts = 5

// oneIsFaster reports whether one CopyObject is expected to end before a copy in parts.
func (c *copying) oneIsFaster(size int64) bool {
	latency := c.copier.service.Latency()
	parts := c.layout(size).duration(c.copier.service.Places(), latency) + besideParts*latency
	return latency+transferTime(size) <= parts
}

// layout cuts an object for what is known of the service.
func (c *copying) layout(size int64) layout {
	service := c.copier.service
	return layoutOf(size, c.copier.opts.PartSize, service.Places(), service.Latency())
}

// bothHeads reads the source, and meanwhile the destination where it is certain
// that the copy goes in parts: then the destination is needed before.
func (c *copying) bothHeads(ctx context.Context) (rules.Head, error) {
	var ahead sync.WaitGroup
	if c.src.Object.Size.Known && c.plan.Bucket != c.src.Object.Bucket {
		ahead.Go(func() { _, _ = c.destinationBefore(ctx) }) // its error, or panic, is kept
	}
	head, err := c.src.Head()
	ahead.Wait()
	return head, err
}

// changesStorage reports whether a copy changes the class or the encryption of
// its source. A header left out means Standard and unencrypted.
func changesStorage(plan *rules.Copy, head rules.Head) bool {
	return cmp.Or(plan.StorageClass, "Standard") != cmp.Or(head.StorageClass, "Standard") ||
		plan.ServerSideEncryption != head.ServerSideEncryption ||
		plan.ServerSideEncryptionKeyID != "" && plan.ServerSideEncryptionKeyID != head.ServerSideEncryptionKeyID ||
		plan.ServerSideDataEncryption != head.ServerSideDataEncryption
}

// needsSecondLook reports whether a newer version of the source may have been copied
// by someone else before this copy landed: because that was long after it was
// sent, or after what it is made of was read. Under a key with an ETag that can
// only be the same content, put again with other metadata. A rewrite in place has
// made the source another version itself.
func (c *copying) needsSecondLook(out Outcome) bool {
	if c.copier.opts.Confirm == ConfirmNever {
		return false
	}
	if c.onItself() {
		return c.slow.Load() && (out.Method == MethodPutObjectTagging || out.Method == MethodPutObjectACL)
	}
	if c.slow.Load() || out.Method != MethodCopyObject || c.src.Requests() > 0 && time.Since(c.src.since) > quickCopy {
		return true
	}
	return c.copier.opts.Confirm == ConfirmAlways && !c.plan.ETagInKey
}

// call is how this copy sends a request.
func (c *copying) call(op string, limit time.Duration) osscall.Call {
	return osscall.Call{Op: op, Limit: limit, Service: c.copier.service, Sent: &c.requests, Panicked: &c.panicked}
}

// repeatable is how requests are sent that may be repeated: those that read, and those
// that do the same however often they are carried out.
func (c *copying) repeatable(op string) osscall.Call { return c.call(op, osscall.LookTime) }

// once is how requests are sent that change a destination which somebody else may
// change meanwhile: not again while they may still be running.
func (c *copying) once(op string) osscall.Call {
	call := c.call(op, osscall.LookTime)
	call.Once = true
	return call
}

// payer is the x-oss-request-payer of requests about the destination.
func (c *copying) payer() *string { return osscall.Optional(c.plan.RequestPayer) }

// timed is a send that marks the copy as slow when its answer is late or when it
// is not the first.
func (c *copying) timed(send func(context.Context) error) func(context.Context) error {
	first := true
	return func(ctx context.Context) error {
		began := time.Now()
		err := send(ctx)
		if !first || time.Since(began) > quickCopy {
			c.slow.Store(true)
		}
		first = false
		return err
	}
}

// store reads and writes the state objects of this copy.
func (c *copying) store() state.Store {
	limit := osscall.LookTime
	if c.tidying.Begun() {
		limit = osscall.TidyLimit
	}
	return state.Store{OSS: c.copier.oss, At: c.copier.opts.State,
		Call: func(op string) osscall.Call { return c.call(op, limit) }}
}
