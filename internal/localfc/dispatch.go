package localfc

import (
	"context"
	"slices"
	"sync"
	"time"
)

// event is an event until its outcome is final.
type event struct {
	requestID string
	payload   []byte
	attempts  int
	arrived   time.Time
	reply     chan Result // for a synchronous invocation; nil for an asynchronous one

	task *Task         // of an invocation that came through the API; guarded by the runtime's mu
	stop chan struct{} // closed when the task is to stop; nil without a task
}

// slot is room for one process. The process is started when there is an event for it.
type slot struct {
	id       string
	starting sync.Mutex // held while the process is checked or started

	// Guarded by the runtime's mu.
	instance *instance // nil if there is none or it has died
	events   int       // how many the process has
}

func (r *Runtime) enqueue(e *event) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return false
	}
	r.begin()
	r.queue = append(r.queue, e)
	r.dispatch()
	return true
}

// begin counts an event that has no final outcome yet. r.mu is held.
func (r *Runtime) begin() {
	if r.pending == 0 {
		r.idle = make(chan struct{})
	}
	r.pending++
}

// withdraw removes an event that nobody waits for any more, unless an attempt has started.
func (r *Runtime) withdraw(e *event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if n := slices.Index(r.queue, e); n >= 0 {
		r.queue = slices.Delete(r.queue, n, n+1)
		r.done()
	}
}

// dispatch gives queued events to slots with room. r.mu is held.
func (r *Runtime) dispatch() {
	for !r.closed && len(r.queue) > 0 && len(r.free) > 0 {
		e, p := r.queue[0], r.free[len(r.free)-1]
		r.queue = r.queue[1:]
		if age := r.config.MaxEventAge; age > 0 && e.reply == nil && time.Since(e.arrived) > age {
			r.expire(e)
			continue
		}
		e.attempts++
		e.set(TaskRunning)
		if p.events++; p.events == r.config.Concurrency {
			r.free = r.free[:len(r.free)-1]
		}
		r.work.Go(func() { r.run(p, e) })
	}
}

// release removes an event from its slot. Slots with a running process are used first, because FC
// starts another instance only when those are full. r.mu is held.
func (r *Runtime) release(p *slot) {
	p.events--
	r.free = slices.DeleteFunc(r.free, func(other *slot) bool { return other == p })
	if p.instance != nil || p.events > 0 {
		r.free = append(r.free, p)
	} else {
		r.free = slices.Insert(r.free, 0, p)
	}
}

// done counts an event as finished. r.mu is held.
func (r *Runtime) done() {
	r.pending--
	if r.pending == 0 {
		close(r.idle)
	}
}

// run makes one attempt, reports its outcome, and releases the slot.
func (r *Runtime) run(p *slot, e *event) {
	result := r.attempt(p, e)
	if r.ctx.Err() == nil || result.Error == nil && e.reply == nil {
		r.conclude(e, &result)
		r.tell(result)
	}

	r.mu.Lock()
	r.release(p)
	if result.Final {
		r.done()
	}
	r.dispatch()
	r.mu.Unlock()

	switch {
	case !result.Final:
		r.work.Go(func() { r.enqueueAfter(e, r.config.RetryInterval(e.attempts)) })
	case e.reply != nil:
		e.reply <- result
	}
}

// conclude decides whether an outcome is final, and records the event as given up if it is a final
// failure.
func (r *Runtime) conclude(e *event, result *Result) {
	r.mu.Lock()
	defer r.mu.Unlock()
	result.Stopped = result.Error != nil && e.stopped()
	result.Final = result.Error == nil || e.reply != nil || result.Stopped || e.attempts > r.config.MaxRetries
	if result.Final && result.Error != nil && e.reply == nil && !result.Stopped {
		r.failed = append(r.failed, r.config.newFailure(*result))
	}
	r.concluded(e, result)
}

// tell calls OnResult.
func (r *Runtime) tell(result Result) {
	r.report.Lock()
	defer r.report.Unlock()
	r.config.OnResult(result)
}

// attempt gives the event to the slot's process, which it starts if there is none.
func (r *Runtime) attempt(p *slot, e *event) Result {
	began := time.Now()
	i, err := r.ensureInstance(r.ctx, p)
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
		r.busy = append(r.busy, i)
	}
	r.meter.begin(i, started)
	r.mu.Unlock()

	result := i.invoke(r.ctx, e, e.attempts, started)

	r.mu.Lock()
	defer r.mu.Unlock()
	r.meter.end(i, result.Ended)
	if i.events == 0 {
		r.busy = slices.DeleteFunc(r.busy, func(other *instance) bool { return other == i })
		if p.instance != i { // a newer version has taken its place
			r.retire(i)
		}
	}
	if p.instance == i && !i.alive() {
		p.instance = nil
	}
	return result
}

// ensureInstance returns the process of a slot. It starts one if there is none.
func (r *Runtime) ensureInstance(ctx context.Context, p *slot) (*instance, error) {
	p.starting.Lock()
	defer p.starting.Unlock()
	r.mu.Lock()
	i, version := p.instance, r.version
	c := r.config
	c.Env = r.env
	if i != nil && i.version != version {
		if i.events == 0 {
			r.retire(i)
		}
		p.instance, i = nil, nil
	}
	r.mu.Unlock()
	if i != nil && i.alive() {
		return i, nil
	}
	i, err := startInstance(ctx, c, p.id, r.log, &r.used)
	r.mu.Lock()
	defer r.mu.Unlock()
	p.instance = i // nil with an error
	if err != nil {
		return nil, err
	}
	i.version = version
	r.meter.hook(i.initialized)
	r.address.Store(i.protocol.addr())
	return i, nil
}

// retire stops a process of an older version that has no event. r.mu is held, by an attempt.
func (r *Runtime) retire(i *instance) {
	r.work.Go(func() {
		took := i.stop()
		r.mu.Lock()
		defer r.mu.Unlock()
		r.meter.hook(took)
	})
}

// enqueueAfter queues an event after a wait, unless its task is stopped or the runtime is closed before.
func (r *Runtime) enqueueAfter(e *event, d time.Duration) {
	wait := time.NewTimer(d)
	defer wait.Stop()
	select {
	case <-r.ctx.Done():
		r.cut(e)
	case <-e.stop:
	case <-wait.C:
		r.mu.Lock()
		closed := r.closed
		if !closed && !e.stopped() {
			r.queue = append(r.queue, e)
			r.dispatch()
		}
		r.mu.Unlock()
		if closed {
			r.cut(e)
		}
	}
}

// cut says of an event that no attempt follows, because the runtime is closed.
func (r *Runtime) cut(e *event) {
	if e.reply == nil && r.config.OnCut != nil {
		r.report.Lock()
		defer r.report.Unlock()
		r.config.OnCut(e.payload)
	}
}
