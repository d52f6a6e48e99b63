package copier

import (
	"context"
	"slices"
	"sync"
)

// gate holds how many copying requests are in flight to what OSS takes. It begins
// at the ceiling, and learns from how requests end:
//
//   - A refusal for load while the gate was full says that there were too many: the
//     limit becomes what is still in flight without the one refused, so that after a
//     round of refusals it is what OSS admitted. Every full round of successes opens it
//     by one again.
//   - A refusal while few of the places were taken says little about their number: the
//     load was somebody else's, or lasted a moment. The limit falls likewise, but each
//     success opens it by one, which doubles it every round, up to where it was; up to
//     half of that if there has been a success since such a refusal before.
type gate struct {
	mu       sync.Mutex
	ceiling  int
	limit    float64
	proven   float64 // up to here the limit opens by one a success, beyond by one a round
	succeeds bool    // there has been a success since the last refusal
	inFlight int

	urgent, waiting []chan struct{} // each first come, first served; the urgent before the others
}

func newGate(ceiling int) *gate {
	return &gate{ceiling: ceiling, limit: float64(ceiling), proven: float64(ceiling)}
}

// enter waits for a place: first come, first served, but the urgent before all
// others.
func (g *gate) enter(ctx context.Context, urgent bool) error {
	wait := g.queue(urgent)
	if wait == nil {
		return nil
	}
	select {
	case <-wait: // a place was handed over
		return nil
	case <-ctx.Done():
		g.giveUp(wait)
		return ctx.Err()
	}
}

// queue takes a place, or gives a channel to wait on.
func (g *gate) queue(urgent bool) (wait chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.inFlight < int(g.limit) && len(g.waiting)+len(g.urgent) == 0 {
		g.inFlight++
		return nil
	}
	wait = make(chan struct{})
	if urgent {
		g.urgent = append(g.urgent, wait)
	} else {
		g.waiting = append(g.waiting, wait)
	}
	return wait
}

// giveUp leaves the queue; a place that was handed over meanwhile goes on to the
// next.
func (g *gate) giveUp(wait chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, queue := range []*[]chan struct{}{&g.urgent, &g.waiting} {
		if i := slices.Index(*queue, wait); i >= 0 {
			*queue = slices.Delete(*queue, i, i+1)
			return
		}
	}
	g.inFlight--
	g.admit()
}

// expected is how many requests may be in flight once a few have succeeded: while the
// gate opens again after a refusal that says little, more than now.
func (g *gate) expected() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return int(max(g.limit, g.proven))
}

// leave gives the place back and learns from how the request ended.
func (g *gate) leave(err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	full := 2*float64(g.inFlight) >= g.proven
	g.inFlight--
	switch {
	case err == nil:
		g.succeeds = true
		if g.limit < g.proven {
			g.limit = min(g.limit+1, g.proven)
		} else {
			g.limit = min(g.limit+1/g.limit, float64(g.ceiling))
			g.proven = g.limit
		}
	case Is(err, KindThrottled):
		if full {
			g.limit = min(g.limit, max(1, float64(g.inFlight)))
			g.proven = g.limit
		} else {
			g.limit = min(g.limit, float64(g.inFlight+1)) // those in flight may stay for long: one more may try
			if g.succeeds {
				g.proven = max(g.limit, g.proven/2)
			}
		}
		g.succeeds = false
	}
	g.admit()
}

// admit hands free places to those who wait longest.
func (g *gate) admit() {
	for g.inFlight < int(g.limit) {
		queue := &g.urgent
		if len(*queue) == 0 {
			queue = &g.waiting
		}
		if len(*queue) == 0 {
			return
		}
		g.inFlight++
		close((*queue)[0])
		*queue = (*queue)[1:]
	}
}
