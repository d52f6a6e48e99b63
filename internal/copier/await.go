package copier

import (
	"context"
	"time"
)

// A CopyObject of a size that only a copy within one bucket takes in one request may
// outlast its invocation, and go on inside OSS. Whether it does cannot be asked; what
// it makes can be looked for, while it may take as long as twiceExpected and awaitMore.
const (
	twiceExpected = 2
	awaitMore     = 30 * time.Second
	awaitEvery    = 5 * time.Second
)

// awaitEarlier waits for the copy that an earlier attempt may have left running: it is
// not sent a second time beside the first. landed says that it came.
func (r *run) awaitEarlier(ctx context.Context) (out Outcome, landed bool, err error) {
	size, _ := r.src.Size()
	if !r.src.Repeated || r.unpinned || size <= r.opts.SingleCopyLimit {
		return out, false, nil
	}
	until := time.Now().Add(twiceExpected*moving(size) + awaitMore)
	for time.Now().Before(until) {
		if !sleep(ctx, awaitEvery) {
			return out, false, Classify("CopyObject", stopped(ctx))
		}
		out, landed, err = r.landedSince(ctx, time.Time{})
		if landed || err != nil {
			out.Outcome, out.Method = Copied, MethodCopyObject
			return out, landed, err
		}
	}
	return out, false, nil
}
