package osscall

import (
	"context"
	"slices"
	"sync"
)

// limiter holds how many copying requests are in flight to what OSS takes. It begins
// at the ceiling, and learns from how requests end:
//
//   - A NewError for load while it was full says that there were too many: the
//     limit becomes what is still in flight without the one refused, so that after a
//     round of refusals it is what OSS admitted. Every full round of successes opens it
//     by one again.
//   - A NewError while few of the places were taken says little about their number: the
//     load was somebody else's, or lasted a moment. The limit falls likewise, but each
//     success opens it by one, which doubles it every round, up to where it was; up to
//     half of that if there has been a success since such a NewError before.
type limiter struct {
	mu       sync.Mutex
	ceiling  int
	limit    float64
	proven   float64 // up to here the limit opens by one a success, beyond by one a round
	succeeds bool    // there has been a success since the last NewError
	inFlight int

	urgent, waiting []chan struct{} // each first come, first served; the urgent before the others
}

func newLimiter(ceiling int) *limiter {
	return &limiter{ceiling: ceiling, limit: float64(ceiling), proven: float64(ceiling)}
}

// enter waits for a place: first come, first served, but the urgent before all
// others.
func (l *limiter) enter(ctx context.Context, urgent bool) error {
	wait := l.queue(urgent)
	if wait == nil {
		return nil
	}
	select {
	case <-wait: // a place was handed over
		return nil
	case <-ctx.Done():
		l.giveUp(wait)
		return ctx.Err()
	}
}

// queue takes a place, or gives a channel to wait on.
func (l *limiter) queue(urgent bool) (wait chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.inFlight < int(l.limit) && len(l.waiting)+len(l.urgent) == 0 {
		l.inFlight++
		return nil
	}
	wait = make(chan struct{})
	if urgent {
		l.urgent = append(l.urgent, wait)
	} else {
		l.waiting = append(l.waiting, wait)
	}
	return wait
}

// giveUp leaves the queue; a place that was handed over meanwhile goes on to the
// next.
func (l *limiter) giveUp(wait chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, queue := range []*[]chan struct{}{&l.urgent, &l.waiting} {
		if i := slices.Index(*queue, wait); i >= 0 {
			*queue = slices.Delete(*queue, i, i+1)
			return
		}
	}
	l.inFlight--
	l.admit()
}

// expected is how many requests may be in flight once a few have succeeded: while the
// limiter opens again after a NewError that says little, more than now.
func (l *limiter) expected() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return int(max(l.limit, l.proven))
}

// leave gives the place back and learns from how the request ended.
func (l *limiter) leave(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	full := 2*float64(l.inFlight) >= l.proven
	l.inFlight--
	switch {
	case err == nil:
		l.succeeds = true
		if l.limit < l.proven {
			l.limit = min(l.limit+1, l.proven)
		} else {
			l.limit = min(l.limit+1/l.limit, float64(l.ceiling))
			l.proven = l.limit
		}
	case Is(err, KindThrottled):
		if full {
			l.limit = min(l.limit, max(1, float64(l.inFlight)))
			l.proven = l.limit
		} else {
			l.limit = min(l.limit, float64(l.inFlight+1)) // those in flight may stay for long: one more may try
			if l.succeeds {
				l.proven = max(l.limit, l.proven/2)
			}
		}
		l.succeeds = false
	}
	l.admit()
}

// admit hands free places to those who wait longest.
func (l *limiter) admit() {
	for l.inFlight < int(l.limit) {
		queue := &l.urgent
		if len(*queue) == 0 {
			queue = &l.waiting
		}
		if len(*queue) == 0 {
			return
		}
		l.inFlight++
		close((*queue)[0])
		*queue = (*queue)[1:]
	}
}
