package localfc

import (
	"context"
	"slices"
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
	instance *instance // nil: none, or it has died
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

// dispatch puts events into free places. r.mu is held.
func (r *Runtime) dispatch() {
	for !r.closed && len(r.queue) > 0 && len(r.free) > 0 {
		e, last := r.queue[0], len(r.free)-1
		p := r.free[last]
		r.queue, r.free = r.queue[1:], r.free[:last]
		r.work.Go(func() { r.run(p, e) })
	}
}

// done counts an event as over. r.mu is held.
func (r *Runtime) done() {
	r.pending--
	if r.pending == 0 {
		close(r.quiet)
	}
}

// run makes one attempt at an event, tells its outcome, and frees the place.
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
	if p.instance != nil {
		r.free = append(r.free, p)
	} else {
		r.free = slices.Insert(r.free, 0, p) // running processes are used first
	}
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
	if p.instance != nil && !p.instance.alive() {
		p.instance = nil
	}
	if p.instance == nil {
		began := time.Now()
		if err := r.occupy(r.ctx, p); err != nil {
			failure := &FunctionError{Message: err.Error(), Type: "FunctionStartError"}
			return Result{
				RequestID: e.requestID, Attempt: e.attempts, Payload: e.payload,
				Error: failure, Response: failure.json(), Died: true,
				Started: began, Ended: time.Now(),
			}
		}
	}
	r.mu.Lock()
	r.working = append(r.working, p.instance)
	r.mu.Unlock()
	result := p.instance.invoke(r.ctx, e, e.attempts)
	r.mu.Lock()
	r.working = slices.DeleteFunc(r.working, func(i *instance) bool { return i == p.instance })
	r.meter.add(result)
	r.mu.Unlock()
	if !p.instance.alive() {
		p.instance = nil
	}
	return result
}

// occupy starts a process in a place.
func (r *Runtime) occupy(ctx context.Context, p *place) error {
	i, err := startInstance(ctx, r.config, p.id, r.log, &r.taken)
	if err != nil {
		return err
	}
	p.instance = i
	r.address.Store(i.addr)
	return nil
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
