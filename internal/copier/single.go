package copier

import (
	"context"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
)

// single makes the copy with one CopyObject. A request whose answer was lost is
// not sent again, since it may still be running: the destination is looked at
// instead.
func (r *run) single(ctx context.Context) (Outcome, error) {
	if r.src.pinned() == "" { // the event has no ETag: there is nothing to pin to yet
		if _, err := r.src.Head(); err != nil {
			return Outcome{}, err
		}
	}
	res, err := r.copyObject(ctx)
	switch {
	case Is(err, KindNotFound):
		return Outcome{}, refusal(KindSuperseded, "CopyObject", "SourceGone", "oss://%s/%s was deleted since", r.src.Object.Bucket, r.src.Object.Key)
	case Is(err, KindLost):
		return r.landedAfterAll(ctx, MethodCopyObject, err)
	case err != nil:
		return Outcome{}, err
	}
	out := Outcome{
		Outcome:         Copied,
		Method:          MethodCopyObject,
		ETag:            bare(oss.ToString(res.ETag)),
		CRC64:           oss.ToString(res.HashCRC64),
		VersionID:       oss.ToString(res.VersionId),
		SourceVersionID: oss.ToString(res.SourceVersionId),
		Bytes:           r.src.Object.Size.Value,
	}
	if res.LastModified != nil {
		out.LastModified = res.LastModified.UTC()
	}
	return out, r.dropTags(ctx)
}

// copyObject sends the CopyObject, in the other form of the pin if the first is
// refused although the source is still the version that was meant.
func (r *run) copyObject(ctx context.Context) (*oss.CopyObjectResult, error) {
	for tried := 1; ; tried++ {
		form := r.form.of(r.src.pinned())
		var res *oss.CopyObjectResult
		sending := sending{op: "CopyObject", once: true, gate: r.gate, sent: &r.requests}
		err := sending.do(ctx, r.timed(func(ctx context.Context) (err error) {
			res, err = r.oss.CopyObject(ctx, r.copyObjectRequest(form))
			if err == nil && oss.ToString(res.ETag) == "" {
				// The SDK decodes any document under 200 into a result.
				err = refusal(KindLost, "CopyObject", "NoAnswer", "OSS answered 200 without an ETag (request %s)", requestID(res.ResultCommon))
			}
			return err
		}))
		if !Is(err, KindPrecondition) {
			return res, err
		}
		if err := r.answer412(ctx, form, tried); err != nil {
			return nil, err
		}
	}
}

// answer412 decides what a 412 to a pinned request means, with one HeadObject.
// It returns nil after turning to the other form of the pin, when the source is
// still the version that was meant.
func (r *run) answer412(ctx context.Context, form string, tried int) error {
	head, err := r.src.Look(ctx)
	if err != nil {
		return err
	}
	if !sameETag(head.ETag, r.src.pinned()) {
		return refusal(KindSuperseded, "HeadObject", "Superseded", "oss://%s/%s has ETag %s by now", r.src.Object.Bucket, r.src.Object.Key, head.ETag)
	}
	if tried > 1 { // both forms were refused: a condition of the rule's own
		return refusal(KindSuperseded, "HeadObject", "PreconditionFailed", "a copy-source condition of the rule does not hold")
	}
	r.form.flip(form)
	return nil
}

// dropTags removes the tags of a destination that is to have none. What OSS
// makes of the directive Replace without tags is not documented.
func (r *run) dropTags(ctx context.Context) error {
	if r.plan.TaggingDirective != "REPLACE" || len(r.plan.Tags) > 0 {
		return nil
	}
	return r.look("DeleteObjectTagging").do(ctx, func(ctx context.Context) error {
		_, err := r.oss.DeleteObjectTagging(ctx, &oss.DeleteObjectTaggingRequest{Bucket: &r.plan.Bucket, Key: &r.plan.Key})
		return err
	})
}

func requestID(c oss.ResultCommon) string { return c.Headers.Get("x-oss-request-id") }
