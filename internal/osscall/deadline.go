package osscall

import (
	"context"
	"sync"
	"time"
)

// TidyTime bounds the clean-up after work that was given up.
const TidyTime = 4 * time.Second

// TidyLimit bounds one request of the clean-up, so that there is time to send one again
// whose answer does not come.
const TidyLimit = time.Second

type deadlineKey struct{}

// WithMargin returns a context that ends margin before ctx does, at the latest
// when three quarters of the time that is left are over. What work leaves half
// done is cleaned up in the margin. A context without a deadline stays without.
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

// Tidying is the clean-up after one piece of work. All of it shares [TidyTime]. The zero
// value has not begun.
type Tidying struct {
	mu sync.Mutex
	by time.Time
}

// Begin returns a context for cleaning up: it outlives ctx, not the invocation.
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
	return context.WithDeadline(context.WithoutCancel(ctx), until)
}

// Begun reports whether the clean-up has begun.
func (t *Tidying) Begun() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return !t.by.IsZero()
}
