package osscall

import (
	"context"
	"sync"
	"time"
)

// TidyTime is the longest that the clean-up after one piece of work may take.
const TidyTime = 4 * time.Second

// TidyLimit is the longest that one request of the clean-up may take, whatever its [Call.Limit], so
// that one without an answer can be sent again within [TidyTime].
const TidyLimit = time.Second

type (
	deadlineKey struct{}
	tidyingKey  struct{}
)

// isTidying reports whether ctx is one of [Tidying.Begin].
func isTidying(ctx context.Context) bool { return ctx.Value(tidyingKey{}) != nil }

// WithMargin returns a context that ends margin before ctx does, but not before three quarters
// of the time left have passed. The margin is for cleaning up what work leaves half done. A
// context without a deadline stays without one.
func WithMargin(ctx context.Context, margin time.Duration) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	margin = min(margin, time.Until(deadline)/4)
	// The last fifth of the margin is for the report.
	ctx = context.WithValue(ctx, deadlineKey{}, deadline.Add(-margin/5))
	return context.WithDeadline(ctx, deadline.Add(-margin))
}

// Closing returns a context for what is to be kept when work ends, even if ctx has ended. After [WithMargin] it ends
// before the time that is kept for the report, and its requests are as short as those of [Tidying].
func Closing(ctx context.Context) (context.Context, context.CancelFunc) {
	last, limited := ctx.Value(deadlineKey{}).(time.Time)
	ctx = context.WithoutCancel(ctx)
	if !limited {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(context.WithValue(ctx, tidyingKey{}, true), last)
}

// Tidying is the clean-up after one piece of work, all of which shares [TidyTime]. The zero
// value has not begun. Its methods may be called from many goroutines.
type Tidying struct {
	mu sync.Mutex
	by time.Time
}

// Begin returns a context for cleaning up: it is not cancelled with ctx, and ends [TidyTime]
// after the first call, or before the time that [WithMargin] keeps for the report.
func (t *Tidying) Begin(ctx context.Context) (context.Context, context.CancelFunc) {
	t.mu.Lock()
	if t.by.IsZero() {
		t.by = time.Now().Add(TidyTime)
	}
	until := t.by
	t.mu.Unlock()
	if last, ok := ctx.Value(deadlineKey{}).(time.Time); ok && last.Before(until) {
		until = last
	}
	ctx = context.WithValue(ctx, tidyingKey{}, true)
	return context.WithDeadline(context.WithoutCancel(ctx), until)
}
