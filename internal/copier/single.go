package copier

import (
	"context"
	"errors"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/osscall"
	"afterput/rules"
)

// single makes the copy with one CopyObject. A request that may have been carried out is not sent
// again, since it may still be running: the destination is checked instead.
func (c *copying) single(ctx context.Context) (Outcome, error) {
	switch {
	case c.streams() && c.unpinned:
		return c.streamLink(ctx)
	case c.streams():
		out, err := c.streamWhole(ctx)
		if !errors.Is(err, errIsLink) || c.src.isObject() || c.plan.FollowSymlinks {
			return out, err
		}
		if err := c.settleLink(); err != nil {
			return Outcome{}, err
		}
		return c.streamLink(ctx)
	}
	began := time.Now()
	res, err := c.copyObject(ctx)
	if err == nil && c.damaged(res) { // the request has ended, so sending it again is safe
		if res, err = c.copyObject(ctx); err == nil && c.damaged(res) {
			err = osscall.NewError(osscall.KindDamaged, "CopyObject", "CRCMismatch",
				"the copy has CRC-64 %s, which is not the source's (request %s)",
				oss.ToString(res.HashCRC64), osscall.RequestID(res.ResultCommon))
		}
	}
	var out Outcome
	switch {
	case err == nil:
		out = c.copiedOutcome(res)
	case osscall.Is(err, osscall.KindNotFound):
		return Outcome{}, c.src.gone("CopyObject", err)
	case osscall.Is(err, osscall.KindLost):
		out, err = c.findLost(ctx, MethodCopyObject, err, began)
	case osscall.Is(err, osscall.KindExists) && c.mayBeOurs(), osscall.Is(err, osscall.KindImmutable):
		out, err = c.resolveProtected(ctx, MethodCopyObject, err)
	}
	if err == nil && c.dropsTags() {
		err = c.dropTags(ctx, osscall.Optional(out.VersionID))
	}
	return out, err
}

// copiedOutcome is the outcome of a copy that one CopyObject has made.
func (c *copying) copiedOutcome(res *oss.CopyObjectResult) Outcome {
	out := Outcome{
		Result:          Copied,
		Method:          MethodCopyObject,
		ETag:            osscall.BareETag(oss.ToString(res.ETag)),
		CRC64:           oss.ToString(res.HashCRC64),
		VersionID:       oss.ToString(res.VersionId),
		SourceVersionID: oss.ToString(res.SourceVersionId),
		Answer:          answerOf(res.ResultCommon),
	}
	out.Bytes, _ = c.src.Size()
	if res.LastModified != nil {
		out.LastModified = res.LastModified.UTC()
	}
	out.landed(res.LastModified, res.ResultCommon)
	return out
}

// damaged reports whether the CRC-64 of the copy differs from the source's, if both are known. The
// source's is not requested for this, since OSS checks its own copies. The CRC-64 of a link is
// its target's, and says nothing about the link.
func (c *copying) damaged(res *oss.CopyObjectResult) bool {
	head, ok := c.src.head.known()
	copied := oss.ToString(res.HashCRC64)
	return ok && !c.unpinned && !IsLink(head, nil) && head.CRC64 != "" && copied != "" && head.CRC64 != copied
}

// copyObject sends the CopyObject. If its if-match is refused although the source still is the
// version that was meant, it is sent again with the if-match in another form.
func (c *copying) copyObject(ctx context.Context) (*oss.CopyObjectResult, error) {
	for condition := c.ifMatch(); ; {
		var res *oss.CopyObjectResult
		call := c.call("CopyObject", c.copyTime())
		call.Once, call.Copies = true, true
		err := call.Do(ctx, c.timed(func(ctx context.Context) (err error) {
			res, err = c.to.oss.CopyObject(ctx, c.copyObjectRequest(condition))
			return err
		}))
		if !osscall.Is(err, osscall.KindPrecondition) {
			if err == nil {
				c.form().accepted(condition)
			}
			return res, err
		}
		if condition == "" { // the rule's own condition
			return nil, osscall.NewError(osscall.KindSuperseded, "CopyObject", "PreconditionFailed", conditionFails)
		}
		switch condition, err = c.after412(condition); {
		case errors.Is(err, errIsLink) && !c.src.isObject() && !c.plan.FollowSymlinks:
			if err := c.settleLink(); err != nil {
				return nil, err
			}
		case err != nil:
			return nil, err
		}
	}
}

// dropsTags reports whether the source's tags have to be removed after a CopyObject: what OSS does
// with the directive Replace and no tags is not documented.
func (c *copying) dropsTags() bool {
	return c.plan.TaggingDirective == rules.DirectiveReplace && len(c.plan.Tags) == 0
}

// dropTags removes the destination's tags.
func (c *copying) dropTags(ctx context.Context, version *string) error {
	return c.setTags(ctx, "DeleteObjectTagging", func(ctx context.Context) error {
		res, err := c.to.oss.DeleteObjectTagging(ctx, &oss.DeleteObjectTaggingRequest{
			Bucket: &c.plan.Bucket, Key: &c.plan.Key, VersionId: version, RequestPayer: c.payer()})
		if err == nil {
			c.changedAt = osscall.Date(res.ResultCommon)
		}
		return err
	})
}

// setTags sends a request that sets the destination's tags to those of the plan. If the response
// does not say whether they are set, they are read.
func (c *copying) setTags(ctx context.Context, op string, send func(context.Context) error) error {
	err := c.once(op).Do(ctx, c.timed(send))
	if !osscall.Is(err, osscall.KindLost) {
		return err
	}
	same, looked := c.sameTags(ctx)
	if looked != nil || !same {
		return err
	}
	return nil
}
