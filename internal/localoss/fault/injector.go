package fault

import (
	"context"
	"fmt"
	"sync"
	"time"

	"afterput/internal/localoss"
)

// Injector makes faults happen. Its Intercept belongs into a server's Config.
type Injector struct {
	faults []Fault
	lots   lots

	mu     sync.Mutex
	called []int // by fault: the requests it selected, counted or not
	struck []int // by fault: the requests it happened to

	pending pending
}

// New gives an injector of the faults. It panics when one is contradictory;
// those of a file were checked when it was loaded.
func New(seed uint64, faults ...Fault) *Injector {
	for i := range faults {
		if problem := faults[i].check(); problem != "" {
			panic(fmt.Sprintf("fault %d: %s", i+1, problem))
		}
	}
	return &Injector{
		faults: faults,
		lots:   lots{seed: seed},
		called: make([]int, len(faults)),
		struck: make([]int, len(faults)),
	}
}

// Struck is how often each fault happened, in the order they were given.
func (in *Injector) Struck() []int {
	in.mu.Lock()
	defer in.mu.Unlock()
	return append([]int(nil), in.struck...)
}

// next counts the request and gives the fault it meets, nil for none.
func (in *Injector) next(op localoss.Operation) *Fault {
	in.mu.Lock()
	defer in.mu.Unlock()
	var met *Fault
	for i := range in.faults {
		f := &in.faults[i]
		if !f.selects(op) {
			continue
		}
		in.called[i]++
		if met != nil || !f.Calls.has(in.called[i]) {
			continue
		}
		if f.Probability > 0 && in.lots.draw(i, op) >= f.Probability {
			continue
		}
		in.struck[i]++
		met = f
	}
	return met
}

// Intercept is a [localoss.Intercept].
func (in *Injector) Intercept(ctx context.Context, call *localoss.Call, next func() *localoss.Response) *localoss.Response {
	f := in.next(call.Operation)
	if f == nil {
		return next()
	}
	if !sleep(ctx, f.Delay) {
		return nil
	}
	reply := f.act(call, next)
	if !sleep(ctx, f.ReplyDelay) {
		return nil
	}
	if f.Later > 0 {
		in.later(ctx, f.Later, call, next)
	}
	if reply == nil {
		return nil
	}
	f.spoil(call, reply)
	return reply
}

// act lets the request take effect, as far as the fault lets it, and gives the
// reply; nil to drop it.
func (f *Fault) act(call *localoss.Call, next func() *localoss.Response) *localoss.Response {
	for _, offset := range f.Corrupt {
		call.Corrupt(offset)
	}
	if f.IgnoreRange {
		call.IgnoreRange()
	}
	fails := f.Error != nil || f.Drop
	var reply *localoss.Response
	if !fails || f.Committed {
		reply = next()
	}
	switch {
	case f.Drop:
		return nil
	case f.Error != nil:
		e := *f.Error
		return call.Refuse(&e)
	}
	return reply
}

// sleep waits for d and reports whether the server is still there afterwards.
func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
