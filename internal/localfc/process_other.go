//go:build !linux

package localfc

import "syscall"

// detached keeps the function out of the terminal's process group, so that an
// interrupt from the keyboard reaches only this process, which then ends the
// function in order.
func detached() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
