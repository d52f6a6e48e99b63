package main

import (
	"math"
	"runtime"
	"runtime/debug"
	"testing"
)

func TestAnInstanceOfAtMostOneCPUGetsOneThread(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(-1))
	for _, c := range []struct {
		size, chosen string
		want         int
	}{{"128", "", 1}, {"1024", "", 1}, {"1536", "", 3}, {"", "", 3}, {"512", "3", 3}} {
		runtime.GOMAXPROCS(3)
		vars := map[string]string{"FC_FUNCTION_MEMORY_SIZE": c.size}
		if c.chosen != "" {
			vars["GOMAXPROCS"] = c.chosen
		}
		limitTo(from(vars))
		if got := runtime.GOMAXPROCS(0); got != c.want {
			t.Errorf("%q MB, GOMAXPROCS=%q: %d threads, want %d", c.size, c.chosen, got, c.want)
		}
	}
}

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
