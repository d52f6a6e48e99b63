//go:build !linux

package localfc

import (
	"os"
	"syscall"
)

func (p *peakMemory) sample(int) {}

// ended reads the high-water mark of an ended process, which macOS gives in
// bytes.
func (p *peakMemory) ended(state *os.ProcessState) {
	if usage, ok := state.SysUsage().(*syscall.Rusage); ok {
		p.raise(usage.Maxrss)
	}
}
