package copier

import (
	"context"
	"fmt"
	"strconv"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"golang.org/x/sync/errgroup"
)

// layout cuts an object into parts of one size, the last may be shorter.
type layout struct {
	size, part int64
	count      int
}

// layoutOf cuts size bytes into parts of at least part bytes, larger where
// 10,000 of them would not do, in whole MiB.
func layoutOf(size, part int64) layout {
	if least := (size + maxParts - 1) / maxParts; part < least {
		part = (least + mib - 1) / mib * mib
	}
	part = min(max(part, minPartSize), maxPartSize)
	return layout{size: size, part: part, count: int((size + part - 1) / part)}
}

// span gives the first and last byte of part n, counted from 1.
func (l layout) span(n int) (first, last int64) {
	first = int64(n-1) * l.part
	return first, min(first+l.part, l.size) - 1
}

// length is the size of part n in bytes.
func (l layout) length(n int) int64 {
	first, last := l.span(n)
	return last - first + 1
}

// copyParts copies every part that OSS does not hold yet, as many at once as the
// engine allows, and remembers the upload meanwhile. The first final failure
// stops the others.
func (r *run) copyParts(ctx context.Context, up *upload) error {
	group, all := errgroup.WithContext(ctx)
	if up.save != nil {
		group.Go(func() error {
			err := r.saveState(all, up.save)
			if err == nil {
				up.save = nil
			}
			return err
		})
	}
	for n := 1; n <= up.layout.count; n++ {
		if up.have[n] {
			continue
		}
		if r.busy.Acquire(all, 1) != nil {
			break // a part failed, or ctx ended
		}
		group.Go(func() error {
			defer r.busy.Release(1)
			return r.copyPart(all, up, n)
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return Classify("UploadPartCopy", err)
	}
	return nil
}

// copyPart copies part n, pinned like every request that takes conditions.
func (r *run) copyPart(ctx context.Context, up *upload, n int) error {
	op := "part " + strconv.Itoa(n)
	first, last := up.layout.span(n)
	span := fmt.Sprintf("bytes=%d-%d", first, last)
	for tried := 1; ; tried++ {
		form := r.form.of(r.src.pinned())
		err := r.request(ctx, op, 0, true, func(ctx context.Context) error {
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
			return refusal(KindSuperseded, op, "SourceGone", "oss://%s/%s was deleted since", r.src.Object.Bucket, r.src.Object.Key)
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
