package copier

import (
	"sync"
	"time"
)

// service holds what past requests have taught about OSS. One Copier shares it among
// all its copies.
type service struct {
	gate    *gate // copying requests in flight
	latency latency
}

// latency is how long a request takes that moves no content: the least that was
// seen, forgotten slowly, so that one straggler is not taken for all.
type latency struct {
	mu   sync.Mutex
	seen time.Duration
}

func (l *latency) saw(took time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if forgotten := l.seen + l.seen/4; l.seen == 0 || took < forgotten {
		l.seen = max(took, 1)
	} else {
		l.seen = forgotten
	}
}

// usual is what was learnt, 0 before the first request.
func (l *latency) usual() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.seen
}
