package osscall

import (
	"context"
	"sync"
	"time"
)

// Service is what past requests have shown about OSS: how many requests it accepts at once,
// and how long a request takes that copies no content. All copies of an instance share one. Its
// methods may be called from many goroutines.
type Service struct {
	// Pace, if not nil, is waited for before each attempt at a request: it returns once the
	// request may be sent, or the error of its context.
	Pace func(context.Context) error

	limiter *limiter
	latency latency

	mu     sync.Mutex
	usual  map[string]*latency // of requests that copy no content, by [Call.Op]
	credit float64             // how many requests may be sent a second time now
}

// NewService returns a Service that has at most ceiling requests that copy content in flight.
func NewService(ceiling int) *Service {
	return &Service{limiter: newLimiter(ceiling), usual: map[string]*latency{}, credit: mostCredit}
}

// Places is how many requests that copy content may be in flight once a few have succeeded. It
// is more than now while the limit rises again after a refusal that says little.
func (s *Service) Places() int { return s.limiter.expected() }

// Latency is how long a request takes that copies no content; 0 before the first.
func (s *Service) Latency() time.Duration { return s.latency.usual() }

// answered records that a request that copies no content took so long.
func (s *Service) answered(op string, took time.Duration) {
	s.latency.observe(took)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.usual[op] == nil {
		s.usual[op] = new(latency)
	}
	s.usual[op].observe(took)
	s.credit = min(s.credit+creditPerAnswer, mostCredit)
}

// latency is the least time that a request took. It rises by at most a quarter with each slower
// request, so that one straggler does not count as usual.
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
