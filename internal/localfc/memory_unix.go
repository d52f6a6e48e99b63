//go:build unix && !linux

package localfc

import (
	"os"
	"syscall"
)

func (p *peakMemory) sample(int) {}

// ended reads the peak memory of an ended process, which macOS reports in bytes.
func (p *peakMemory) ended(state *os.ProcessState) {
	if usage, ok := state.SysUsage().(*syscall.Rusage); ok {
		p.raise(usage.Maxrss)
	}
}
