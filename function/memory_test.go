package main

import (
	"math"
	"runtime/debug"
	"testing"
)

func TestTheGarbageCollectorKeepsToTheMemoryOfTheInstance(t *testing.T) {
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(-1))
	for size, want := range map[string]int64{
		"128": 104 << 20, "": math.MaxInt64, "0": math.MaxInt64, "all": math.MaxInt64,
	} {
		debug.SetMemoryLimit(math.MaxInt64)
		limitMemory(from(map[string]string{"FC_FUNCTION_MEMORY_SIZE": size}))
		if got := debug.SetMemoryLimit(-1); got != want {
			t.Errorf("FC_FUNCTION_MEMORY_SIZE=%q: the limit is %d, want %d", size, got, want)
		}
	}
}
