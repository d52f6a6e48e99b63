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
	// outputGrace is how long the output of an ended process is waited for, in
	// case a child of its own holds the pipe.
	outputGrace = time.Second
)

// process is one running process of the function.
type process struct {
	cmd    *exec.Cmd
	output *output
	exited chan struct{} // closed when the process is over and its output read
	taken  *taken
}

// startProcess starts the function. ended is called when the process is over,
// before exited tells.
func startProcess(c Config, env []string, log io.Writer, took *taken, ended func()) (*process, error) {
	p := &process{output: &output{to: log}, exited: make(chan struct{}), taken: took}
	p.cmd = exec.Command(c.Function)
	if c.Custom {
		p.cmd.Args = append(p.cmd.Args, "serve")
	}
	p.cmd.Dir = c.CodePath
	p.cmd.Env = env
	p.cmd.Stdout, p.cmd.Stderr = p.output, p.output
	p.cmd.WaitDelay = outputGrace
	// Out of the terminal's process group: an interrupt from the keyboard reaches
	// this process alone, which then ends the function in order. Should this
	// process be killed, the function dies of its broken output.
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}

	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start function %s: %w%s", c.Function, err, startHint(err))
	}
	go func() {
		p.cmd.Wait()
		p.taken.ended(p.cmd.ProcessState)
		p.output.flush()
		ended()
		close(p.exited)
	}()
	return p, nil
}

// startHint explains the one start error whose own words puzzle.
func startHint(err error) string {
	if errors.Is(err, syscall.ENOEXEC) {
		return fmt.Sprintf(": it was built for another system than this one, %s/%s", runtime.GOOS, runtime.GOARCH)
	}
	return ""
}

// measure notes how much memory the process has taken so far.
func (p *process) measure() {
	if p.alive() {
		p.taken.memory.sample(p.cmd.Process.Pid)
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

// kill ends the process at once and waits until it is over.
func (p *process) kill() {
	p.cmd.Process.Kill()
	<-p.exited
}

// terminate asks the process to end, and kills it when it does not.
func (p *process) terminate() {
	p.measure()
	p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.exited:
	case <-time.After(stopGrace):
	}
	p.kill()
}
