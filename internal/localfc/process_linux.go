package localfc

import "syscall"

// detached keeps the function out of the terminal's process group, so that an
// interrupt from the keyboard reaches only this process, which then ends the
// function in order; and has the kernel kill it if this process is killed
// itself, for the runtime SDK asks a dead API for events in a busy loop.
func detached() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
