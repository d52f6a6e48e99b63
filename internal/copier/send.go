package copier

import (
	"context"
	"sync/atomic"
)

// Send sends one request that moves no content and may be repeated, by the
// engine's retry policy. Each attempt takes at most 10 s; ctx bounds them all.
// op names the request in errors; the error is an [*Error].
func Send(ctx context.Context, op string, send func(context.Context) error) error {
	return sending{op: op, limit: lookTime, sent: new(atomic.Int64)}.do(ctx, send)
}
