package copier

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/osscall"
)

// copyPart copies the part of a request, pinned like every request that supports conditions.
func (c *copying) copyPart(ctx context.Context, up *upload, r *partRequest) error {
	if c.streams() {
		return c.streamPart(ctx, up, r)
	}
	part := r.of.span
	op := "part " + strconv.Itoa(part.number())
	bytes := up.grid.bytes(part)
	call := c.call(op, c.timeFor(up.grid.length(part), c.partTraffic(up)))
	call.Copies = true
	for condition := c.ifMatch(); ; {
		err := call.Do(ctx, r.attempts(op, c.to.service, func(ctx context.Context) error {
			up.unanswered.Add(1)
			res, err := c.to.oss.UploadPartCopy(ctx, &oss.UploadPartCopyRequest{
				Bucket:            &c.plan.Bucket,
				Key:               &c.plan.Key,
				PartNumber:        int32(part.number()),
				UploadId:          &up.UploadID,
				SourceBucket:      &c.src.Object.Bucket,
				SourceKey:         &c.src.Object.Key,
				SourceVersionId:   c.src.version(),
				Range:             oss.Ptr("bytes=" + bytes),
				IfMatch:           &condition,
				IfNoneMatch:       osscall.Optional(c.plan.CopySourceIfNoneMatch),
				IfModifiedSince:   httpDate(c.plan.CopySourceIfModifiedSince),
				IfUnmodifiedSince: httpDate(c.plan.CopySourceIfUnmodifiedSince),
				TrafficLimit:      c.partTraffic(up),
				RequestPayer:      c.payer(),
			})
			if isOver(op, err) {
				up.unanswered.Add(-1)
			}
			if err != nil {
				return err
			}
			return checkPart(op, res, fmt.Sprintf("bytes %s/%d", bytes, up.grid.size))
		}))
		switch {
		case err == nil:
			c.form().accepted(condition)
			return nil
		case osscall.Is(err, osscall.KindNotFound):
			return c.src.gone(op, err)
		case !osscall.Is(err, osscall.KindPrecondition):
			return err
		}
		if condition, err = c.after412(condition); err != nil {
			return err
		}
	}
}

// isOver reports whether a request has been carried out, or certainly never will be.
func isOver(op string, err error) bool {
	if err == nil {
		return true
	}
	e := osscall.Classify(op, err)
	return e.Kind != osscall.KindLost && e.Kind != osscall.KindStopped && !e.Unproven
}

// copyTime is the longest that a CopyObject may take; 0 means until the invocation ends.
func (c *copying) copyTime() time.Duration {
	size, known := c.src.Size()
	if !known {
		return 0
	}
	return c.timeFor(size, c.plan.TrafficLimit)
}

// timeFor is how long to wait for a request that copies size bytes, under a traffic limit in
// bit/s if it is not 0: far longer than it takes, so that only one that hangs is abandoned.
func (c *copying) timeFor(size, limit int64) time.Duration {
	rate, _, _ := c.pace().seen()
	most := 30*time.Second + time.Duration(8*float64(size)/min(rate, assumedRate)*float64(time.Second))
	if limit > 0 {
		most += 2 * time.Duration(float64(size)*8/float64(limit)*float64(time.Second))
	}
	return most
}

// leastTraffic is the least value of x-oss-traffic-limit, in bit/s.
// Source: OSS API reference, single-connection bandwidth throttling.
const leastTraffic = 819_200

// places is how many parts may be in flight at once, of so many at most: not more than can share the rule's traffic
// limit.
func (c *copying) places(parts int) int {
	most := c.copier.opts.PartsInFlight
	if limit := c.plan.TrafficLimit; limit > 0 {
		most = min(most, max(1, parts), int(max(1, limit/leastTraffic)))
	}
	return most
}

// partTraffic is each part's share of the rule's traffic limit, which is for the copy as a whole; 0
// means no limit.
func (c *copying) partTraffic(up *upload) int64 { return c.plan.TrafficLimit / int64(up.places) }

// checkPart fails if OSS has copied another range than want. (If OSS considers the range invalid, it
// copies the whole object, without a Content-Range; the size of the part shows that.)
func checkPart(op string, res *oss.UploadPartCopyResult, want string) error {
	if got := res.Headers.Get("Content-Range"); got != "" && got != want {
		return osscall.NewError(osscall.KindLost, op, "WrongRange",
			"OSS copied %s, not %s (request %s)", got, want, osscall.RequestID(res.ResultCommon))
	}
	return nil
}
