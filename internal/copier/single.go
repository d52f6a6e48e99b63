package copier

import (
	"context"
	"errors"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/rules"
)

// single makes the copy with one CopyObject. A request whose answer was lost is
// not sent again, since it may still be running: the destination is looked at
// instead.
func (r *run) single(ctx context.Context) (Outcome, error) {
	if r.src.pinned() == "" { // the event has no ETag: there is nothing to pin to yet
		head, err := r.src.Head()
		r.unpinned = isLink(head, err)
		if err != nil && !r.unpinned {
			return Outcome{}, err
		}
	}
	res, err := r.copyObject(ctx)
	if err == nil && r.damaged(res) { // it has ended: sending it again is safe
		if res, err = r.copyObject(ctx); err == nil && r.damaged(res) {
			err = refusal(KindDamaged, "CopyObject", "CRCMismatch", "the copy has CRC-64 %s, the source has another (request %s)",
				oss.ToString(res.HashCRC64), requestID(res.ResultCommon))
		}
	}
	switch {
	case Is(err, KindNotFound):
		return Outcome{}, r.src.gone("CopyObject")
	case Is(err, KindLost), Is(err, KindExists) && r.mayBeOurs():
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
	if r.plan.TaggingDirective == rules.DirectiveReplace && len(r.plan.Tags) == 0 {
		return out, r.dropTags(ctx, nil)
	}
	return out, nil
}

// damaged reports whether OSS says that the copy differs from its source, as far
// as both CRC-64s are known. The source's is not asked for: OSS checks its own
// copies. That of a link is of what it points to, and says nothing of the link.
func (r *run) damaged(res *oss.CopyObjectResult) bool {
	head, ok := r.src.head.known()
	copied := oss.ToString(res.HashCRC64)
	return ok && !isLink(head, nil) && head.CRC64 != "" && copied != "" && head.CRC64 != copied
}

// copyObject sends the CopyObject, in the other form of the pin if the first is
// refused although the source is still the version that was meant.
func (r *run) copyObject(ctx context.Context) (*oss.CopyObjectResult, error) {
	for tried := 1; ; tried++ {
		form := r.pin()
		var res *oss.CopyObjectResult
		sending := sending{op: "CopyObject", once: true, copies: true, to: r.service, sent: &r.requests}
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

// symlink is the ObjectType of a symbolic link. OSS copies the link, not what it
// points to.
const symlink = "Symlink"

// isLink reports whether HeadObject, which answers for what a link points to, was
// asked of a link: to something, or to nothing.
func isLink(head rules.Head, err error) bool {
	var e *Error
	return head.ObjectType == symlink || errors.As(err, &e) && e.Code == "SymlinkTargetNotExist"
}

// pin is the value of x-oss-copy-source-if-match, "" for a copy that cannot be
// pinned.
func (r *run) pin() string {
	if r.unpinned {
		return ""
	}
	return r.form.of(r.src.pinned())
}

// answer412 decides what a 412 to a pinned request means, with one HeadObject.
// It returns nil after turning to the other form of the pin, when the source is
// still the version that was meant.
func (r *run) answer412(ctx context.Context, form string, tried int) error {
	head, _, err := r.src.look(ctx)
	if form != "" && isLink(head, err) {
		// HeadObject shows the ETag of what a link points to; which one a copy
		// compares is not documented. A link is copied whole or not at all.
		r.unpinned = true
		return nil
	}
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
func (r *run) dropTags(ctx context.Context, version *string) error {
	return r.look("DeleteObjectTagging").do(ctx, func(ctx context.Context) error {
		_, err := r.oss.DeleteObjectTagging(ctx, &oss.DeleteObjectTaggingRequest{Bucket: &r.plan.Bucket, Key: &r.plan.Key, VersionId: version})
		return err
	})
}

func requestID(c oss.ResultCommon) string { return c.Headers.Get("x-oss-request-id") }
