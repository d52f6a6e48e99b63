package copier

import (
	"context"
	"slices"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/osscall"
	"afterput/rules"
)

// completeTime is the longest that one CompleteMultipartUpload may take.
const completeTime = 2 * time.Minute

// mostChanged is how often parts may be found changed or missing after they were copied or listed:
// another invocation for the same event copies each of them once, and requests that were given up may be carried out.
const mostChanged = 4

// finish verifies the parts of the upload and completes it. It repeats that if parts changed
// between being listed and being completed (another invocation for the same event copied them
// too). What the parts that OSS lists do not cover is copied once more.
func (c *copying) finish(ctx context.Context, up *upload, head rules.Head) (Outcome, error) {
	var missing []span // that were copied once more
	for changed := 0; ; changed++ {
		out, err := c.verifyAndComplete(ctx, up, head)
		up.gone = up.gone || err == nil || osscall.Is(err, osscall.KindNoSuchUpload)
		switch {
		case err == nil:
			return out, nil
		case osscall.Is(err, osscall.KindInvalidPart) && changed < mostChanged:
		case osscall.HasCode(err, "PartsMissing") && changed < mostChanged && !slices.Equal(up.gaps, missing):
			missing = up.gaps
			if err := c.copyParts(ctx, up); err != nil {
				return Outcome{}, err
			}
		case osscall.HasCode(err, "PartsMissing"):
			return Outcome{}, err
		case up.completing && (osscall.Is(err, osscall.KindLost) || osscall.Is(err, osscall.KindNoSuchUpload)):
			// This attempt, an earlier one or another invocation may have completed it.
			return c.findLost(ctx, c.inPartsBy(), err, time.Time{})
		case osscall.Is(err, osscall.KindExists) && c.mayBeOurs(), osscall.Is(err, osscall.KindImmutable):
			return c.resolveProtected(ctx, c.inPartsBy(), err)
		default:
			return Outcome{}, err
		}
	}
}

// verifyAndComplete lists the parts, verifies them and completes the upload.
func (c *copying) verifyAndComplete(ctx context.Context, up *upload, head rules.Head) (Outcome, error) {
	parts, err := c.store().Parts(ctx, up.Upload)
	if err != nil {
		return Outcome{}, err
	}
	if err := up.noteParts(parts); err != nil {
		return Outcome{}, err
	}
	if len(up.gaps) > 0 {
		return Outcome{}, osscall.NewError(osscall.KindLost, "ListParts", "PartsMissing",
			"OSS lists %d parts, which do not cover the object", len(parts))
	}
	crc, err := verify(parts, head)
	if err != nil {
		return Outcome{}, err
	}
	up.verified = true
	if c.plan.Moves { // once a newer version is moved, no second look finds it
		if _, err := c.src.sameHeadNow(); err != nil {
			return Outcome{}, err
		}
	}
	return c.complete(ctx, up, parts, crc)
}

// complete sends CompleteMultipartUpload, which makes the object visible. The ACL is set here,
// since Initiate has no header for it. The request may be repeated: it takes effect once, because
// the upload is gone then.
func (c *copying) complete(ctx context.Context, up *upload, parts []oss.Part, crc string) (Outcome, error) {
	list := make([]oss.UploadPart, len(parts))
	for i, p := range parts {
		list[i] = oss.UploadPart{PartNumber: p.PartNumber, ETag: p.ETag}
	}
	var res *oss.CompleteMultipartUploadResult
	call := c.call("CompleteMultipartUpload", completeTime)
	err := call.Do(ctx, c.timed(func(ctx context.Context) (err error) {
		up.completing = true
		res, err = c.to.oss.CompleteMultipartUpload(ctx, &oss.CompleteMultipartUploadRequest{
			Bucket:                  &c.plan.Bucket,
			Key:                     &c.plan.Key,
			UploadId:                &up.UploadID,
			ForbidOverwrite:         forbid(c.plan),
			Acl:                     oss.ObjectACLType(c.plan.ObjectACL),
			RequestPayer:            c.payer(),
			CompleteMultipartUpload: &oss.CompleteMultipartUpload{Parts: list},
		})
		c.noteUnanswered(err)
		return err
	}))
	if err != nil {
		return Outcome{}, err
	}
	if answered := oss.ToString(res.HashCRC64); answered != "" && crc != "" && answered != crc {
		return Outcome{}, osscall.NewError(osscall.KindDamaged, "CompleteMultipartUpload", "CRCMismatch",
			"the completed object has CRC-64 %s, its parts gave %s", answered, crc)
	}
	out := Outcome{
		Result:    Copied,
		Method:    c.inPartsBy(),
		ETag:      osscall.BareETag(oss.ToString(res.ETag)),
		CRC64:     oss.ToString(res.HashCRC64),
		VersionID: oss.ToString(res.VersionId),
		Answer:    answerOf(res.ResultCommon),
	}
	out.landed(nil, res.ResultCommon)
	return out, nil
}

// noteUnanswered notes that a CompleteMultipartUpload may have been carried out although it failed.
func (c *copying) noteUnanswered(err error) {
	if err == nil {
		return
	}
	e := osscall.Classify("CompleteMultipartUpload", err)
	c.unanswered = c.unanswered || e.Unproven || e.Kind == osscall.KindLost || e.Kind == osscall.KindStopped
}
