package localfc

import (
	"context"
	"fmt"
	"io"
	"time"
)

const (
	// startLimit is how long a process may take until it is ready for events.
	startLimit = 30 * time.Second
	// deathGrace is how long the end of a process that broke off may take to be
	// noticed.
	deathGrace = outputGrace + time.Second
)

// instance is one process of the function with a front of its own, so that
// nothing a dead process left behind can reach the next one.
type instance struct {
	*process
	config Config
	front  front

	initialized span // what the initializer took

	// Guarded by the runtime's mu.
	events int  // under way
	busy   span // since there was none
}

// front is the side of an instance that its process speaks with, in the
// protocol of one of FC's runtimes.
type front interface {
	// variable tells the process where the two meet, as "K=V".
	variable() string
	// addr is that place, host:port.
	addr() string
	// ready returns when the process takes events, or ctx's error.
	ready(ctx context.Context) error
	// hand gives the process something to do and returns its answer. The error
	// is that there will be none: ctx has ended, or the process.
	hand(ctx context.Context, a attempt) (answer, error)
	// close tells that the process is over.
	close()
}

// startInstance returns when the process is ready for its first event, or fails
// with what it printed.
func startInstance(ctx context.Context, c Config, id string, log io.Writer, took *taken) (*instance, error) {
	f, err := newFront(c)
	if err != nil {
		return nil, err
	}
	p, err := startProcess(c, c.environment(f.variable(), id), log, took, f.close)
	if err != nil {
		f.close()
		return nil, err
	}
	i := &instance{process: p, config: c, front: f}
	ctx, cancel := context.WithTimeoutCause(ctx, startLimit, fmt.Errorf("not within %v", startLimit))
	defer cancel()
	ready := make(chan error, 1)
	go func() { ready <- i.prepare(ctx) }()
	select {
	case err = <-ready:
		if err == nil {
			return i, nil
		}
	case <-p.exited:
		cancel()
		<-ready
		return nil, fmt.Errorf("function %s ended (%s) before it %s%s", c.Function, p.cmd.ProcessState, c.firstSign(), p.output.last())
	}
	p.kill()
	return nil, fmt.Errorf("function %s was stopped before it %s: %w%s", c.Function, c.firstSign(), err, p.output.last())
}

func newFront(c Config) (front, error) {
	if c.Custom {
		return newCustom(c)
	}
	return newAPI(c)
}

// firstSign is what tells that a process is ready for events.
func (c Config) firstSign() string {
	switch {
	case c.Initializer:
		return "had initialized"
	case c.Custom:
		return "listened on FC_CUSTOM_LISTEN_PORT"
	}
	return "asked for its first event"
}

// prepare brings the process to where it takes events.
func (i *instance) prepare(ctx context.Context) error {
	if err := i.front.ready(ctx); err != nil {
		return err
	}
	if !i.config.Initializer {
		return nil
	}
	answer, took, err := i.hook(ctx, initializer)
	if err != nil {
		return err
	}
	if answer.failed {
		return fmt.Errorf("its initializer failed: %w", reported(answer.body))
	}
	i.initialized = took
	return nil
}

// hook calls a lifecycle hook and says when that was.
func (i *instance) hook(ctx context.Context, k kind) (answer, span, error) {
	took := span{from: time.Now()}
	deadline, _ := ctx.Deadline()
	ans, err := i.front.hand(ctx, attempt{kind: k, event: &event{requestID: newRequestID()}, number: 1, deadline: deadline})
	took.to = time.Now()
	return ans, took, err
}

// invoke hands one event to the process and waits for its outcome: an answer,
// the time-out (the process is killed: the runtime SDK only cancels its
// context), the process's end, or ctx's. The instance can be used again if it
// is alive.
func (i *instance) invoke(ctx context.Context, e *event, number int, started time.Time) Result {
	r := Result{RequestID: e.requestID, Attempt: number, Payload: e.payload, Started: started}
	timeout := time.NewTimer(i.config.Timeout)
	defer timeout.Stop()
	ctx, cancel := context.WithCancel(ctx)
	type outcome struct {
		answer
		error
	}
	over := make(chan outcome, 1)
	go func() {
		ans, err := i.front.hand(ctx, attempt{event: e, number: number, deadline: started.Add(i.config.Timeout)})
		over <- outcome{ans, err}
	}()
	select {
	case o := <-over:
		switch {
		case o.error == nil:
			r.answered(o.answer)
		case ctx.Err() != nil:
			r.Error = &FunctionError{Message: context.Cause(ctx).Error()}
		default:
			i.brokeOff(&r, o.error)
		}
		cancel()
	case <-timeout.C:
		i.measure()
		i.kill()
		r.TimedOut = true
		r.Error = &FunctionError{Message: fmt.Sprintf("Function timed out after %v and was killed", i.config.Timeout)}
		cancel()
		<-over
	}
	r.Ended = time.Now()
	if r.Response == nil && r.Error != nil {
		r.Response = r.Error.json()
	}
	i.measure()
	return r
}

// brokeOff tells a process that died from one that hung up and goes on.
func (i *instance) brokeOff(r *Result, err error) {
	select {
	case <-i.exited:
		r.Died = true
		r.Error = &FunctionError{Message: fmt.Sprintf(
			"Process exited unexpectedly before completing request (duration: %dms, %s)",
			time.Since(r.Started).Milliseconds(), i.cmd.ProcessState)}
	case <-time.After(deathGrace):
		r.Error = &FunctionError{Message: "the function gave no answer: " + err.Error()}
	}
}

// stop ends the process in order. It returns what the PreStop hook took.
func (i *instance) stop() (took span) {
	if i.config.PreStop && i.alive() {
		ctx, cancel := context.WithTimeout(context.Background(), stopGrace)
		defer cancel()
		_, took, _ = i.hook(ctx, preStop) // it ends in any case
	}
	i.terminate()
	return took
}
