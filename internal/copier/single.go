package copier

import (
	"context"
	"errors"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/rules"
)

// single makes the copy with one CopyObject. A request that may have been carried out
// is not sent again, since it may still be running: the destination is looked at
// instead.
func (r *run) single(ctx context.Context) (Outcome, error) {
	began := time.Now()
	res, err := r.copyObject(ctx)
	if err == nil && r.damaged(res) { // it has ended: sending it again is safe
		if res, err = r.copyObject(ctx); err == nil && r.damaged(res) {
			err = refusal(KindDamaged, "CopyObject", "CRCMismatch", "the copy has CRC-64 %s, the source has another (request %s)",
				oss.ToString(res.HashCRC64), requestID(res.ResultCommon))
		}
	}
	var out Outcome
	switch {
	case err == nil:
		out = r.copiedOutcome(res)
	case Is(err, KindNotFound):
		return Outcome{}, r.src.gone("CopyObject")
	case Is(err, KindLost):
		out, err = r.landedAfterAll(ctx, MethodCopyObject, err, began)
	case Is(err, KindExists) && r.mayBeOurs(), Is(err, KindImmutable):
		out, err = r.protected(ctx, MethodCopyObject, err)
	}
	if err == nil && r.dropsTags() {
		err = r.dropTags(ctx, text(out.VersionID))
	}
	return out, err
}

func (r *run) copiedOutcome(res *oss.CopyObjectResult) Outcome {
	out := Outcome{
		Outcome:         Copied,
		Method:          MethodCopyObject,
		ETag:            bare(oss.ToString(res.ETag)),
		CRC64:           oss.ToString(res.HashCRC64),
		VersionID:       oss.ToString(res.VersionId),
		SourceVersionID: oss.ToString(res.SourceVersionId),
	}
	out.Bytes, _ = r.src.Size()
	if res.LastModified != nil {
		out.LastModified = res.LastModified.UTC()
	}
	return out
}

// damaged reports whether OSS says that the copy differs from its source, as far
// as both CRC-64s are known. The source's is not asked for: OSS checks its own
// copies. That of a link is of what it points to, and says nothing of the link.
func (r *run) damaged(res *oss.CopyObjectResult) bool {
	head, ok := r.src.head.known()
	copied := oss.ToString(res.HashCRC64)
	return ok && !r.unpinned && !isLink(head, nil) && head.CRC64 != "" && copied != "" && head.CRC64 != copied
}

// copyObject sends the CopyObject, pinned in another way if the pin is refused
// although the source is still the version that was meant.
func (r *run) copyObject(ctx context.Context) (*oss.CopyObjectResult, error) {
	for pin := r.pin(); ; {
		var res *oss.CopyObjectResult
		sending := sending{op: "CopyObject", limit: r.copyTime(), once: true, copies: true,
			to: r.service, sent: &r.requests}
		err := sending.do(ctx, r.timed(func(ctx context.Context) (err error) {
			res, err = r.oss.CopyObject(ctx, r.copyObjectRequest(pin))
			return err
		}))
		if !Is(err, KindPrecondition) {
			if err == nil {
				r.form.held(pin)
			}
			return res, err
		}
		if pin == "" { // no pin of ours
			return nil, refusal(KindSuperseded, "CopyObject", "PreconditionFailed", conditionFails)
		}
		switch pin, err = r.after412(pin); {
		case errors.Is(err, errIsLink) && !r.src.isObject():
			if err := r.settleLink(); err != nil {
				return nil, err
			}
		case err != nil:
			return nil, err
		}
	}
}

// dropsTags reports whether a copy made by CopyObject is to lose the source's tags
// afterwards. What OSS makes of the directive Replace without tags is not documented.
func (r *run) dropsTags() bool {
	return r.plan.TaggingDirective == rules.DirectiveReplace && len(r.plan.Tags) == 0
}

// dropTags removes the tags of a destination that is to have none.
func (r *run) dropTags(ctx context.Context, version *string) error {
	return r.setTags(ctx, "DeleteObjectTagging", func(ctx context.Context) error {
		_, err := r.oss.DeleteObjectTagging(ctx, &oss.DeleteObjectTaggingRequest{
			Bucket: &r.plan.Bucket, Key: &r.plan.Key, VersionId: version, RequestPayer: r.payer()})
		return err
	})
}

// setTags changes the destination's tags to those of the plan. Where the answer does
// not say whether they are, they are looked at.
func (r *run) setTags(ctx context.Context, op string, send func(context.Context) error) error {
	err := r.change(op).do(ctx, r.timed(send))
	if !Is(err, KindLost) {
		return err
	}
	same, looked := r.sameTags(ctx)
	if looked != nil || !same {
		return err
	}
	return nil
}
