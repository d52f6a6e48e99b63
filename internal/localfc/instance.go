package localfc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

const (
	// startLimit is how long a process may take to ask for its first event.
	startLimit = 30 * time.Second
	// stopGrace is how long a process may take to end after SIGTERM.
	stopGrace = 2 * time.Second
	// outputGrace is how long the output of an ended process is waited for, in
	// case a child of its own holds the pipe.
	outputGrace = time.Second
)

// instance is one process of the function with a runtime API of its own, so
// that nothing a dead process left behind can reach the next one.
type instance struct {
	config Config
	api    *api
	server *http.Server
	addr   string

	cmd    *exec.Cmd
	output *output
	exited chan struct{} // closed when the process is over and its output read
	taken  *taken
}

// startInstance returns when the process has asked for its first event, or
// fails with what it printed.
func startInstance(ctx context.Context, c Config, id string, log io.Writer, took *taken) (*instance, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for the runtime API: %w", err)
	}
	i := &instance{
		config: c,
		api:    newAPI(c),
		addr:   listener.Addr().String(),
		output: &output{to: log},
		exited: make(chan struct{}),
		taken:  took,
	}
	i.server = &http.Server{Handler: i.api.routes()}
	served := make(chan struct{})
	go func() {
		defer close(served)
		i.server.Serve(listener)
	}()

	i.cmd = exec.Command(c.Function)
	i.cmd.Dir = c.CodePath
	i.cmd.Env = c.environment(i.addr, id)
	i.cmd.Stdout, i.cmd.Stderr = i.output, i.output
	i.cmd.WaitDelay = outputGrace
	// Out of the terminal's process group: an interrupt from the keyboard reaches
	// this process alone, which then ends the function in order. Should this
	// process be killed, the function dies of its broken output.
	i.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}

	if err := i.cmd.Start(); err != nil {
		i.server.Close()
		<-served
		return nil, fmt.Errorf("start function %s: %w%s", c.Function, err, startHint(err))
	}
	go func() {
		i.cmd.Wait()
		i.taken.ended(i.cmd.ProcessState)
		i.output.flush()
		i.server.Close()
		<-served
		close(i.exited)
	}()

	limit := time.NewTimer(startLimit)
	defer limit.Stop()
	select {
	case <-i.api.asked:
		return i, nil
	case <-i.exited:
		return nil, fmt.Errorf("function %s ended (%s) before it asked for its first event%s",
			c.Function, i.cmd.ProcessState, i.output.last())
	case <-limit.C:
		err = fmt.Errorf("within %v", startLimit)
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	i.kill()
	return nil, fmt.Errorf("function %s did not ask for its first event: %w%s", c.Function, err, i.output.last())
}

// startHint explains the one start error whose own words puzzle.
func startHint(err error) string {
	if errors.Is(err, syscall.ENOEXEC) {
		return fmt.Sprintf(": it was built for another system than this one, %s/%s", runtime.GOOS, runtime.GOARCH)
	}
	return ""
}

// invoke hands one event to the process and waits for its outcome: an answer,
// the time-out (the process is killed: the runtime SDK only cancels its
// context), the process's end, or ctx's. Only in the first case can the
// instance be used again; alive tells.
func (i *instance) invoke(ctx context.Context, e *event, number int) Result {
	r := Result{RequestID: e.requestID, Attempt: number, Payload: e.payload, Started: time.Now()}
	a := attempt{event: e, number: number, deadline: r.Started.Add(i.config.Timeout)}
	timeout := time.NewTimer(i.config.Timeout)
	defer timeout.Stop()

	next := i.api.next
	for {
		select {
		case next <- a:
			next = nil // handed out; what is left is to wait
			continue
		case ans := <-i.api.answers:
			r.answered(ans)
		case <-timeout.C:
			i.measure()
			i.kill()
			r.TimedOut = true
			r.Error = &FunctionError{Message: fmt.Sprintf("Function timed out after %v and was killed", i.config.Timeout)}
		case <-i.exited:
			select {
			case ans := <-i.api.answers: // its last word came in time
				r.answered(ans)
			default:
				r.Died = true
				r.Error = &FunctionError{Message: fmt.Sprintf(
					"Process exited unexpectedly before completing request (duration: %dms, %s)",
					time.Since(r.Started).Milliseconds(), i.cmd.ProcessState)}
			}
		case <-ctx.Done():
			r.Error = &FunctionError{Message: context.Cause(ctx).Error()}
		}
		break
	}
	r.Ended = time.Now()
	if r.Response == nil && r.Error != nil {
		r.Response = r.Error.json()
	}
	i.measure()
	return r
}

// measure notes how much memory the process has taken so far.
func (i *instance) measure() {
	if i.alive() {
		i.taken.memory.sample(i.cmd.Process.Pid)
	}
}

func (i *instance) alive() bool {
	select {
	case <-i.exited:
		return false
	default:
		return true
	}
}

// kill ends the process at once and waits until it is over.
func (i *instance) kill() {
	i.cmd.Process.Kill()
	<-i.exited
}

// stop asks the process to end, and kills it when it does not.
func (i *instance) stop() {
	i.measure()
	i.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-i.exited:
	case <-time.After(stopGrace):
	}
	i.kill()
}
