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

// quickCopy is the longest a CopyObject may take and still count as having landed immediately:
// no newer version can have been uploaded, announced by an event and copied by another invocation
// meanwhile (docs/design.md, "Newest wins").
const quickCopy = 200 * time.Millisecond

// copying is one copy under way. Its methods are in files by their job: copy.go decides how to
// copy, single.go and multipart.go do it (with upload.go, parts.go, schedule.go, verify.go and
// complete.go), inplace.go changes an object in place, compare.go and destination.go look at the
// destination, lost.go and await.go look for copies whose response is missing.
type copying struct {
	copier *Copier // shared by all copies
	src    *Source // shared by all copies of the object
	plan   *rules.Copy
	to     side            // where the destination is
	ctx    context.Context // of the copy as a whole

	unpinned  bool    // the source is a link, whose copy cannot have an if-match
	target    *Source // what is copied instead of the link; see followLink
	hops      string  // what the destination carries as rules.HopsMeta; "" for nothing
	copyOf    string  // what the destination carries as rules.SourceMeta; "" for nothing
	refusals  ifMatchRefusals
	before    readOnce[destination] // see destinationBefore
	found     *foundState           // what was read ahead; nil once it is used
	tidying   osscall.Tidying
	obsolete  []*state.Object // uploads that nobody needs once this copy has landed
	changedAt time.Time       // when OSS answered the last request that changes tags or ACL, by its clock
	requests  atomic.Int64
	slow      atomic.Bool // a response was late, or a request was sent again
	panicked  atomic.Pointer[osscall.Error]

	unanswered    bool // a CompleteMultipartUpload may have been carried out that has failed
	uploadWasGone bool // an upload to resume was gone
}

// Copy makes one planned copy of src. When it returns, the copy has landed or failed, and what it left half done
// is cleaned up; after a copy that has landed, that may come later: see [Source.Later]. ctx bounds the work but
// not the clean-up, which takes up to 4 seconds more, or as much of them as [osscall.WithMargin] leaves. A panic
// ends as a failed copy with code Panic.
func (c *Copier) Copy(ctx context.Context, src *Source, plan *rules.Copy) Outcome {
	out := c.copying(ctx, src, plan).outcome(ctx)
	if plan.Restore != nil && out.isArchived() {
		return c.afterRestore(ctx, src, plan, out)
	}
	return out
}

// copying is one copy that is not under way yet.
func (c *Copier) copying(ctx context.Context, src *Source, plan *rules.Copy) *copying {
	to, err := c.at(plan.Remote)
	if err != nil {
		failed := *plan
		failed.Err, plan = cmp.Or(plan.Err, err), &failed
	}
	return &copying{copier: c, src: src, plan: plan, to: to, ctx: ctx}
}

// outcome makes the copy, cleans up, and says what became of it.
func (c *copying) outcome(ctx context.Context) Outcome {
	began := time.Now()
	var out Outcome
	err := osscall.Safely("copy", func() (err error) { out, err = c.copy(ctx); return err })
	if err != nil {
		out = c.outcomeOf(err)
	}
	c.clearAway(ctx, out.Result)
	if p := c.panicked.Load(); p != nil { // even if nobody looked at the error
		out = c.outcomeOf(p)
	}
	out.Requests = int(c.requests.Load())
	out.Seconds = time.Since(began).Seconds()
	out.setLag(c.src.Object.Time)
	if c.target == nil {
		out.SourceETag = c.src.ETag()
	}
	if c.unpinned && out.Reason == "" && out.Result != Superseded {
		out.Reason = c.linkReason()
	}
	if out.Result == Copied && c.target == nil {
		c.src.noteCopied(out.SourceVersionID, !c.unpinned)
		if c.onItself() && (out.Method == MethodCopyObject || out.Method == MethodUploadPartCopy) {
			c.src.noteRewritten(out)
		}
	}
	out.NeedsSecondLook = out.Result == Copied && c.needsSecondLook(out)
	return out
}

// copy makes the copy: in place, in one request if that is enough, or in parts. A destination that
// may already be as the rule wants it is compared first.
func (c *copying) copy(ctx context.Context) (Outcome, error) {
	if err := c.plan.Err; errors.Is(err, rules.ErrFolderMarker) {
		return Outcome{Result: Skipped, Reason: err.Error()}, nil
	}
	if err := c.checkPlan(); err != nil {
		return Outcome{}, err
	}
	if c.onItself() {
		return c.inPlace(ctx)
	}
	out, err := c.toDestination(ctx)
	if osscall.HasCode(err, refusedAsArchived) {
		return c.beforeArchived(ctx, err)
	}
	return out, err
}

