package localfc

import (
	"fmt"
	"os"
	"strings"
)

// sample reads the peak memory of a running process. The rusage of an ended process is no use: on
// Linux it starts with the memory of the process that started it.
func (p *peakMemory) sample(pid int) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return // the process has ended
	}
	for line := range strings.Lines(string(status)) {
		var kib int64
		if n, _ := fmt.Sscanf(line, "VmHWM: %d kB", &kib); n == 1 {
			p.raise(kib << 10)
			return
		}
	}
}

func (p *peakMemory) ended(*os.ProcessState) {}
