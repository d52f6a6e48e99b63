package copier

import (
	"context"
	"sync"
	"time"
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
	closed   time.Time // nothing starts before then: OSS asked for a pause
	waiting  []chan struct{}
}

func newGate(ceiling int) *gate { return &gate{ceiling: ceiling, limit: float64(ceiling)} }

// enter waits for a place, first come, first served.
func (g *gate) enter(ctx context.Context) error {
	for {
		wait, pause := g.tryEnter()
		if wait == nil && pause == 0 {
			return nil
		}
		if pause > 0 {
			if !sleep(ctx, pause) {
				return stopped(ctx)
			}
			continue
		}
		select {
		case <-wait: // a place was handed over
			return nil
		case <-ctx.Done():
			g.giveUp(wait)
			return ctx.Err()
		}
	}
}

// tryEnter takes a place, or gives a channel to wait on, or how long to pause.
func (g *gate) tryEnter() (wait chan struct{}, pause time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if pause := time.Until(g.closed); pause > 0 {
		return nil, pause
	}
	if g.inFlight < int(g.limit) && len(g.waiting) == 0 {
		g.inFlight++
		return nil, 0
	}
	wait = make(chan struct{})
	g.waiting = append(g.waiting, wait)
	return wait, 0
}

// giveUp leaves the queue; a place that was handed over meanwhile goes on to the
// next.
func (g *gate) giveUp(wait chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for i, w := range g.waiting {
		if w == wait {
			g.waiting = append(g.waiting[:i], g.waiting[i+1:]...)
			return
		}
	}
	g.inFlight--
	g.admit()
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
		if delay := Classify("", err).Delay; delay > 0 {
			g.closed = time.Now().Add(delay)
		}
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

// free is how many places are free that nobody waits for.
func (g *gate) free() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return int(g.limit) - g.inFlight - len(g.waiting)
}
