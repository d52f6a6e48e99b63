// Package process measures a process: its CPU time, which does not depend on what else the machine does, and its
// memory. It needs Linux.
package process

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
)

// Usage is what a process has taken, its start included.
type Usage struct {
	CPU         float64 // seconds, of user and system
	Resident    float64 // MiB, at most
	Allocations uint64
	Allocated   float64 // MiB, in all
}

// Used is what this process has taken so far.
func Used() (u Usage, err error) {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	u.Allocations, u.Allocated = m.Mallocs, float64(m.TotalAlloc)/(1<<20)
	cpu, err := CPU()
	if err != nil {
		return u, err
	}
	u.CPU = cpu.Seconds()
	u.Resident, err = Resident()
	return u, err
}

// Resident is the most memory of this process that was resident, in MiB. Getrusage would include what its parent had.
func Resident() (float64, error) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, fmt.Errorf("read the memory of a process, which needs Linux: %w", err)
	}
	for line := range strings.Lines(string(status)) {
		var kib float64
		if n, _ := fmt.Sscanf(line, "VmHWM: %f kB", &kib); n == 1 {
			return kib / 1024, nil
		}
	}
	return 0, fmt.Errorf("no VmHWM in /proc/self/status")
}

// Again runs this program again, with more variables in its environment, and returns its output.
func Again(ctx context.Context, variables []string, stdin io.Reader, args ...string) ([]byte, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self, args...)
	cmd.Stdin, cmd.Stderr, cmd.Env = stdin, os.Stderr, append(os.Environ(), variables...)
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", strings.Join(args, " "), err)
	}
	return out, nil
}
