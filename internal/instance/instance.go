// Package instance is the size of the instance of Function Compute that this process runs in. Where that has at most
// one vCPU, a program that imports the package gets one thread for Go code before its other packages are initialized.
//
// By default Go takes two, however small the share of a CPU is; waking the other one takes a sixth of the CPU of a
// small copy. To give it up later, at the beginning of main, takes a tenth of the CPU of a start: by then it has memory
// of its own. So this package imports next to nothing: Go initializes it as soon as what it imports is initialized.
package instance

import (
	"runtime"
	"strconv"
	"syscall"
)

func init() { limitThreads(syscall.Getenv) }

// MemoryMB is the memory of the instance in MB; known is false elsewhere than on Function Compute.
func MemoryMB(env func(string) (string, bool)) (mb int64, known bool) {
	text, _ := env("FC_FUNCTION_MEMORY_SIZE")
	mb, err := strconv.ParseInt(text, 10, 32)
	return mb, err == nil && mb > 0
}

// limitThreads has one thread run Go code, unless the instance may have more than one vCPU or the number was chosen.
func limitThreads(env func(string) (string, bool)) {
	mb, known := MemoryMB(env)
	_, chosen := env("GOMAXPROCS")
	// Of each GB of memory an instance has at most one vCPU. Source: Function Compute, instance specifications.
	if known && mb <= 1024 && !chosen {
		runtime.GOMAXPROCS(1)
	}
}
