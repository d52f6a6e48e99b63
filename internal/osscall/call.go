// Package osscall sends requests to OSS. It has the client and its credentials, and decides
// what a response means, when a request is sent again, how many requests are in flight at once,
// and when there is no time left. It knows nothing of copies.
//
// A request takes this way: [Call.Do] waits for a place at the [Service]'s limiter if the
// request copies content, sends it through the client of [NewClient], whose transport rejects a
// response that does not match the operation, has [Classify] say what an error means, and on
// that alone decides whether to send the request again or to return the [*Error].
package osscall

import (
	"context"
	"math/rand/v2"
	"sync/atomic"
	"time"
)

// A request is sent at most Attempts times, with pauses of full jitter from FirstPause, doubled
// each time, up to longestPause. Refusals for load do not count, up to mostRefused of them, if
// the request has a [Service]: it pauses as long as OSS asks, or up to refusedPause, and then
// waits for a place at the limiter, which slows all requests down.
const (
	Attempts     = 5
	FirstPause   = 100 * time.Millisecond
	longestPause = 5 * time.Second
	refusedPause = time.Second
	mostRefused  = 10_000
)

// LookTime is the usual [Call.Limit] of a request that copies no content.
const LookTime = 10 * time.Second

// Call says how one request is sent. It is the only retry policy; the SDK's own is switched off.
type Call struct {
	// Op names the request in errors: "CopyObject", "part 7".
	Op string
	// As is the ARN of the role that sends the request, for errors; "" is the function's own.
	As string
	// Region is that to which the request goes, for errors, if it is not the function's; "" otherwise.
	Region string
	// Limit is the longest that each attempt may take; 0 means until the context ends.
	Limit time.Duration
	// Once says that the request must not be sent again while it may still be running, but
	// only after a response that proves that it was not carried out.
	Once bool
	// Again says that the request may be sent a second time while the first is under way, if that takes far longer
	// than such requests usually do, and what is answered first counts: both have the same effect as one. What is sent
	// may run twice at once. It needs a Service.
	Again bool
	// Copies says that the request copies content, so that every attempt waits for a place at
	// the limiter. Other requests do so only after one was refused for load.
	Copies bool
	// Service is what this request shares with others; nil for nothing. Copies needs one.
	Service *Service
	// Sent counts the attempts, and the requests of [CountSent], if it is not nil.
	Sent *atomic.Int64
	// Panicked is set to the error of a panic, if it is not nil: for requests whose error
	// nobody may look at.
	Panicked *atomic.Pointer[Error]
}

// Send sends one request that copies no content and may be repeated. Each attempt takes at most
// [LookTime]; ctx bounds them all. op names the request in errors. The error is an [*Error].
func Send(ctx context.Context, op string, send func(context.Context) error) error {
	return Call{Op: op, Limit: LookTime}.Do(ctx, send)
}

// Do calls send until its result is final. The error is an [*Error].
func (c Call) Do(ctx context.Context, send func(context.Context) error) error {
	if isTidying(ctx) && c.Limit > TidyLimit {
		c.Limit = TidyLimit
	}
	r := retries{call: c, pause: FirstPause, limited: c.Copies}
	for {
		began := time.Now()
		err := c.attempt(ctx, send, r.limited)
		if err == nil {
			return nil
		}
		e := c.classify(err)
		pause, final := r.next(e, time.Since(began))
		if final != nil {
			return final
		}
		if !Sleep(ctx, pause) {
			if ctx.Err() != nil {
				return Classify(c.Op, ctx.Err())
			}
			return e
		}
	}
}

// retries counts the attempts at one request.
type retries struct {
	call    Call
	failed  int           // attempts without those that were refused for load
	refused int           // attempts that were refused for load
	pause   time.Duration // before the next attempt at most, unless it was refused for load
	limited bool          // the next attempt waits for a place at the limiter
}

// next gives the pause before the next attempt, after one that took so long has failed with e;
// or the error to return if there must not be another.
func (r *retries) next(e *Error, took time.Duration) (pause time.Duration, final error) {
	switch {
	case r.call.Once && e.Kind == KindThrottled && e.Unproven:
		return 0, e.lost()
	case r.call.Once && e.Kind == KindLost:
		return 0, e
	case e.Kind != KindThrottled && e.Kind != KindUnsent && e.Kind != KindLost:
		return 0, e
	}
	pause = rand.N(r.pause)
	if r.call.Limit > 0 && took >= r.call.Limit {
		pause = 0 // the attempt has waited long enough for a response
	}
	if e.Kind == KindThrottled && r.call.Service != nil && r.refused < mostRefused {
		r.refused++
		r.limited = true
		pause = rand.N(min(r.pause, refusedPause))
	} else {
		r.failed++
	}
	if e.Kind == KindThrottled && e.Delay > 0 {
		pause = e.Delay
	}
	if r.failed >= Attempts {
		return 0, e
	}
	r.pause = min(2*r.pause, longestPause)
	return pause, nil
}

// attempt sends the request once, or a second time while the first is under way.
func (c Call) attempt(ctx context.Context, send func(context.Context) error, limited bool) (err error) {
	if limited {
		entered, stopped := c.Service.limiter.enter(ctx, !c.Copies)
		if stopped != nil {
			return stopped
		}
		defer func() { c.Service.limiter.leave(entered, err) }()
	}
	if c.Again && !limited {
		return c.race(ctx, send)
	}
	return c.request(ctx, send)
}

// request sends the request once.
func (c Call) request(ctx context.Context, send func(context.Context) error) error {
	if c.Service != nil && c.Service.Pace != nil {
		if err := c.Service.Pace(ctx); err != nil {
			return err
		}
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
		if c.As != "" {
			within = context.WithValue(within, sentKey{}, c.Sent)
		}
	}
	began := time.Now()
	err := Safely(c.Op, func() error { return send(within) })
	switch {
	case err == nil:
		if c.Service != nil && c.Limit > 0 && !c.Copies {
			c.Service.answered(c.Op, time.Since(began))
		}
		return nil
	case Is(err, KindPanic):
		if c.Panicked != nil {
			c.Panicked.Store(Classify(c.Op, err))
		}
		return err
	case ctx.Err() != nil:
		return ctx.Err() // the SDK may have wrapped it in something else
	case within.Err() != nil: // the attempt's own limit
		return NewError(KindLost, c.Op, "NoAnswer", "no answer within %s", c.Limit)
	}
	return c.classify(err)
}

type sentKey struct{}

// CountSent counts a request that is sent on behalf of the one with this context, such as that for a session: it is
// one of those that [Call.Sent] counts.
func CountSent(ctx context.Context) {
	if sent, ok := ctx.Value(sentKey{}).(*atomic.Int64); ok {
		sent.Add(1)
	}
}

// Sleep pauses. It reports false if ctx ends first, and does so at once if ctx has a deadline
// before the end of the pause.
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

// Stopped is the error of op after [Sleep] has reported false.
func Stopped(ctx context.Context, op string) *Error {
	if err := ctx.Err(); err != nil {
		return Classify(op, err)
	}
	return Classify(op, context.DeadlineExceeded)
}
