package copier

import (
	"context"
	"slices"
	"sync"
)

// gate holds how many copying requests are in flight to what OSS takes. It
// begins at the ceiling. Every request that is refused for load was one too many,
// so the limit becomes what is still in flight without it: after one round of
// refusals it is what the service admitted. Every full round of successes opens
// it by one again.
type gate struct {
	mu       sync.Mutex
	ceiling  int
	limit    float64
	inFlight int
	waiting  []chan struct{}
}

func newGate(ceiling int) *gate { return &gate{ceiling: ceiling, limit: float64(ceiling)} }

// enter waits for a place: first come, first served, but urgent ones before all
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
	if g.inFlight < int(g.limit) && len(g.waiting) == 0 {
		g.inFlight++
		return nil
	}
	wait = make(chan struct{})
	if urgent {
		g.waiting = slices.Insert(g.waiting, 0, wait)
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
	if i := slices.Index(g.waiting, wait); i >= 0 {
		g.waiting = slices.Delete(g.waiting, i, i+1)
		return
	}
	g.inFlight--
	g.admit()
}

// open is how many requests may be in flight now.
func (g *gate) open() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return int(g.limit)
}

// leave gives the place back and learns from how the request ended.
func (g *gate) leave(err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.inFlight--
	switch {
	case err == nil:
		g.limit = min(g.limit+1/g.limit, float64(g.ceiling))
	case Is(err, KindThrottled):
		g.limit = min(g.limit, max(1, float64(g.inFlight)))
	}
	g.admit()
}

// admit hands free places to those who wait longest.
func (g *gate) admit() {
	for len(g.waiting) > 0 && g.inFlight < int(g.limit) {
		g.inFlight++
		close(g.waiting[0])
		g.waiting = g.waiting[1:]
	}
}
