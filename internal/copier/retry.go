package copier

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"afterput/rules"
)

// Resending one request: at most attempts times in all, pausing with full jitter
// from firstPause, doubled each time, up to longestPause. One that is refused for
// load is resent until the invocation's time is up: it waits as long as OSS asks,
// or up to refusedPause, and then for a place at the gate, which slows all down.
const (
	attempts     = 5
	firstPause   = 100 * time.Millisecond
	longestPause = 5 * time.Second
	refusedPause = time.Second
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
	once   bool
	copies bool          // it copies content: it goes through the gate at once
	to     *service      // nil for requests that share nothing with others
	sent   *atomic.Int64 // counts the tries
}

// service is what is learnt of OSS from how requests end.
type service struct {
	gate    *gate // requests in flight
	latency latency
}

// look is how requests are sent that move no content and may be repeated.
func (r *run) look(op string) sending {
	return sending{op: op, limit: lookTime, to: r.service, sent: &r.requests}
}

// do sends one request until it is answered for good. The error is an [*Error].
func (s sending) do(ctx context.Context, send func(context.Context) error) error {
	pause, gated := firstPause, s.copies
	for try, refused := 1, 0; ; try++ {
		err := s.try(ctx, send, gated)
		if err == nil {
			return nil
		}
		e := Classify(s.op, err)
		wait := rand.N(pause)
		switch e.Kind {
		case KindThrottled:
			if s.to != nil {
				refused++
				gated = true
				wait = rand.N(min(pause, refusedPause))
			}
			if e.Delay > 0 {
				wait = e.Delay
			}
		case KindBusy:
		case KindLost:
			if s.once {
				return e
			}
		default:
			return e
		}
		if try-refused >= attempts {
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

// try sends the request once.
func (s sending) try(ctx context.Context, send func(context.Context) error, gated bool) (err error) {
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
	err = send(within)
	switch {
	case err == nil:
		if s.to != nil && s.limit > 0 {
			s.to.latency.saw(time.Since(began))
		}
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

// latency is how long a request takes that moves no content: the least that was
// seen, forgotten slowly, so that one straggler is not taken for all.
type latency struct {
	mu   sync.Mutex
	seen time.Duration
}

func (l *latency) saw(took time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if forgotten := l.seen + l.seen/4; l.seen == 0 || took < forgotten {
		l.seen = max(took, 1)
	} else {
		l.seen = forgotten
	}
}

// usual is what was learnt, 0 before the first request.
func (l *latency) usual() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.seen
}