// toDestination makes a copy that is not in place.
func (c *copying) toDestination(ctx context.Context) (Outcome, error) {
	if err := c.settleSource(); err != nil {
		return Outcome{}, err
	}
	if c.unpinned {
		if out, done, err := c.beforeLink(ctx); done || err != nil {
			return out, err
		}
	}
	if out, there, err := c.withinChain(ctx); there || err != nil {
		return out, err
	}
	if err := c.nameSource(); err != nil {
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
		if out, made, err := c.inOneRequest(ctx); made || err != nil {
			return out, err
		}
	}
	if c.src.mustBeRestored() {
		return Outcome{}, osscall.NewError(
			osscall.KindPermanent, "HeadObject", refusedAsArchived, "%s", osscall.Archived)
	}
	return c.multipart(ctx)
}

// withinChain counts the copy in its chain. One that would be too many is no error if it is there already.
func (c *copying) withinChain(ctx context.Context) (out Outcome, there bool, err error) {
	tooMany := c.countChain(ctx)
	if tooMany == nil {
		return Outcome{}, false, nil
	}
	if out, there, err = c.alreadyThere(ctx); there && err == nil {
		return out, true, nil
	}
	return Outcome{}, false, tooMany
}

// inOneRequest makes a copy in one request, unless an earlier one has landed. made is false if the object turns out to
// be too large for that.
func (c *copying) inOneRequest(ctx context.Context) (out Outcome, made bool, err error) {
	if out, landed, err := c.awaitEarlier(ctx); landed || err != nil {
		return out, landed, err
	}
	began := time.Now()
	out, err = c.single(ctx)
	c.rememberSingle(ctx, began, err)
	if !osscall.Is(err, osscall.KindTooLarge) {
		return out, true, err
	}
	return c.alreadyThere(ctx)
}

// onItself reports whether the destination is the source. The copy of a named version to its own key
// is not: it becomes the current version there.
func (c *copying) onItself() bool {
	return c.plan.Bucket == c.src.Object.Bucket && c.plan.Key == c.src.Object.Key && !c.src.isNamedVersion()
}

// checkPlan fails if the copy cannot succeed whatever OSS answers.
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
	// The rule's if-match would be sent in the same header as the engine's own: both are met only
	// if they name the same version.
	etag, event := c.plan.CopySourceIfMatch, c.src.ETag()
	if etag != "" && etag != "*" && event != "" && !osscall.SameETag(etag, event) {
		return osscall.NewError(osscall.KindSuperseded, "plan", "Superseded",
			"copy-source-if-match requires ETag %s, the event has %s", etag, event)
	}
	return nil
}

// fitsOneRequest reports whether one CopyObject makes the copy. Up to the single-copy limit it
// does, and no request is needed to decide that. Beyond it, one CopyObject can copy an object of
// any size within a bucket if class and encryption stay the same. Otherwise, up to 1 GiB, the
// way is taken that is expected to end sooner, or to cost less, and larger objects are copied in parts. (OSS
// copies up to 5 GB between buckets in one request, but parts are faster.)
// Source: OSS API reference, CopyObject, December 2025.
func (c *copying) fitsOneRequest(ctx context.Context) (bool, error) {
	opts := c.copier.opts
	if c.streams() {
		opts.SingleCopyLimit = min(opts.SingleCopyLimit, MostInMemory)
	}
	if size := c.src.Object.Size; c.unpinned || size.Known && size.Value <= opts.SingleCopyLimit {
		return true, nil
	}
	head, err := c.bothHeads(ctx)
	if IsLink(head, err) && !errors.Is(err, errIsLink) {
		return true, c.settleLink()
	}
	if err != nil {
		return false, err
	}
	if c.streams() {
		return head.Size <= opts.SingleCopyLimit, nil
	}
	return head.Size <= opts.SingleCopyLimit ||
		c.plan.Bucket == c.src.Object.Bucket && !changesStorage(c.plan, head) ||
		c.copier.estimates && c.mayBeOne(head.Size), nil
}

// besideParts is how many requests a copy in parts waits for, after HeadObject, in addition to its parts: Initiate,
// ListParts, Complete.
const besideParts = 3

// oneIsBetter reports whether one CopyObject is expected to end before a copy in parts does, or to cost less.
func (c *copying) oneIsBetter(size int64) bool {
	latency, places, request := c.to.service.Latency(), c.to.service.Places(), c.copier.opts.requestTime()
	rate, spread, _ := c.pace().seen()
	one, least := float64(size)/rate, c.copier.opts.leastPart(size, rate)
	rounds := roundsFor(one/float64(places), spread, latency)
	n := min(places*rounds, int(size/least))
	parts := max(one/float64(places), float64(least)/rate) + float64(rounds+besideParts)*latency.Seconds()
	return one+latency.Seconds()+request <= parts+float64(n+besides)*request
}

