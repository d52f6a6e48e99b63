package instance

import (
	"runtime"
	"testing"
)

func TestAnInstanceOfAtMostOneCPUGetsOneThread(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, c := range []struct {
		size, chosen string
		want         int
	}{{"128", "", 1}, {"1024", "", 1}, {"1536", "", 3}, {"", "", 3}, {"512", "3", 3}} {
		runtime.GOMAXPROCS(3)
		vars := map[string]string{"FC_FUNCTION_MEMORY_SIZE": c.size}
		if c.chosen != "" {
			vars["GOMAXPROCS"] = c.chosen
		}
		limitThreads(func(name string) (string, bool) { v, ok := vars[name]; return v, ok })
		if got := runtime.GOMAXPROCS(0); got != c.want {
			t.Errorf("%q MB, GOMAXPROCS=%q: %d threads, want %d", c.size, c.chosen, got, c.want)
		}
	}
}
