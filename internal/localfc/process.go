package localfc

import (
	"errors"
	"fmt"
	"io"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

const (
	// stopGrace is how long a process may take to end after SIGTERM.
	stopGrace = 2 * time.Second
	// outputGrace is how long to wait for the output of an ended process, in case a child of it
	// still has the pipe open.
	outputGrace = time.Second
)

// process is one running process of the function.
type process struct {
	cmd    *exec.Cmd
	output *output
	exited chan struct{} // closed when the process has ended and its output was read
	used   *resources
}

// startProcess starts the function. ended is called when the process has ended, before exited is
// closed.
func startProcess(c Config, env []string, log io.Writer, used *resources, ended func()) (*process, error) {
	p := &process{output: &output{to: log}, exited: make(chan struct{}), used: used}
	p.cmd = exec.Command(c.Function)
	if c.Custom {
		p.cmd.Args = append(p.cmd.Args, "serve")
	}
	p.cmd.Dir = c.CodePath
	p.cmd.Env = env
	p.cmd.Stdout, p.cmd.Stderr = p.output, p.output
	p.cmd.WaitDelay = outputGrace
	p.cmd.SysProcAttr = ownGroup() // if this process is killed, the function ends because its output is broken

	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start function %s: %w%s", c.Function, err, startHint(err))
	}
	go func() {
		p.cmd.Wait()
		p.used.ended(p.cmd.ProcessState)
		p.output.flush()
		ended()
		close(p.exited)
	}()
	return p, nil
}

// startHint explains the one start error whose message is hard to understand.
func startHint(err error) string {
	if errors.Is(err, syscall.ENOEXEC) {
		return fmt.Sprintf(": it was not built for this system, %s/%s", runtime.GOOS, runtime.GOARCH)
	}
	return ""
}

// measure updates the peak memory.
func (p *process) measure() {
	if p.alive() {
		p.used.memory.sample(p.cmd.Process.Pid)
	}
}

func (p *process) alive() bool {
	select {
	case <-p.exited:
		return false
	default:
		return true
	}
}

// kill kills the process and waits until it has ended.
func (p *process) kill() {
	p.cmd.Process.Kill()
	<-p.exited
}

// terminate asks the process to end, and kills it if that is not possible or takes too long.
func (p *process) terminate() {
	p.measure()
	if askToEnd(p.cmd.Process) {
		select {
		case <-p.exited:
		case <-time.After(stopGrace):
		}
	}
	p.kill()
}
