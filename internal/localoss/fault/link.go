package fault

import (
	"context"
	"math"
	"slices"
	"sync"
	"time"
)

// link is the network that all transfers share. It calculates when each of them ends: whenever a
// transfer starts or ends, or the conditions change, it updates how many bytes each transfer has
// left and its rate. The times are therefore exact.
type link struct {
	// conditions returns what applies at a time, and when that changes next.
	conditions func(time.Time) (Conditions, time.Time)

	mu      sync.Mutex
	active  []*transfer // the slowest first, by factor
	settled time.Time   // when the transfers were last updated
	timer   *time.Timer // fires at the next end of a transfer or change of conditions
}

type transfer struct {
	left   float64 // bytes
	factor float64 // how many times slower than others
	rate   float64 // bytes per second, at present
	done   chan struct{}
}

// move waits as long as a transfer of the bytes takes, and reports whether it ended before ctx did.
func (l *link) move(ctx context.Context, bytes, factor float64) bool {
	t := &transfer{left: bytes, factor: factor, done: make(chan struct{})}
	l.mu.Lock()
	now := l.settle()
	at, _ := slices.BinarySearchFunc(l.active, t, func(a, b *transfer) int {
		if a.factor >= b.factor { // after transfers of the same factor
			return -1
		}
		return 1
	})
	l.active = slices.Insert(l.active, at, t)
	l.reschedule(now)
	l.mu.Unlock()

	select {
	case <-t.done:
		return true
	case <-ctx.Done():
		l.mu.Lock()
		defer l.mu.Unlock()
		now := l.settle()
		l.active = slices.DeleteFunc(l.active, func(a *transfer) bool { return a == t })
		l.reschedule(now)
		return false
	}
}

// settle subtracts what was moved since it was last called.
func (l *link) settle() time.Time {
	now := time.Now()
	elapsed := now.Sub(l.settled).Seconds()
	l.settled = now
	for _, t := range l.active {
		t.left -= t.rate * elapsed
	}
	l.finish()
	return now
}

// finish removes the transfers that are done, and reports whether there were any. A transfer that
// needs less than a nanosecond, the resolution of the clock, is done.
func (l *link) finish() bool {
	before := len(l.active)
	l.active = slices.DeleteFunc(l.active, func(t *transfer) bool {
		if t.left > t.rate*1e-9 {
			return false
		}
		close(t.done)
		return true
	})
	return len(l.active) < before
}

// reschedule sets the rate of every transfer, and the timer to the next event.
func (l *link) reschedule(now time.Time) {
	c, until := l.conditions(now)
	shareBandwidth(l.active, c)
	for l.finish() {
		shareBandwidth(l.active, c)
	}
	if len(l.active) == 0 {
		if l.timer != nil {
			l.timer.Stop()
		}
		return
	}
	next := time.Duration(math.MaxInt64)
	if !until.IsZero() {
		next = until.Sub(now)
	}
	for _, t := range l.active {
		if seconds := t.left / t.rate; seconds < next.Seconds() {
			next = time.Duration(math.Ceil(seconds * 1e9))
		}
	}
	if l.timer == nil {
		l.timer = time.AfterFunc(next, l.tick)
	} else {
		l.timer.Reset(next)
	}
}

func (l *link) tick() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.reschedule(l.settle())
}

// unlimited is no limit, in bytes per second: any transfer is done within a nanosecond.
const unlimited = 1e30

// shareBandwidth divides the bandwidth: all transfers get the same, but none more than its own
// limit, and what it leaves goes to the others. The slowest transfers come first, so that one pass
// is enough.
func shareBandwidth(active []*transfer, c Conditions) {
	own, total := limit(c.Bandwidth), limit(c.TotalBandwidth)
	if c.Crowding > 0 {
		own /= 1 + float64(len(active)-1)/float64(c.Crowding)
	}
	for i, t := range active {
		t.rate = min(own/t.factor, total/float64(len(active)-i))
		total -= t.rate
	}
}

func limit(bandwidth float64) float64 {
	if bandwidth == 0 {
		return unlimited
	}
	return bandwidth
}
