package main

import (
	"runtime/debug"

	"afterput/internal/instance"
)

// limitMemory has the garbage collector keep the process within the instance's memory, whose size FC gives in MB.
// Without a limit it lets the heap grow to twice of what is in use, and loading a large rules file may use half of the
// smallest instance.
func limitMemory(env func(string) (string, bool)) {
	if mb, known := instance.MemoryMB(env); known {
		debug.SetMemoryLimit(mb << 20 / 16 * 13) // the rest is for the program itself and the system
	}
}
