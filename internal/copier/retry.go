package copier

import (
	"context"
	"math/rand/v2"
	"sync/atomic"
	"time"
)

// Resending one request: at most attempts times in all, pausing with full jitter
// from firstPause, doubled each time, up to longestPause. One that is refused for
// load is resent until the invocation's time is up, at most mostRefused times: it
// waits as long as OSS asks, or up to refusedPause, and then for a place at the gate,
// which slows all down.
const (
	attempts     = 5
	firstPause   = 100 * time.Millisecond
	longestPause = 5 * time.Second
	refusedPause = time.Second
	mostRefused  = 10_000
)

// sending says how one request is sent. It is the only retry policy there is;
// the SDK's own is switched off.
type sending struct {
	op    string        // for errors: "CopyObject", "part 7"
	limit time.Duration // of each attempt; 0 leaves it to the context
	// once says that the request must not be sent again while it may still be
	// running: only after an answer that proves that it was not carried out.
	once   bool
	copies bool          // it copies content: it goes through the gate at once
	to     *service      // nil for requests that share nothing with others
	sent   *atomic.Int64 // counts the attempts
	// panicked gets the error of a panic, for where nobody waits for this request; nil
	// where everybody does.
	panicked *atomic.Pointer[Error]
}

// do sends one request until it is answered for good. The error is an [*Error].
func (s sending) do(ctx context.Context, send func(context.Context) error) error {
	pause, gated := firstPause, s.copies
	for attempt, refused := 1, 0; ; attempt++ {
		err := s.attempt(ctx, send, gated)
		if err == nil {
			return nil
		}
		e := Classify(s.op, err)
		wait := rand.N(pause)
		switch e.Kind {
		case KindThrottled:
			if s.once && e.Unproven {
				return e.lost()
			}
			if s.to != nil && refused < mostRefused {
				refused++
				gated = true
				wait = rand.N(min(pause, refusedPause))
			}
			if e.Delay > 0 {
				wait = e.Delay
			}
		case KindUnsent:
		case KindLost:
			if s.once {
				return e
			}
		default:
			return e
		}
		if attempt-refused >= attempts {
			return e
		}
		if !sleep(ctx, wait) {
			if ctx.Err() != nil {
				return Classify(s.op, ctx.Err())
			}
			return e
		}
		pause = min(2*pause, longestPause)
	}
}

// attempt sends the request once.
func (s sending) attempt(ctx context.Context, send func(context.Context) error, gated bool) (err error) {
	if gated {
		if err := s.to.gate.enter(ctx, !s.copies); err != nil {
			return err
		}
		defer func() { s.to.gate.leave(err) }()
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	within := ctx
	if s.limit > 0 {
		var cancel context.CancelFunc
		within, cancel = context.WithTimeout(ctx, s.limit)
		defer cancel()
	}
	s.sent.Add(1)
	began := time.Now()
	err = Safely(s.op, func() error { return send(within) })
	switch {
	case err == nil:
		if s.to != nil && s.limit > 0 && !s.copies {
			s.to.latency.saw(time.Since(began))
		}
		return nil
	case Is(err, KindPanic):
		if s.panicked != nil {
			s.panicked.Store(Classify(s.op, err))
		}
		return err
	case ctx.Err() != nil:
		return ctx.Err() // whatever the SDK made of it
	case within.Err() != nil: // the attempt's own limit, not the invocation's
		return refusal(KindLost, s.op, "NoAnswer", "no answer within %s", s.limit)
	}
	return Classify(s.op, err)
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

// stopped is why a wait was given up: ctx has ended, or would have too early.
func stopped(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return context.DeadlineExceeded
}
