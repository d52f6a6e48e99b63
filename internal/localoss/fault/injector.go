package fault

import (
	"context"
	"fmt"
	"sync"
	"time"

	"afterput/internal/localoss"
)

// Injector makes faults happen. Its Intercept is used in a server's Config.
type Injector struct {
	faults []Fault
	random random

	mu       sync.Mutex
	selected []int // by fault: how many requests it selected, apart from Calls and Probability
	happened []int // by fault: how often it happened

	pending pending
}

// New returns an injector of the faults. It panics if one is contradictory; the faults of a file are
// checked by [Load].
func New(seed uint64, faults ...Fault) *Injector {
	for i := range faults {
		if problem := faults[i].check(); problem != "" {
			panic(fmt.Sprintf("fault %d: %s", i+1, problem))
		}
	}
	return &Injector{
		faults:   faults,
		random:   random{seed: seed},
		selected: make([]int, len(faults)),
		happened: make([]int, len(faults)),
	}
}

// Happened returns how often each fault has happened, in the order of the faults.
func (in *Injector) Happened() []int {
	in.mu.Lock()
	defer in.mu.Unlock()
	return append([]int(nil), in.happened...)
}

// next counts the request and returns the fault that happens to it, nil for none.
func (in *Injector) next(op localoss.Operation) *Fault {
	in.mu.Lock()
	defer in.mu.Unlock()
	var first *Fault
	for i := range in.faults {
		f := &in.faults[i]
		if !f.selects(op) {
			continue
		}
		in.selected[i]++
		if first != nil || !f.Calls.include(in.selected[i]) {
			continue
		}
		if f.Probability > 0 && in.random.draw(i, op) >= f.Probability {
			continue
		}
		in.happened[i]++
		first = f
	}
	return first
}

// Intercept is a [localoss.Intercept].
func (in *Injector) Intercept(
	ctx context.Context, call *localoss.Call, next func() *localoss.Response,
) *localoss.Response {
	f := in.next(call.Operation)
	if f == nil {
		return next()
	}
	if !sleep(ctx, f.Delay) {
		return nil
	}
	reply := f.apply(call, next)
	if !sleep(ctx, f.ReplyDelay) {
		return nil
	}
	if f.Later > 0 {
		in.later(ctx, f.Later, call, next)
	}
	if reply == nil {
		return nil
	}
	f.changeReply(call, reply)
	return reply
}

// apply lets the request take effect, if the fault does, and returns the reply; nil drops it.
func (f *Fault) apply(call *localoss.Call, next func() *localoss.Response) *localoss.Response {
	for _, offset := range f.Corrupt {
		call.Corrupt(offset)
	}
	if f.IgnoreRange {
		call.IgnoreRange()
	}
	var reply *localoss.Response
	if !f.fails() || f.Committed {
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

// sleep waits for d and reports whether the server is still open afterwards.
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
