package copier

import (
	"context"
	"errors"

	"afterput/rules"
)

// copy makes the copy in one request where that is enough, else in parts.
func (r *run) copy(ctx context.Context) (Outcome, error) {
	if err := r.refused(); err != nil {
		return Outcome{}, err
	}
	one, err := r.fitsOneRequest()
	if err != nil {
		return Outcome{}, err
	}
	if one {
		out, err := r.single(ctx)
		if !Is(err, KindTooLarge) {
			return out, err
		}
	}
	return r.multipart(ctx)
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
	if r.plan.Bucket == r.src.Object.Bucket && r.plan.Key == r.src.Object.Key {
		return refusal(KindPermanent, "plan", "InPlace", "the destination is the source itself")
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

// fitsOneRequest reports whether one CopyObject can make the copy. Up to the
// single-copy limit that is known without asking; beyond it OSS copies any size
// at once only within a bucket and with class and encryption unchanged. (It
// would copy up to 5 GB between buckets too, but parts are faster.)
// Source: OSS API reference, CopyObject, December 2025.
func (r *run) fitsOneRequest() (bool, error) {
	if size := r.src.Object.Size; size.Known && size.Value <= r.opts.SingleCopyLimit {
		return true, nil
	}
	head, err := r.src.Head()
	if err != nil {
		return false, err
	}
	return head.Size <= r.opts.SingleCopyLimit ||
		r.plan.Bucket == r.src.Object.Bucket && !changesStorage(r.plan, head), nil
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
