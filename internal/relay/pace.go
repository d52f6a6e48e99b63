package relay

import (
	"context"
	"slices"
	"sync"
	"time"
)

// pace is how long the records of one invocation lately took, from which it says
// whether one more can end in time. It may be used by many goroutines.
type pace struct {
	mu     sync.Mutex
	lately [objectsAtOnce]time.Duration // the newest overwrite the oldest
	ended  int
}

// took notes a record that has ended.
func (p *pace) took(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lately[p.ended%len(p.lately)] = d
	p.ended++
}

// fits reports whether one more record is expected to end before ctx does: whether
// there is more time than nine of ten took lately. The tenth may have been
// very large, and is not to hold up all that follow. While none has ended nothing
// is known, and it fits.
func (p *pace) fits(ctx context.Context) bool {
	deadline, bounded := ctx.Deadline()
	if !bounded {
		return true
	}
	p.mu.Lock()
	lately, n := p.lately, min(p.ended, len(p.lately))
	p.mu.Unlock()
	if n == 0 {
		return true
	}
	slices.Sort(lately[:n])
	return time.Until(deadline) > lately[n*9/10]
}
