package copier

import (
	"context"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"afterput/rules"
)

// Resending one request: at most attempts times in all, pausing with full jitter
// from firstPause, doubled each time, up to longestPause. A copying request that
// is refused for load is resent until the invocation's time is up: the gate slows
// all of them down instead.
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

	unpinned bool              // the source is a link, which takes no pin
	before   lazy[destination] // see lookBefore
	requests atomic.Int64
	slow     atomic.Bool // an answer was late, or a request was sent again
}

// sending says how one request is sent. It is the only retry policy there is;
// the SDK's own is switched off.
type sending struct {
	op    string        // for errors: "CopyObject", "part 7"
	limit time.Duration // of each try; 0 leaves it to the context
	// once says that a request whose answer was lost must not be sent again: it
	// may still be running.
	once bool
	gate *gate         // for requests that copy content
	sent *atomic.Int64 // counts the tries
}

// look is how requests are sent that move no content and may be repeated.
func (r *run) look(op string) sending { return sending{op: op, limit: lookTime, sent: &r.requests} }

// do sends one request until it is answered for good. The error is an [*Error].
func (s sending) do(ctx context.Context, send func(context.Context) error) error {
	pause := firstPause
	for try := 1; ; try++ {
		err := s.try(ctx, send)
		if err == nil {
			return nil
		}
		e := Classify(s.op, err)
		again := e.Kind == KindThrottled || e.Kind == KindBusy || e.Kind == KindLost && !s.once
		patient := e.Kind == KindThrottled && s.gate != nil
		if !again || try >= attempts && !patient {
			return e
		}
		if !sleep(ctx, max(e.Delay, rand.N(pause))) {
			if ctx.Err() != nil {
				return Classify(s.op, ctx.Err())
			}
			return e
		}
		pause = min(2*pause, longestPause)
	}
}

// try sends the request once.
func (s sending) try(ctx context.Context, send func(context.Context) error) (err error) {
	if s.gate != nil {
		if err := s.gate.enter(ctx); err != nil {
			return err
		}
		defer func() { s.gate.leave(err) }()
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
	err = send(within)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err() // whatever the SDK made of it
	case within.Err() != nil: // the try's own limit, not the invocation's
		return refusal(KindLost, s.op, "NoAnswer", "no answer within %s", s.limit)
	}
	return Classify(s.op, err)
}

// timed is a send that marks the copy as slow when its answer is late or when it
// is not the first.
func (r *run) timed(send func(context.Context) error) func(context.Context) error {
	first := true
	return func(ctx context.Context) error {
		began := time.Now()
		err := send(ctx)
		if !first || time.Since(began) > quick {
			r.slow.Store(true)
		}
		first = false
		return err
	}
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
