package main

import (
	"runtime"
	"runtime/debug"
	"strconv"
)

// limitTo adapts the process to the size of its instance: [limitMemory], and, where the instance has at most one vCPU,
// one thread for Go code. By default Go takes two, however small the share of a CPU is; waking the other one takes a
// sixth of the CPU of a small copy.
func limitTo(env func(string) (string, bool)) {
	limitMemory(env)
	mb, known := memorySize(env)
	_, chosen := env("GOMAXPROCS")
	// Of each GB of memory an instance has at most one vCPU. Source: Function Compute, instance specifications.
	if known && mb <= 1024 && !chosen {
		runtime.GOMAXPROCS(1)
	}
}

// memorySize is the memory of the instance in MB.
func memorySize(env func(string) (string, bool)) (mb int64, known bool) {
	text, _ := env("FC_FUNCTION_MEMORY_SIZE")
	mb, err := strconv.ParseInt(text, 10, 32)
	return mb, err == nil && mb > 0
}

// limitMemory has the garbage collector keep the process within the instance's memory, whose size FC gives in MB.
// Without a limit it lets the heap grow to twice of what is in use, and loading a large rules file may use half of the
// smallest instance.
func limitMemory(env func(string) (string, bool)) {
	if mb, known := memorySize(env); known {
		debug.SetMemoryLimit(mb << 20 / 16 * 13) // the rest is for the program itself and the system
	}
}
