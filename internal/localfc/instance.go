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
	// deathGrace is how long to wait for the end of a process whose connection was lost.
	deathGrace = outputGrace + time.Second
)

// instance is one process of the function. Each has a protocol of its own, so that nothing from an
// ended process can reach the next one.
type instance struct {
	*process
	config   Config
	protocol protocol

	initialized span // when the initializer ran
	version     int  // of the runtime's environment

	// Guarded by the runtime's mu.
	events int  // how many it has
	busy   span // since it last had none
}

// protocol is how an instance communicates with its process. Each of FC's runtimes has its own.
type protocol interface {
	// envVar is the environment variable, as "K=V", that tells the process the address.
	envVar() string
	// addr is the address where the process listens or finds its server, host:port.
	addr() string
	// ready returns when the process takes events, or with ctx's error.
	ready(ctx context.Context) error
	// do gives the process an attempt and returns its response. An error means that there will be
	// none: ctx or the process has ended.
	do(ctx context.Context, a attempt) (response, error)
	// close is called when the process has ended.
	close()
}

// startInstance starts a process and returns when it is ready for its first event. The error has the
// process's last output.
func startInstance(ctx context.Context, c Config, id string, log io.Writer, used *resources) (*instance, error) {
	conn, err := newProtocol(c)
	if err != nil {
		return nil, err
	}
	p, err := startProcess(c, c.environment(conn.envVar(), id), log, used, conn.close)
	if err != nil {
		conn.close()
		return nil, err
	}
	i := &instance{process: p, config: c, protocol: conn}
	ctx, cancel := context.WithTimeoutCause(ctx, startLimit, fmt.Errorf("not within %v", startLimit))
	defer cancel()
	ready := make(chan error, 1)
	go func() { ready <- i.waitReady(ctx) }()
	select {
	case err = <-ready:
		if err == nil {
			return i, nil
		}
	case <-p.exited:
		cancel()
		<-ready
		return nil, fmt.Errorf("function %s ended (%s) before it %s%s",
			c.Function, p.cmd.ProcessState, c.readySign(), p.output.last())
	}
	p.kill()
	return nil, fmt.Errorf("function %s was stopped before it %s: %w%s",
		c.Function, c.readySign(), err, p.output.last())
}

func newProtocol(c Config) (protocol, error) {
	if c.Custom {
		return newCustomRuntime(c)
	}
	return newRuntimeAPI(c)
}

// readySign is what a process does to show that it is ready for events.
func (c Config) readySign() string {
	switch {
	case c.Initializer:
		return "had initialized"
	case c.Custom:
		return "listened on FC_CUSTOM_LISTEN_PORT"
	}
	return "asked for its first event"
}

// waitReady returns when the process takes events.
func (i *instance) waitReady(ctx context.Context) error {
	if err := i.protocol.ready(ctx); err != nil {
		return err
	}
	if !i.config.Initializer {
		return nil
	}
	resp, took, err := i.hook(ctx, initializer)
	if err != nil {
		return err
	}
	if resp.failed {
		return fmt.Errorf("its initializer failed: %w", parseFunctionError(resp.body))
	}
	i.initialized = took
	return nil
}

// hook calls a lifecycle hook and returns when it ran.
func (i *instance) hook(ctx context.Context, k callKind) (response, span, error) {
	took := span{from: time.Now()}
	deadline, _ := ctx.Deadline()
	resp, err := i.protocol.do(ctx, attempt{
		kind:     k,
		event:    &event{requestID: newRequestID()},
		number:   1,
		deadline: deadline,
	})
	took.to = time.Now()
	return resp, took, err
}

// invoke gives an event to the process and waits for the outcome: a response, the timeout (the
// process is killed then, because the runtime SDK only cancels its context), the end of the process,
// the end of ctx, or an order to stop the event's task. The instance can be used again if it is alive.
func (i *instance) invoke(ctx context.Context, e *event, number int, started time.Time) Result {
	r := Result{RequestID: e.requestID, Attempt: number, Payload: e.payload, Started: started}
	timeout := time.NewTimer(i.config.Timeout)
	defer timeout.Stop()
	ctx, cancel := context.WithCancel(ctx)
	type outcome struct {
		response
		error
	}
	done := make(chan outcome, 1)
	go func() {
		resp, err := i.protocol.do(ctx, attempt{event: e, number: number, deadline: started.Add(i.config.Timeout)})
		done <- outcome{resp, err}
	}()
	select {
	case o := <-done:
		switch {
		case o.error == nil:
			r.setResponse(o.response)
		case ctx.Err() != nil:
			r.Error = &FunctionError{Message: context.Cause(ctx).Error()}
		default:
			i.connectionLost(&r, o.error)
		}
		cancel()
	case <-e.stop:
		if !i.config.Custom { // its process has no other event
			i.kill()
		}
		r.Error = &FunctionError{Message: "the task was stopped"}
		cancel()
		<-done
	case <-timeout.C:
		i.measure()
		i.kill()
		r.TimedOut = true
		r.Error = &FunctionError{Message: fmt.Sprintf("Function timed out after %v and was killed", i.config.Timeout)}
		cancel()
		<-done
	}
	r.Ended = time.Now()
	if r.Response == nil && r.Error != nil {
		r.Response = r.Error.json()
	}
	i.measure()
	return r
}

// connectionLost sets the error of an attempt whose connection was lost: the process may have ended
// or may still run.
func (i *instance) connectionLost(r *Result, err error) {
	select {
	case <-i.exited:
		r.Died = true
		r.Error = &FunctionError{Message: fmt.Sprintf(
			"Process exited unexpectedly before completing request (duration: %dms, %s)",
			time.Since(r.Started).Milliseconds(), i.cmd.ProcessState)}
	case <-time.After(deathGrace):
		r.Error = &FunctionError{Message: "the function sent no response: " + err.Error()}
	}
}

// stop ends the process and returns when its PreStop hook ran.
func (i *instance) stop() (took span) {
	if i.config.PreStop && i.alive() {
		ctx, cancel := context.WithTimeout(context.Background(), stopGrace)
		defer cancel()
		_, took, _ = i.hook(ctx, preStop) // the process is stopped even if the hook fails
	}
	i.terminate()
	return took
}
