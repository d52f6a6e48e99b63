package fault

import (
	"context"
	"slices"
	"sync"
	"time"

	"afterput/internal/localoss"
)

// pending counts the requests that were answered with an error, or dropped, and are still to take
// effect.
type pending struct {
	mu      sync.Mutex
	count   map[string]int // by access key
	waiting []waiter
}

// waiter waits until no request of the access keys is pending.
type waiter struct {
	keys    []string
	settled chan struct{}
}

// Pending returns how many requests of the access keys were answered and are still to take effect;
// without access keys, of all.
func (in *Injector) Pending(accessKeyIDs ...string) int {
	p := &in.pending
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.total(accessKeyIDs)
}

// Settled returns a channel that is closed as soon as no request of the access keys (without access
// keys: no request) is still to take effect; if there is none now, it is closed already. It works in
// a synctest bubble.
func (in *Injector) Settled(accessKeyIDs ...string) <-chan struct{} {
	p := &in.pending
	p.mu.Lock()
	defer p.mu.Unlock()
	w := waiter{slices.Clone(accessKeyIDs), make(chan struct{})}
	p.waiting = append(p.waiting, w)
	p.notify()
	return w.settled
}

// later lets the request take effect after d, unless the server is closed before.
func (in *Injector) later(ctx context.Context, d time.Duration, call *localoss.Call, next func() *localoss.Response) {
	release, key := call.Hold(), call.AccessKeyID
	in.pending.add(key, 1)
	go func() {
		defer in.pending.add(key, -1)
		defer release()
		if sleep(ctx, d) {
			next()
		}
	}()
}

func (p *pending) add(key string, n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.count == nil {
		p.count = make(map[string]int)
	}
	p.count[key] += n
	p.notify()
}

// total counts what is pending for the keys, or for all without keys. p is locked.
func (p *pending) total(keys []string) int {
	n := 0
	for key, count := range p.count {
		if len(keys) == 0 || slices.Contains(keys, key) {
			n += count
		}
	}
	return n
}

// notify closes the channels of those who have nothing left to wait for. p is locked.
func (p *pending) notify() {
	p.waiting = slices.DeleteFunc(p.waiting, func(w waiter) bool {
		if p.total(w.keys) > 0 {
			return false
		}
		close(w.settled)
		return true
	})
}
