package copier

import (
	"context"
	"time"
)

// tidyTime bounds the clean-up after a copy that was given up.
const tidyTime = 4 * time.Second

// tidyLimit bounds one request of it, so that there is time to send one again whose
// answer does not come.
const tidyLimit = 700 * time.Millisecond

type deadlineKey struct{}

// WithMargin returns a context that ends margin before ctx does, at the latest
// when three quarters of the time that is left are over. What a copy leaves half
// done is tidied up in the margin. A context without a deadline stays without.
func WithMargin(ctx context.Context, margin time.Duration) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	margin = min(margin, time.Until(deadline)/4)
	// A fifth of the margin is for the report.
	ctx = context.WithValue(ctx, deadlineKey{}, deadline.Add(-margin/5))
	return context.WithDeadline(ctx, deadline.Add(-margin))
}

// tidying is a context for cleaning up: it outlives ctx, not the invocation. All the
// cleaning up of a copy shares tidyTime.
func (r *run) tidying(ctx context.Context) (context.Context, context.CancelFunc) {
	if r.tidyBy.IsZero() {
		r.tidyBy = time.Now().Add(tidyTime)
	}
	until := r.tidyBy
	if last, ok := ctx.Value(deadlineKey{}).(time.Time); ok && last.Before(until) {
		until = last
	}
	return context.WithDeadline(context.WithoutCancel(ctx), until)
}
