// Package localfc is a Function Compute runtime that runs in this process. It starts a compiled
// function as a child process and gives it events as FC's built-in Go runtime or as a custom runtime
// does. It kills the process at the timeout, starts another when it has ended, retries failed events
// as FC retries asynchronous ones, and keeps the events it gave up as an on-failure destination gets
// them.
package localfc

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// ErrClosed is the error of waiting for an event when the runtime is closed.
var ErrClosed = errors.New("the function runtime is closed")

// Runtime runs one function. Its methods may be called concurrently.
type Runtime struct {
	config  Config
	log     io.Writer
	used    resources
	address atomic.Value // string

	ctx    context.Context // ends with Close
	cancel context.CancelCauseFunc
	work   sync.WaitGroup // attempts under way and waiting retries
	report sync.Mutex     // held during OnResult

	mu      sync.Mutex
	closed  bool
	env     []string // Config.Env of processes that are started from now on
	version int      // how often env was replaced
	queue   []*event
	free    []*slot       // slots with room; the last is used first
	pending int           // how many events have no final outcome
	busy    []*instance   // those with an event, the longest busy first
	idle    chan struct{} // closed when pending becomes 0
	failed  []Failure
	losing  *mathrand.Rand // decides which events are lost
	lost    [][]byte
	tasks   map[string]*event // that came through the API, by the id of their task
	meter   meter
}

// Start starts the function and returns when it is ready for its first event: it has asked for it
// or, as a custom runtime, listens, and has initialized. It fails if the binary does not exist or
// cannot be run, if the process ends before it is ready, or if ctx ends; the error has what the
// function printed. ctx only limits the start: [Runtime.Close] ends the runtime.
func Start(ctx context.Context, c Config) (*Runtime, error) {
	c, err := c.complete()
	if err != nil {
		return nil, err
	}
	r := &Runtime{config: c, env: c.Env, log: &lockedWriter{w: c.Log}, tasks: make(map[string]*event),
		losing: mathrand.New(mathrand.NewPCG(c.LoseSeed, 1))}
	r.ctx, r.cancel = context.WithCancelCause(context.Background())
	for n := c.Instances; n > 0; n-- {
		r.free = append(r.free, &slot{id: fmt.Sprintf("c-%s-%d", rand.Text()[:8], n)})
	}
	if _, err := r.ensureInstance(ctx, r.free[len(r.free)-1]); err != nil {
		return nil, err
	}
	return r, nil
}

// Deliver is Invoke for an event that OSS has raised: it may get lost, as Config.Lose says.
func (r *Runtime) Deliver(payload []byte) {
	r.mu.Lock()
	lost := r.losing.Float64() < r.config.Lose
	if lost {
		r.lost = append(r.lost, slices.Clone(payload))
	}
	r.mu.Unlock()
	if !lost {
		r.Invoke(payload)
	}
}

// Lost returns the events that got lost so far, in that order.
func (r *Runtime) Lost() [][]byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.lost)
}

// Invoke queues an event as a trigger does and returns its request id. The outcome goes to
// OnResult. After Close the event is dropped.
func (r *Runtime) Invoke(payload []byte) string {
	e := &event{requestID: newRequestID(), payload: slices.Clone(payload), arrived: time.Now()}
	r.enqueue(e)
	return e.requestID
}

// InvokeSync runs the function once, without retries, and returns the outcome; if the function
// failed, that is in Result.Error. An error means that there is no outcome: ctx ended, or the
// runtime was closed.
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

// Wait returns when every event has its final outcome, or with ctx's error or [ErrClosed].
func (r *Runtime) Wait(ctx context.Context) error {
	r.mu.Lock()
	idle := r.idle
	done := r.pending == 0
	r.mu.Unlock()
	if done {
		return nil
	}
	select {
	case <-idle:
		return nil
	case <-r.ctx.Done():
		return ErrClosed
	case <-ctx.Done():
		return fmt.Errorf("wait for the function: %w", context.Cause(ctx))
	}
}

// Failed returns the asynchronous events given up so far, in that order: what an on-failure
// destination would have received.
func (r *Runtime) Failed() []Failure {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.failed)
}

// Kill kills the process that has been busy the longest (SIGKILL), as the loss of its machine would.
// Its events fail as if the function had died. It reports whether there was such a process.
func (r *Runtime) Kill() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.busy) == 0 {
		return false
	}
	i := r.busy[0]
	r.busy = r.busy[1:] // it cannot be killed twice
	return i.cmd.Process.Kill() == nil
}

// Deploy replaces [Config.Env] as the deployment of a new version does: every event that is handed to a process from
// now on is handled by one with it. A process that has an event finishes it and is stopped then.
func (r *Runtime) Deploy(env []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.env = env
	r.version++
}

// Usage returns what was used so far.
func (r *Runtime) Usage() Usage {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.meter.usage(r.config.MemoryMB, r.used.memory.bytes.Load(), time.Duration(r.used.cpu.Load()))
}

// Address is where the process started last finds its runtime API or, as a custom runtime, listens:
// host:port.
func (r *Runtime) Address() string { return r.address.Load().(string) }

// Close stops the function's processes, by SIGTERM and if necessary by SIGKILL, and drops the events
// without an outcome. When it returns nothing keeps running.
func (r *Runtime) Close() error {
	r.mu.Lock()
	r.closed = true
	waiting := r.queue
	r.queue = nil
	r.mu.Unlock()
	r.cancel(ErrClosed)
	for _, e := range waiting {
		r.cut(e)
	}
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

// newRequestID returns a request id in the form of FC 3.0: the time, then random numbers.
func newRequestID() string {
	var b [10]byte
	rand.Read(b[:])
	return fmt.Sprintf("1-%08x-%x-%x", time.Now().Unix(), b[:4], b[4:])
}
