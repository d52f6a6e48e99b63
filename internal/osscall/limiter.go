package osscall

import (
	"context"
	"slices"
	"sync"
)

// limiter keeps the number of requests in flight to what OSS accepts. Its limit begins at the
// ceiling and changes with how requests end:
//
//   - A refusal for load while it was full says that there were too many. The limit becomes
//     the number that were admitted beside the one refused, which are still in flight or have
//     succeeded meanwhile, so that after a round of refusals it is what OSS admitted. Every
//     full round of successes raises it by one again.
//   - A refusal while few of the places were taken says little about their number: the load
//     was somebody else's, or lasted a moment. The limit falls in the same way, but each
//     success raises it by one, which doubles it every round, up to where it was; or up to
//     half of that if a request has succeeded since the refusal before.
type limiter struct {
	mu        sync.Mutex
	ceiling   int
	limit     float64
	proven    float64 // up to here the limit rises by one a success, beyond it by one a round
	succeeds  bool    // a request has succeeded since the last refusal
	inFlight  int
	successes int // ever

	urgent, waiting []chan struct{} // queues, each in order of arrival; urgent is served first
}

// entry is how a request found the limiter when it got its place.
type entry struct {
	inFlight  int // with it
	successes int
}

func newLimiter(ceiling int) *limiter {
	return &limiter{ceiling: ceiling, limit: float64(ceiling), proven: float64(ceiling)}
}

// enter waits for a place. Places are given in order of arrival, but to urgent requests before
// all others. The error is ctx's.
func (l *limiter) enter(ctx context.Context, urgent bool) (entry, error) {
	if wait := l.queue(urgent); wait != nil {
		select {
		case <-wait: // a place was handed over
		case <-ctx.Done():
			l.giveUp(wait)
			return entry{}, ctx.Err()
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return entry{l.inFlight, l.successes}, nil
}

// queue takes a place and returns nil, or returns a channel that is closed when a place is
// handed over.
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

// giveUp leaves the queue. A place that was handed over meanwhile goes to the next in it.
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

// expected is how many requests may be in flight once a few have succeeded. It is more than now
// while the limit rises again after a refusal that says little.
func (l *limiter) expected() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return int(max(l.limit, l.proven))
}

// leave gives the place back and adjusts the limit to how the request ended that entered with e.
func (l *limiter) leave(e entry, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.inFlight--
	admitted := max(l.inFlight, min(l.inFlight+l.successes-e.successes, e.inFlight-1)) // beside this one
	full := 2*float64(admitted+1) >= l.proven
	switch {
	case err == nil:
		l.succeeds = true
		l.successes++
		if l.limit < l.proven {
			l.limit = min(l.limit+1, l.proven)
		} else {
			l.limit = min(l.limit+1/l.limit, float64(l.ceiling))
			l.proven = l.limit
		}
	case Is(err, KindThrottled):
		if full {
			l.limit = min(l.limit, max(1, float64(admitted)))
			l.proven = l.limit
		} else {
			// Those in flight may take long, so one more may try meanwhile.
			l.limit = min(l.limit, float64(l.inFlight+1))
			if l.succeeds {
				l.proven = max(l.limit, l.proven/2)
			}
		}
		l.succeeds = false
	}
	l.admit()
}

// admit hands free places to the requests that have waited longest, urgent ones first.
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