// bothHeads reads the source, and at the same time whatever else a copy in parts needs, if it is certain to be one: the
// destination, which is compared first, and unless that may well be this copy already, the tags and the state.
func (c *copying) bothHeads(ctx context.Context) (rules.Head, error) {
	var ahead sync.WaitGroup
	if size := c.src.Object.Size; size.Known && c.plan.Bucket != c.src.Object.Bucket {
		ahead.Go(func() { _, _ = c.destinationBefore(ctx) }) // keeps its error, or panic, for later
		if !c.src.Retried && !c.src.mayBeCopied() && !(c.copier.estimates && c.mayBeOne(size.Value)) {
			if c.plan.TaggingDirective != rules.DirectiveReplace {
				ahead.Go(c.src.readTagsAhead)
			}
			ahead.Go(func() { c.findStateAhead(ctx) })
		}
	}
	head, err := c.src.Head()
	ahead.Wait()
	return head, err
}

// mayBeOne reports whether one CopyObject makes a copy that changes class or encryption better than parts.
func (c *copying) mayBeOne(size int64) bool {
	return !c.streams() && size <= maxChangingCopy && c.oneIsBetter(size)
}

// changesStorage reports whether a copy changes the class or the encryption of its source. Without
// the headers, a copy has class Standard and no encryption.
func changesStorage(plan *rules.Copy, head rules.Head) bool {
	return cmp.Or(plan.StorageClass, "Standard") != cmp.Or(head.StorageClass, "Standard") ||
		plan.ServerSideEncryption != head.ServerSideEncryption ||
		plan.ServerSideEncryptionKeyID != "" && plan.ServerSideEncryptionKeyID != head.ServerSideEncryptionKeyID ||
		plan.ServerSideDataEncryption != head.ServerSideDataEncryption
}

// needsSecondLook reports whether another invocation may have copied a newer version of the source
// before this copy landed: because it landed long after it was sent, or long after the facts that
// it uses were read. A key with an ETag in it can only have the same content, put again with
// other metadata. A rewrite in place has itself made the source another version. What is copied of a
// named version is not to be replaced by a newer one.
func (c *copying) needsSecondLook(out Outcome) bool {
	if c.copier.opts.Confirm == ConfirmNever || c.src.isNamedVersion() {
		return false
	}
	if c.onItself() {
		return c.slow.Load() && (out.Method == MethodPutObjectTagging || out.Method == MethodPutObjectACL)
	}
	one := out.Method == MethodCopyObject || out.Method == MethodPutSymlink ||
		out.Method == MethodStream && out.Parts == 0
	if c.slow.Load() || !one || c.src.Requests() > 0 && time.Since(c.src.since) > quickCopy {
		return true
	}
	return c.copier.opts.Confirm == ConfirmAlways && !c.plan.ETagInKey
}

// call says how this copy sends a request that may take up to limit.
func (c *copying) call(op string, limit time.Duration) osscall.Call {
	return c.callAt(c.to, op, limit)
}

// callAt says how this copy sends a request to a side.
func (c *copying) callAt(to side, op string, limit time.Duration) osscall.Call {
	return osscall.Call{Op: op, As: to.role, Region: to.region, Limit: limit, Service: to.service, Sent: &c.requests,
		Panicked: &c.panicked}
}

// repeatable says how to send a request that may be repeated: one that reads, or that has the same
// effect however often it is carried out.
func (c *copying) repeatable(op string) osscall.Call { return c.call(op, osscall.LookTime) }

// once says how to send a request that changes a destination which others may change too: it is
// not sent again while it may still be running.
func (c *copying) once(op string) osscall.Call {
	call := c.call(op, osscall.LookTime)
	call.Once = true
	return call
}

// payer is the x-oss-request-payer of requests about the destination.
func (c *copying) payer() *string { return osscall.Optional(c.plan.RequestPayer) }

// timed is send, but marks the copy as slow if the response is late or if it is called again.
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

// store is where the state objects of this copy are.
func (c *copying) store() state.Store {
	s := state.Store{OSS: c.to.oss, As: c.to.role, At: c.copier.opts.State, Call: c.repeatable,
		Uploads: func(rules.Remote) (state.OSS, error) { return c.to.oss, nil }}
	if s.At.Bucket != "" { // one bucket for all, the function's own
		home := c.copier.home
		s.OSS, s.As = home.oss, home.role
		s.Call = func(op string) osscall.Call { return c.callAt(home, op, osscall.LookTime) }
	}
	return s
}
