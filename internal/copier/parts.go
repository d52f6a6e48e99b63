package copier

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
)

// copyPart copies part n, pinned like every request that takes conditions.
// started is called whenever the request goes out.
func (r *run) copyPart(ctx context.Context, up *upload, n int, started func()) error {
	op := "part " + strconv.Itoa(n)
	first, last := up.layout.span(n)
	span := fmt.Sprintf("bytes=%d-%d", first, last)
	sending := sending{op: op, limit: r.partTime(up, n), copies: true,
		to: r.service, sent: &r.requests, panicked: &r.panicked}
	for pin := r.pin(); ; {
		err := sending.do(ctx, func(ctx context.Context) error {
			started()
			up.unanswered.Add(1)
			res, err := r.oss.UploadPartCopy(ctx, &oss.UploadPartCopyRequest{
				Bucket:            &r.plan.Bucket,
				Key:               &r.plan.Key,
				PartNumber:        int32(n),
				UploadId:          &up.id,
				SourceBucket:      &r.src.Object.Bucket,
				SourceKey:         &r.src.Object.Key,
				Range:             &span,
				IfMatch:           &pin,
				IfNoneMatch:       text(r.plan.CopySourceIfNoneMatch),
				IfModifiedSince:   httpDate(r.plan.CopySourceIfModifiedSince),
				IfUnmodifiedSince: httpDate(r.plan.CopySourceIfUnmodifiedSince),
				TrafficLimit:      r.partTraffic(up),
				RequestPayer:      r.payer(),
			})
			if answered(op, err) {
				up.unanswered.Add(-1)
			}
			if err != nil {
				return err
			}
			return checkPart(op, res, fmt.Sprintf("bytes %d-%d/%d", first, last, up.layout.size))
		})
		switch {
		case err == nil:
			r.form.held(pin)
			return nil
		case Is(err, KindNotFound):
			return r.src.gone(op)
		case !Is(err, KindPrecondition):
			return err
		}
		if pin, err = r.after412(pin); err != nil {
			return err
		}
	}
}

// answered reports whether a request is over: carried out, or certain never to be.
func answered(op string, err error) bool {
	if err == nil {
		return true
	}
	e := Classify(op, err)
	return e.Kind != KindLost && e.Kind != KindStopped && !e.Unproven
}

// partTime is the longest that one request for a part may take.
func (r *run) partTime(up *upload, n int) time.Duration {
	return longest(up.layout.length(n), r.partTraffic(up))
}

// copyTime is the longest that a CopyObject may take; 0 is as long as the invocation.
func (r *run) copyTime() time.Duration {
	size, known := r.src.Size()
	if !known {
		return 0
	}
	return longest(size, r.plan.TrafficLimit)
}

// longest is far longer than a request that copies size bytes takes, under a traffic
// limit in bit/s or 0, but no invocation's end: one that hangs is given up then.
func longest(size, limit int64) time.Duration {
	most := 30*time.Second + 8*moving(size)
	if limit > 0 {
		most += 2 * time.Duration(float64(size)*8/float64(limit)*float64(time.Second))
	}
	return most
}

// leastTraffic is the least that x-oss-traffic-limit may say, in bit/s.
// Source: OSS API reference, single-connection bandwidth throttling.
const leastTraffic = 819_200

// places is how many parts may be under way at once: no more than the rule's traffic
// limit can be shared among.
func (r *run) places(up *upload) int {
	most := r.opts.PartsInFlight
	if limit := r.plan.TrafficLimit; limit > 0 {
		most = min(most, up.layout.count, int(max(1, limit/leastTraffic)))
	}
	return most
}

// partTraffic is each part's share of the rule's traffic limit, which is that of the
// copy as a whole; 0 is none.
func (r *run) partTraffic(up *upload) int64 {
	return r.plan.TrafficLimit / int64(r.places(up))
}

// checkPart refuses an answer that names another range. (Where OSS finds the range
// invalid it copies the whole object, without a Content-Range: the part's size shows.)
func checkPart(op string, res *oss.UploadPartCopyResult, want string) error {
	if got := res.Headers.Get("Content-Range"); got != "" && got != want {
		return refusal(KindLost, op, "WrongRange", "OSS copied %s, not %s (request %s)", got, want, requestID(res.ResultCommon))
	}
	return nil
}
