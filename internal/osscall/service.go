package osscall

import (
	"sync"
	"time"
)

// Service holds what past requests have taught about OSS: how many requests it takes at
// once, and how long one takes that moves no content. The copies of an instance share
// one.
type Service struct {
	limiter *limiter
	latency latency
}

// NewService returns a Service that has at most so many requests under way that move
// content.
func NewService(ceiling int) *Service { return &Service{limiter: newLimiter(ceiling)} }

// Places is how many requests that move content may be under way once a few have
// succeeded: while the limiter opens again after a refusal that says little, more than
// now.
func (s *Service) Places() int { return s.limiter.expected() }

// Latency is how long a request takes that moves no content; 0 before the first.
func (s *Service) Latency() time.Duration { return s.latency.usual() }

// latency is the least that was seen, forgotten slowly, so that one straggler is not
// taken for all.
type latency struct {
	mu   sync.Mutex
	seen time.Duration
}

func (l *latency) observe(took time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if forgotten := l.seen + l.seen/4; l.seen == 0 || took < forgotten {
		l.seen = max(took, 1)
	} else {
		l.seen = forgotten
	}
}

func (l *latency) usual() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.seen
}
