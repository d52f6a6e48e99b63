package copier

import (
	"context"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"afterput/rules"
)

// Resending one request: at most attempts times in all, pausing with full
// jitter from firstPause, doubled each time, up to longestPause.
const (
	attempts     = 5
	firstPause   = 100 * time.Millisecond
	longestPause = 5 * time.Second
)

// run is one copy being carried out.
type run struct {
	*Copier
	src  *Source
	plan *rules.Copy

	requests atomic.Int64
	slow     atomic.Bool // an answer was late, or a request was sent again
}

// request sends one request until it is answered for good: resent when OSS is
// busy and, if its loss does no harm, when its answer was lost. limit bounds
// each try, 0 leaves it to ctx. The error is an [*Error].
func (r *run) request(ctx context.Context, op string, limit time.Duration, resendLost bool, send func(context.Context) error) error {
	return request(ctx, op, limit, resendLost, &r.requests, func(ctx context.Context, again bool) error {
		began := time.Now()
		err := send(ctx)
		if again || time.Since(began) > quick {
			r.slow.Store(true)
		}
		return err
	})
}

// request is run.request for requests that no single copy owns.
func request(ctx context.Context, op string, limit time.Duration, resendLost bool, sent *atomic.Int64, send func(ctx context.Context, again bool) error) error {
	pause := firstPause
	for try := 1; ; try++ {
		if err := ctx.Err(); err != nil {
			return Classify(op, err)
		}
		sent.Add(1)
		err := once(ctx, limit, try > 1, send)
		if err == nil {
			return nil
		}
		e := Classify(op, err)
		if ctx.Err() != nil {
			return Classify(op, ctx.Err()) // whatever the SDK made of it
		}
		if e.Kind == KindStopped { // the try's own limit, not the invocation's
			e = refusal(KindLost, op, "NoAnswer", "no answer within %s", limit)
		}
		again := e.Kind == KindBusy || e.Kind == KindLost && resendLost
		if !again || try == attempts || !sleep(ctx, max(e.Delay, rand.N(pause))) {
			return e
		}
		pause = min(2*pause, longestPause)
	}
}

func once(ctx context.Context, limit time.Duration, again bool, send func(context.Context, bool) error) error {
	if limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, limit)
		defer cancel()
	}
	return send(ctx, again)
}

// sleep pauses, and reports false if ctx ends first or would end before.
func sleep(ctx context.Context, d time.Duration) bool {
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < d {
		return false
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
