package main

import (
	"runtime/debug"
	"strconv"
)

// limitMemory has the garbage collector keep the process within the instance's memory, whose size FC gives in MB.
// Without a limit it lets the heap grow to twice of what is in use, and loading a large rules file may use half of the
// smallest instance.
func limitMemory(env func(string) (string, bool)) {
	text, _ := env("FC_FUNCTION_MEMORY_SIZE")
	if mb, err := strconv.ParseInt(text, 10, 32); err == nil && mb > 0 {
		debug.SetMemoryLimit(mb << 20 / 16 * 13) // the rest is for the program itself and the system
	}
}
