package copier

import (
	"context"
	"strconv"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/rules"
)

// completeTime is the longest that one CompleteMultipartUpload may take.
const completeTime = 2 * time.Minute

// mostChanged is how often parts may be others when they are completed than when they
// were listed: a twin of this invocation copies each of them once.
const mostChanged = 4

// finish verifies what OSS holds of the upload and puts it in place. Again, where
// parts changed between being listed and being completed (a twin of this invocation
// copied them too), and once more, where OSS lists fewer than it has answered for.
func (r *run) finish(ctx context.Context, up *upload, head rules.Head) (Outcome, error) {
	changed, missing := 0, false
	for {
		out, err := r.verifyAndComplete(ctx, up, head)
		up.gone = up.gone || err == nil || Is(err, KindNoSuchUpload)
		switch {
		case err == nil:
			return out, nil
		case Is(err, KindInvalidPart) && changed < mostChanged:
			changed++
		case hasCode(err, "PartsMissing") && !missing:
			missing = true
			if err := r.copyParts(ctx, up); err != nil {
				return Outcome{}, err
			}
		case hasCode(err, "PartsMissing"):
			return Outcome{}, err
		case up.complete && (Is(err, KindLost) || Is(err, KindNoSuchUpload)):
			// It, an earlier attempt, or a twin may have completed it.
			return r.landedAfterAll(ctx, MethodUploadPartCopy, err, time.Time{})
		case Is(err, KindExists) && r.mayBeOurs(), Is(err, KindImmutable):
			return r.protected(ctx, MethodUploadPartCopy, err)
		default:
			return Outcome{}, err
		}
	}
}

func (r *run) verifyAndComplete(ctx context.Context, up *upload, head rules.Head) (Outcome, error) {
	parts, err := r.listParts(ctx, up.id)
	if err != nil {
		return Outcome{}, err
	}
	if len(parts) < up.layout.count {
		up.holds(parts)
		return Outcome{}, refusal(KindLost, "ListParts", "PartsMissing",
			"OSS lists %d parts, %d were copied", len(parts), up.layout.count)
	}
	crc, err := verify(parts, up.layout, head)
	if err != nil {
		return Outcome{}, err
	}
	up.verified = true
	return r.complete(ctx, up, parts, crc)
}

// complete puts the object in place. The ACL belongs here: Initiate has no
// header for it.
// Sent twice, it takes effect once: the upload is gone then.
func (r *run) complete(ctx context.Context, up *upload, parts []oss.Part, crc string) (Outcome, error) {
	list := make([]oss.UploadPart, len(parts))
	for i, p := range parts {
		list[i] = oss.UploadPart{PartNumber: p.PartNumber, ETag: p.ETag}
	}
	var res *oss.CompleteMultipartUploadResult
	sending := sending{op: "CompleteMultipartUpload", limit: completeTime, to: r.service, sent: &r.requests}
	err := sending.do(ctx, r.timed(func(ctx context.Context) (err error) {
		up.complete = true
		res, err = r.oss.CompleteMultipartUpload(ctx, &oss.CompleteMultipartUploadRequest{
			Bucket:                  &r.plan.Bucket,
			Key:                     &r.plan.Key,
			UploadId:                &up.id,
			ForbidOverwrite:         forbid(r.plan),
			Acl:                     oss.ObjectACLType(r.plan.ObjectACL),
			RequestPayer:            r.payer(),
			CompleteMultipartUpload: &oss.CompleteMultipartUpload{Parts: list},
		})
		return err
	}))
	if err != nil {
		return Outcome{}, err
	}
	if answered := oss.ToString(res.HashCRC64); answered != "" && crc != "" && answered != crc {
		return Outcome{}, refusal(KindDamaged, "CompleteMultipartUpload", "CRCMismatch", "the completed object has CRC-64 %s, its parts gave %s", answered, crc)
	}
	return Outcome{
		Outcome:   Copied,
		Method:    MethodUploadPartCopy,
		ETag:      bare(oss.ToString(res.ETag)),
		CRC64:     oss.ToString(res.HashCRC64),
		VersionID: oss.ToString(res.VersionId),
	}, nil
}

// listParts reads what OSS holds of the upload, all pages.
func (r *run) listParts(ctx context.Context, id string) ([]oss.Part, error) {
	var parts []oss.Part
	for marker := int32(0); ; {
		var res *oss.ListPartsResult
		err := r.look("ListParts").do(ctx, func(ctx context.Context) (err error) {
			res, err = r.oss.ListParts(ctx, &oss.ListPartsRequest{
				Bucket: &r.plan.Bucket, Key: &r.plan.Key, UploadId: &id, PartNumberMarker: marker, MaxParts: 1000,
				RequestPayer: r.payer(),
			})
			if err == nil && oss.ToString(res.UploadId) != id {
				err = refusal(KindLost, "ListParts", "NoAnswer",
					"OSS answered 200 with the parts of another upload (request %s)", requestID(res.ResultCommon))
			}
			return err
		})
		if err != nil {
			return nil, err
		}
		parts = append(parts, res.Parts...)
		if !res.IsTruncated {
			return parts, nil
		}
		if res.NextPartNumberMarker <= marker {
			return nil, refusal(KindLost, "ListParts", "NoAnswer", "the page after part %d does not move on", marker)
		}
		marker = res.NextPartNumberMarker
	}
}

// verify proves, before anything becomes visible, that the listed parts are the
// source: every part there with its size, and their CRC-64s, combined, the
// source's. It returns the combined CRC-64, "" where OSS does not know one.
func verify(parts []oss.Part, l layout, head rules.Head) (string, error) {
	damaged := func(format string, args ...any) error {
		return refusal(KindDamaged, "verify", "PartsDamaged", format, args...)
	}
	if len(parts) != l.count {
		return "", damaged("OSS lists %d parts, %d were copied", len(parts), l.count)
	}
	var crc crcOf
	known := true
	for i, p := range parts {
		if int(p.PartNumber) != i+1 || p.Size != l.length(i+1) {
			return "", damaged("OSS lists part %d with %d bytes where part %d with %d bytes was copied", p.PartNumber, p.Size, i+1, l.length(i+1))
		}
		one, err := strconv.ParseUint(oss.ToString(p.HashCRC64), 10, 64)
		known = known && err == nil
		if known {
			crc.add(one, p.Size)
		}
	}
	if !known {
		return "", nil
	}
	combined := strconv.FormatUint(crc.sum, 10)
	if head.CRC64 != "" && head.CRC64 != combined {
		return "", damaged("the parts have CRC-64 %s together, the source has %s", combined, head.CRC64)
	}
	return combined, nil
}
