package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"

	"afterput/internal/deploy"
	"afterput/rules"
)

// What a process of its own does with a rules file.
const (
	loads           = "load"
	lints           = "lint"
	derivesTriggers = "triggers"
)

// usage is what that took, the start of the process included.
type usage struct {
	CPU         float64 // seconds
	Resident    float64 // MiB, at most
	Allocations uint64
	Allocated   float64 // MiB, in all
	Refused     string  // why the file was refused, "" if it was accepted
}

// memoryLimit is that of the garbage collector in an instance of 128 MB, as the function sets it.
const memoryLimit = "GOMEMLIMIT=104MiB"

// measure runs this program again as the process that is measured.
func measure(ctx context.Context, task string, data []byte) (u usage, err error) {
	self, err := os.Executable()
	if err != nil {
		return u, err
	}
	cmd := exec.CommandContext(ctx, self, task)
	cmd.Stdin, cmd.Stderr, cmd.Env = bytes.NewReader(data), os.Stderr, append(os.Environ(), memoryLimit)
	out, err := cmd.Output()
	if err != nil {
		return u, fmt.Errorf("%s: %w", task, err)
	}
	return u, json.Unmarshal(out, &u)
}

// work is that process: it prints its own usage.
func work(task string) error {
	data, err := io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}
	var u usage
	set, err := rules.Load("rules.yaml", data, nil)
	switch {
	case err != nil:
		u.Refused, _, _ = strings.Cut(err.Error(), "\n")
	case task == lints:
		set.Lint()
	case task == derivesTriggers:
		deploy.Triggers(set)
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	u.Allocations, u.Allocated = m.Mallocs, float64(m.TotalAlloc)/(1<<20)
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return err
	}
	u.CPU = time.Duration(used.Utime.Nano() + used.Stime.Nano()).Seconds()
	if u.Resident, err = resident(); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(u)
}

// resident is the most memory of this process that was resident, in MiB. Getrusage would include what its parent had.
func resident() (float64, error) {
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
