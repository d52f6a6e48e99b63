// Package osscall sends requests to OSS: the client and its credentials, what an
// answer is taken to mean, when a request is sent again, how many are under way at
// once, and when there is no time left. It knows nothing of copies.
//
// The way of a request: [Call.Do] waits for the [Service]'s limiter where many requests
// move content, sends through the client of [NewClient], whose transport lets only an
// answer pass that is the one that was asked for, has [Classify] say what an error means,
// and by that alone sends the request again or gives the [*Error] to its caller.
package osscall

import (
	"context"
	"math/rand/v2"
	"sync/atomic"
	"time"
)

// One request is sent at most Attempts times in all, with pauses of full jitter from
// FirstPause, doubled each time, up to longestPause. A request that is refused for load
// is sent again until the invocation's time is up, at most mostRefused times: it
// waits as long as OSS asks, or up to refusedPause, and then for a place at the limiter,
// which slows all requests down.
const (
	Attempts     = 5
	FirstPause   = 100 * time.Millisecond
	longestPause = 5 * time.Second
	refusedPause = time.Second
	mostRefused  = 10_000
)

// LookTime is the usual limit of a request that moves no content.
const LookTime = 10 * time.Second

// Call says how one request is sent. It is the only retry policy there is;
// the SDK's own is switched off.
type Call struct {
	// Op names the request in errors: "CopyObject", "part 7".
	Op string
	// Limit is the longest that each attempt may take; 0 leaves it to the context.
	Limit time.Duration
	// Once says that the request must not be sent again while it may still be
	// running: only after an answer that proves that it was not carried out.
	Once bool
	// Copies says that the request copies content: it goes through the limiter at once,
	// others only after they were refused for load.
	Copies bool
	// Service is shared with other requests; nil for those that share nothing.
	Service *Service
	// Sent counts the attempts; nil counts none.
	Sent *atomic.Int64
	// Panicked gets the error of a panic, for where nobody waits for this request; nil
	// where everybody does.
	Panicked *atomic.Pointer[Error]
}

// Send sends one request that moves no content and may be repeated. Each attempt takes
// at most [LookTime]; ctx bounds them all. op names the request in errors; the error is
// an [*Error].
func Send(ctx context.Context, op string, send func(context.Context) error) error {
	return Call{Op: op, Limit: LookTime}.Do(ctx, send)
}

// Do sends one request until its answer is final. The error is an [*Error].
func (c Call) Do(ctx context.Context, send func(context.Context) error) error {
	pause, limited := FirstPause, c.Copies
	for attempt, refused := 1, 0; ; attempt++ {
		began := time.Now()
		err := c.attempt(ctx, send, limited)
		if err == nil {
			return nil
		}
		e := Classify(c.Op, err)
		wait := rand.N(pause)
		if c.Limit > 0 && time.Since(began) >= c.Limit {
			wait = 0 // it has waited for an answer long enough
		}
		switch e.Kind {
		case KindThrottled:
			if c.Once && e.Unproven {
				return e.lost()
			}
			if c.Service != nil && refused < mostRefused {
				refused++
				limited = true
				wait = rand.N(min(pause, refusedPause))
			}
			if e.Delay > 0 {
				wait = e.Delay
			}
		case KindUnsent:
		case KindLost:
			if c.Once {
				return e
			}
		default:
			return e
		}
		if attempt-refused >= Attempts {
			return e
		}
		if !Sleep(ctx, wait) {
			if ctx.Err() != nil {
				return Classify(c.Op, ctx.Err())
			}
			return e
		}
		pause = min(2*pause, longestPause)
	}
}

// attempt sends the request once.
func (c Call) attempt(ctx context.Context, send func(context.Context) error, limited bool) (err error) {
	if limited {
		if err := c.Service.limiter.enter(ctx, !c.Copies); err != nil {
			return err
		}
		defer func() { c.Service.limiter.leave(err) }()
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	within := ctx
	if c.Limit > 0 {
		var cancel context.CancelFunc
		within, cancel = context.WithTimeout(ctx, c.Limit)
		defer cancel()
	}
	if c.Sent != nil {
		c.Sent.Add(1)
	}
	began := time.Now()
	err = Safely(c.Op, func() error { return send(within) })
	switch {
	case err == nil:
		if c.Service != nil && c.Limit > 0 && !c.Copies {
			c.Service.latency.observe(time.Since(began))
		}
		return nil
	case Is(err, KindPanic):
		if c.Panicked != nil {
			c.Panicked.Store(Classify(c.Op, err))
		}
		return err
	case ctx.Err() != nil:
		return ctx.Err() // whatever the SDK made of it
	case within.Err() != nil: // the attempt's own limit, not the invocation's
		return NewError(KindLost, c.Op, "NoAnswer", "no answer within %s", c.Limit)
	}
	return Classify(c.Op, err)
}

// Sleep pauses, and reports false if ctx ends first or would end before.
func Sleep(ctx context.Context, d time.Duration) bool {
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

// Stopped is the error of op after [Sleep] has reported false: ctx has ended, or would
// have ended too early.
func Stopped(ctx context.Context, op string) *Error {
	if err := ctx.Err(); err != nil {
		return Classify(op, err)
	}
	return Classify(op, context.DeadlineExceeded)
}
