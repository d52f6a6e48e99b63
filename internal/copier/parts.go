package copier

import (
	"context"
	"fmt"
	"strconv"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
)

// copyPart copies part n, pinned like every request that takes conditions.
// started is called whenever the request goes out.
func (r *run) copyPart(ctx context.Context, up *upload, n int, started func()) error {
	op := "part " + strconv.Itoa(n)
	first, last := up.layout.span(n)
	span := fmt.Sprintf("bytes=%d-%d", first, last)
	for tried := 1; ; tried++ {
		form := r.form.of(r.src.pinned())
		err := sending{op: op, copies: true, to: r.service, sent: &r.requests}.do(ctx, func(ctx context.Context) error {
			started()
			res, err := r.oss.UploadPartCopy(ctx, &oss.UploadPartCopyRequest{
				Bucket:            &r.plan.Bucket,
				Key:               &r.plan.Key,
				PartNumber:        int32(n),
				UploadId:          &up.id,
				SourceBucket:      &r.src.Object.Bucket,
				SourceKey:         &r.src.Object.Key,
				Range:             &span,
				IfMatch:           &form,
				IfNoneMatch:       text(r.plan.CopySourceIfNoneMatch),
				IfModifiedSince:   httpDate(r.plan.CopySourceIfModifiedSince),
				IfUnmodifiedSince: httpDate(r.plan.CopySourceIfUnmodifiedSince),
				TrafficLimit:      r.plan.TrafficLimit,
				RequestPayer:      text(r.plan.RequestPayer),
			})
			if err != nil {
				return err
			}
			return checkPart(op, res, fmt.Sprintf("bytes %d-%d/%d", first, last, up.layout.size))
		})
		if Is(err, KindNotFound) {
			return r.src.gone(op)
		}
		if !Is(err, KindPrecondition) {
			return err
		}
		if err := r.answer412(ctx, form, tried); err != nil {
			return err
		}
	}
}

// checkPart refuses an answer that does not say that the part was copied: the
// SDK decodes any document under 200 into a result, and OSS copies the whole
// object where it finds the range invalid, then without a Content-Range.
func checkPart(op string, res *oss.UploadPartCopyResult, want string) error {
	if oss.ToString(res.ETag) == "" {
		return refusal(KindLost, op, "NoAnswer", "OSS answered 200 without an ETag (request %s)", requestID(res.ResultCommon))
	}
	if got := res.Headers.Get("Content-Range"); got != "" && got != want {
		return refusal(KindLost, op, "WrongRange", "OSS copied %s, not %s (request %s)", got, want, requestID(res.ResultCommon))
	}
	return nil
}
