package localfc

import (
	"context"
	"slices"
	"sync"
	"time"
)

// event is one event until its outcome is final.
type event struct {
	requestID string
	payload   []byte
	attempts  int
	reply     chan Result // of a synchronous invocation; nil for an asynchronous one
}

// place is room for one process, which starts when there is an event for it.
type place struct {
	id       string
	starting sync.Mutex // held by who looks after the process

	// Guarded by the runtime's mu.
	instance *instance // nil: none, or it has died
	events   int       // that are the process's
}

func (r *Runtime) enqueue(e *event) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return false
	}
	if r.pending == 0 {
		r.quiet = make(chan struct{})
	}
	r.pending++
	r.queue = append(r.queue, e)
	r.dispatch()
	return true
}

// withdraw takes back an event that nobody waits for any more, if it has not
// begun.
func (r *Runtime) withdraw(e *event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if n := slices.Index(r.queue, e); n >= 0 {
		r.queue = slices.Delete(r.queue, n, n+1)
		r.done()
	}
}

// dispatch puts events into places with room. r.mu is held.
func (r *Runtime) dispatch() {
	for !r.closed && len(r.queue) > 0 && len(r.free) > 0 {
		e, p := r.queue[0], r.free[len(r.free)-1]
		r.queue = r.queue[1:]
		if p.events++; p.events == r.config.Concurrency {
			r.free = r.free[:len(r.free)-1]
		}
		r.work.Go(func() { r.run(p, e) })
	}
}

// leave takes an event out of its place. Places whose process runs are filled
// first, for FC starts another one only when those are full. r.mu is held.
func (r *Runtime) leave(p *place) {
	p.events--
	r.free = slices.DeleteFunc(r.free, func(other *place) bool { return other == p })
	if p.instance != nil || p.events > 0 {
		r.free = append(r.free, p)
	} else {
		r.free = slices.Insert(r.free, 0, p)
	}
}

// done counts an event as over. r.mu is held.
func (r *Runtime) done() {
	r.pending--
	if r.pending == 0 {
		close(r.quiet)
	}
}

// run makes one attempt at an event, tells its outcome, and leaves the place.
func (r *Runtime) run(p *place, e *event) {
	e.attempts++
	result := r.attempt(p, e)
	if r.ctx.Err() == nil {
		r.judge(e, &result)
		r.report.Lock()
		r.config.OnResult(result)
		r.report.Unlock()
	}

	r.mu.Lock()
	r.leave(p)
	if result.Final {
		r.done()
	}
	r.dispatch()
	r.mu.Unlock()

	switch {
	case !result.Final:
		r.work.Go(func() { r.retry(e) })
	case e.reply != nil:
		e.reply <- result
	}
}

// judge decides whether an outcome is its event's last, and gives the event up
// if that was a failure.
func (r *Runtime) judge(e *event, result *Result) {
	result.Final = result.Error == nil || e.reply != nil || e.attempts > r.config.MaxRetries
	if result.Final && result.Error != nil && e.reply == nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.failed = append(r.failed, r.config.failure(*result))
	}
}

// attempt hands the event to the place's process, which it starts if need be.
func (r *Runtime) attempt(p *place, e *event) Result {
	began := time.Now()
	i, err := r.occupy(r.ctx, p)
	if err != nil {
		failure := &FunctionError{Message: err.Error(), Type: "FunctionStartError"}
		return Result{
			RequestID: e.requestID, Attempt: e.attempts, Payload: e.payload,
			Error: failure, Response: failure.json(), Died: true,
			Started: began, Ended: time.Now(),
		}
	}
	r.mu.Lock()
	started := time.Now()
	if i.events == 0 {
		r.working = append(r.working, i)
	}
	r.meter.begin(i, started)
	r.mu.Unlock()

	result := i.invoke(r.ctx, e, e.attempts, started)

	r.mu.Lock()
	defer r.mu.Unlock()
	r.meter.end(i, result.Ended)
	if i.events == 0 {
		r.working = slices.DeleteFunc(r.working, func(other *instance) bool { return other == i })
	}
	if p.instance == i && !i.alive() {
		p.instance = nil
	}
	return result
}

// occupy gives the process of a place, which it starts if there is none.
func (r *Runtime) occupy(ctx context.Context, p *place) (*instance, error) {
	p.starting.Lock()
	defer p.starting.Unlock()
	r.mu.Lock()
	i := p.instance
	r.mu.Unlock()
	if i != nil && i.alive() {
		return i, nil
	}
	i, err := startInstance(ctx, r.config, p.id, r.log, &r.taken)
	r.mu.Lock()
	defer r.mu.Unlock()
	p.instance = i // nil with an error
	if err != nil {
		return nil, err
	}
	r.meter.hook(i.initialized)
	r.address.Store(i.front.addr())
	return i, nil
}

// retry queues the event again when its time has come.
func (r *Runtime) retry(e *event) {
	wait := time.NewTimer(r.config.RetryInterval(e.attempts))
	defer wait.Stop()
	select {
	case <-r.ctx.Done():
	case <-wait.C:
		r.mu.Lock()
		r.queue = append(r.queue, e)
		r.dispatch()
		r.mu.Unlock()
	}
}
