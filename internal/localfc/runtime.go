// Package localfc is a Function Compute runtime that runs in this process: it
// starts a compiled function as a child process, hands it events as FC's
// built-in Go runtime or as a custom runtime, kills it at the time-out, starts
// it again when it has died, retries what failed as FC retries asynchronous
// events, and keeps what it gave up in the shape an on-failure destination
// gets.
package localfc

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// ErrClosed is given to who waits for an event when the runtime is closed.
var ErrClosed = errors.New("the function runtime is closed")

// Runtime runs one function. Its methods may be called at the same time.
type Runtime struct {
	config  Config
	log     io.Writer
	taken   taken
	address atomic.Value // string

	ctx    context.Context // ends with Close
	cancel context.CancelCauseFunc
	work   sync.WaitGroup // attempts under way and retries waiting
	report sync.Mutex     // held during OnResult

	mu      sync.Mutex
	closed  bool
	queue   []*event
	free    []*place    // places with room, those to use first at the end
	pending int         // events without a final outcome
	working []*instance // those with an event, longest first
	quiet   chan struct{}
	failed  []Failure
	meter   meter
}

// Start starts the function and returns when it is ready for its first event: it
// has asked for it or, as a custom runtime, listens, and has initialized. It
// fails when there is no such binary, it cannot be run, it ends before that, or
// ctx ends; the error quotes what the function printed. ctx
// bounds the start alone: [Runtime.Close] ends the runtime.
func Start(ctx context.Context, c Config) (*Runtime, error) {
	c, err := c.complete()
	if err != nil {
		return nil, err
	}
	r := &Runtime{config: c, log: &lockedWriter{w: c.Log}}
	r.ctx, r.cancel = context.WithCancelCause(context.Background())
	for n := c.Instances; n > 0; n-- {
		r.free = append(r.free, &place{id: fmt.Sprintf("c-%s-%d", rand.Text()[:8], n)})
	}
	if _, err := r.occupy(ctx, r.free[len(r.free)-1]); err != nil {
		return nil, err
	}
	return r, nil
}

// Invoke queues an event as an OSS trigger does and returns its request id. The
// outcome goes to OnResult. After Close the event is dropped.
func (r *Runtime) Invoke(payload []byte) string {
	e := &event{requestID: newRequestID(), payload: slices.Clone(payload)}
	r.enqueue(e)
	return e.requestID
}

// InvokeSync runs the function once, without retries, and returns the outcome:
// a function that failed is told by Result.Error. The error is that there is no
// outcome: ctx ended, or the runtime was closed.
func (r *Runtime) InvokeSync(ctx context.Context, payload []byte) (Result, error) {
	e := &event{requestID: newRequestID(), payload: slices.Clone(payload), reply: make(chan Result, 1)}
	if !r.enqueue(e) {
		return Result{}, ErrClosed
	}
	select {
	case result := <-e.reply:
		return result, nil
	case <-r.ctx.Done():
		return Result{}, ErrClosed
	case <-ctx.Done():
		r.withdraw(e)
		return Result{}, fmt.Errorf("wait for the function: %w", context.Cause(ctx))
	}
}

// Wait returns when every event has its final outcome, or with the error that
// ended the waiting: ctx's, or [ErrClosed].
func (r *Runtime) Wait(ctx context.Context) error {
	r.mu.Lock()
	quiet := r.quiet
	idle := r.pending == 0
	r.mu.Unlock()
	if idle {
		return nil
	}
	select {
	case <-quiet:
		return nil
	case <-r.ctx.Done():
		return ErrClosed
	case <-ctx.Done():
		return fmt.Errorf("wait for the function: %w", context.Cause(ctx))
	}
}

// Failed returns the asynchronous events given up so far, in the order in which
// that happened: what an on-failure destination would have received.
func (r *Runtime) Failed() []Failure {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.failed)
}

// Kill ends the process that has been at work longest, at once and without a
// warning (SIGKILL), as a lost machine would. Its events fail like those whose
// function died. It reports whether there was such a process.
func (r *Runtime) Kill() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.working) == 0 {
		return false
	}
	i := r.working[0]
	r.working = r.working[1:] // it dies once
	return i.cmd.Process.Kill() == nil
}

// Usage returns what was used so far.
func (r *Runtime) Usage() Usage {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.meter.usage(r.config.MemoryMB, r.taken.memory.bytes.Load(), time.Duration(r.taken.cpu.Load()))
}

// Address is where the process started last finds its runtime API or, as a custom
// runtime, listens: host:port.
func (r *Runtime) Address() string { return r.address.Load().(string) }

// Close ends the function's processes, by SIGTERM and if need be by SIGKILL,
// and drops the events without an outcome. It returns when all is over; nothing
// keeps running.
func (r *Runtime) Close() error {
	r.mu.Lock()
	r.closed = true
	r.queue = nil
	r.mu.Unlock()
	r.cancel(ErrClosed)
	r.work.Wait()
	for _, p := range r.free {
		if p.instance != nil {
			r.work.Go(func() {
				took := p.instance.stop()
				r.mu.Lock()
				defer r.mu.Unlock()
				r.meter.hook(took)
			})
		}
	}
	r.work.Wait()
	return nil
}

// newRequestID is in the form of FC 3.0's: the time, then chance.
func newRequestID() string {
	var b [10]byte
	rand.Read(b[:])
	return fmt.Sprintf("1-%08x-%x-%x", time.Now().Unix(), b[:4], b[4:])
}
