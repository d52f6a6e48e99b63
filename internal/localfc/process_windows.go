package localfc

import (
	"os"
	"syscall"
)

// ownGroup starts a process in a process group of its own: Ctrl-C in the terminal reaches only this process, which then
// stops the function in order.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}

// askToEnd does nothing: Windows has no signal that asks a process to end.
func askToEnd(*os.Process) bool { return false }
