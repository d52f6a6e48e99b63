package fault

import (
	"context"
	"math"
	"slices"
	"sync"
	"time"
)

// link is what transfers share. It computes when each of them ends: every
// start, end and change of conditions settles what was moved until then and
// gives every transfer its new rate, so that the times are exact, not sampled.
type link struct {
	// conditions gives what holds at a time, and when that changes next.
	conditions func(time.Time) (Conditions, time.Time)

	mu      sync.Mutex
	active  []*transfer // slowest first: by factor, falling
	settled time.Time   // the rates of active were right from here on
	timer   *time.Timer // the next end or change
}

type transfer struct {
	left   float64 // bytes
	factor float64 // how many times slower than others
	rate   float64 // bytes a second, now
	done   chan struct{}
}

// move takes as long as the bytes take, and reports whether they arrived
// before ctx ended.
func (l *link) move(ctx context.Context, bytes, factor float64) bool {
	t := &transfer{left: bytes, factor: factor, done: make(chan struct{})}
	l.mu.Lock()
	now := l.settle()
	at, _ := slices.BinarySearchFunc(l.active, t, func(a, b *transfer) int {
		if a.factor >= b.factor { // behind its equals, which keeps their order
			return -1
		}
		return 1
	})
	l.active = slices.Insert(l.active, at, t)
	l.share(now)
	l.mu.Unlock()

	select {
	case <-t.done:
		return true
	case <-ctx.Done():
		l.mu.Lock()
		defer l.mu.Unlock()
		now := l.settle()
		l.active = slices.DeleteFunc(l.active, func(a *transfer) bool { return a == t })
		l.share(now)
		return false
	}
}

// settle books what was moved since the last time.
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

// finish ends what is done, and reports whether anything was. What moves
// within a nanosecond is done: the clock knows no less.
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

// share gives every transfer its rate and sets the timer for the next event.
func (l *link) share(now time.Time) {
	c, until := l.conditions(now)
	allot(l.active, c)
	for l.finish() {
		allot(l.active, c)
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
	l.share(l.settle())
}

// unlimited stands for no limit, in bytes a second: more than any transfer
// needs to be over within the clock's nanosecond.
const unlimited = 1e30

// allot shares the bandwidth: everyone gets the same, but nobody more than its
// own limit, and what it leaves goes to the others. The transfers come slowest
// first, so that one pass is enough.
func allot(active []*transfer, c Conditions) {
	own, total := limit(c.Bandwidth), limit(c.TotalBandwidth)
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
