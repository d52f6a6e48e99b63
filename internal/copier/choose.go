package copier

import (
	"context"
	"errors"
	"sync"

	"afterput/rules"
)

// onItself reports whether the destination is the source.
func (r *run) onItself() bool {
	return r.plan.Bucket == r.src.Object.Bucket && r.plan.Key == r.src.Object.Key
}

// refused says why the copy must not be tried at all.
func (r *run) refused() error {
	if err := r.plan.Err; err != nil {
		var known *Error
		if errors.As(err, &known) {
			e := *known
			e.Message = err.Error()
			return &e
		}
		return refusal(KindPermanent, "plan", "RuleFailed", "%s", err)
	}
	// The rule's if-match shares its header with the engine's own pin: both hold
	// only if they name the same version.
	if want := r.plan.CopySourceIfMatch; want != "" && want != "*" {
		if have := r.src.pinned(); have != "" && !sameETag(want, have) {
			return refusal(KindSuperseded, "plan", "Superseded", "copy-source-if-match wants ETag %s, the event speaks of %s", want, have)
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
func (r *run) fitsOneRequest(ctx context.Context) (bool, error) {
	if size := r.src.Object.Size; r.unpinned || size.Known && size.Value <= r.opts.SingleCopyLimit {
		return true, nil
	}
	head, err := r.bothHeads(ctx)
	if isLink(head, err) && !errors.Is(err, errIsLink) {
		return true, r.settleLink()
	}
	if err != nil {
		return false, err
	}
	return head.Size <= r.opts.SingleCopyLimit ||
		r.plan.Bucket == r.src.Object.Bucket && !changesStorage(r.plan, head) ||
		r.estimates && head.Size <= maxChangingCopy && r.sooner(head.Size), nil
}

// besideParts is how many requests a copy in parts waits for beside its parts:
// the tags and the state, Initiate, ListParts, Complete, the state again.
const besideParts = 5

// sooner reports whether one CopyObject is expected to end before a copy in parts.
func (r *run) sooner(size int64) bool {
	latency := r.latency.usual()
	parts := r.layout(size).takes(r.gate.expected(), latency) + besideParts*latency
	return latency+moving(size) <= parts
}

// layout cuts an object for what is known of the service.
func (r *run) layout(size int64) layout {
	return layoutOf(size, r.opts.PartSize, r.gate.expected(), r.latency.usual())
}

// bothHeads reads the source, and meanwhile the destination where it is certain
// that the copy goes in parts: that is looked at before.
func (r *run) bothHeads(ctx context.Context) (rules.Head, error) {
	var ahead sync.WaitGroup
	if r.src.Object.Size.Known && r.plan.Bucket != r.src.Object.Bucket {
		ahead.Go(func() { _, _ = r.lookBefore(ctx) }) // what it panics with, or fails with, is kept
	}
	head, err := r.src.Head()
	ahead.Wait()
	return head, err
}

// changesStorage reports whether a copy changes the class or the encryption of
// its source. A header left out means Standard and unencrypted.
func changesStorage(plan *rules.Copy, head rules.Head) bool {
	class := plan.StorageClass
	if class == "" {
		class = "Standard"
	}
	return class != head.StorageClass ||
		plan.ServerSideEncryption != head.ServerSideEncryption ||
		plan.ServerSideEncryptionKeyID != "" && plan.ServerSideEncryptionKeyID != head.ServerSideEncryptionKeyID ||
		plan.ServerSideDataEncryption != head.ServerSideDataEncryption
}
