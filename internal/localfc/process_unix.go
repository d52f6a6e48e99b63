//go:build unix

package localfc

import (
	"os"
	"syscall"
)

// ownGroup starts a process in a process group of its own: Ctrl-C in the terminal reaches only this process, which then
// stops the function in order.
func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// askToEnd sends SIGTERM to a process, and reports whether it can end by itself.
func askToEnd(p *os.Process) bool { return p.Signal(syscall.SIGTERM) == nil }
