package relay

import (
	"context"
	"slices"
	"sync"
	"time"
)

// pace estimates from how long recent records of an invocation took whether another one can end in
// time. It may be used by many goroutines.
type pace struct {
	mu     sync.Mutex
	recent [objectsAtOnce]time.Duration // the newest overwrite the oldest
	ended  int
}

// took records how long a record took that has ended.
func (p *pace) took(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.recent[p.ended%len(p.recent)] = d
	p.ended++
}

// fits reports whether another record is expected to end before ctx does: whether more time is left
// than nine in ten recent records took. The tenth may have been very large, and must not delay all
// that follow. As long as no record has ended, the answer is yes.
func (p *pace) fits(ctx context.Context) bool {
	deadline, bounded := ctx.Deadline()
	if !bounded {
		return true
	}
	p.mu.Lock()
	recent, n := p.recent, min(p.ended, len(p.recent))
	p.mu.Unlock()
	if n == 0 {
		return true
	}
	slices.Sort(recent[:n])
	return time.Until(deadline) > recent[n*9/10]
}
