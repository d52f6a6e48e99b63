package localfc

import (
	"os"
	"sync/atomic"
	"time"
)

// Usage is what FC would bill for, and the resources the function used.
type Usage struct {
	// Invocations counts attempts, because FC bills retries too, and calls of lifecycle hooks, which
	// are billed like invocations.
	Invocations int
	// Billed is the time in which instances had at least one event or ran a hook, each period
	// rounded up to FC's granularity of 1 ms. Events that an instance has at the same time share it.
	Billed time.Duration
	// GBSeconds is Billed times the configured memory size, in binary gigabytes.
	GBSeconds float64
	// MaxRSS is the largest resident memory of any process so far, in bytes. On Linux it is read
	// after each attempt, while the process runs; on other systems when a process has ended.
	MaxRSS int64
	// CPU is the user and system time of the processes that have ended, including their start. It is
	// complete after Close.
	CPU time.Duration
}

// meter adds up usage. Its owner's lock guards it.
type meter struct {
	invocations int
	billed      time.Duration
}

// span is a period for which an instance is billed; the zero span is none.
type span struct{ from, to time.Time }

func (m *meter) bill(s span) {
	if !s.from.IsZero() {
		m.billed += max(1, (s.to.Sub(s.from)+time.Millisecond-1)/time.Millisecond) * time.Millisecond
	}
}

// hook bills a lifecycle hook, if it ran.
func (m *meter) hook(s span) {
	if !s.from.IsZero() {
		m.invocations++
		m.bill(s)
	}
}

// begin counts an event that is given to an instance.
func (m *meter) begin(i *instance, now time.Time) {
	if i.events == 0 {
		i.busy = span{from: now}
	}
	i.events++
	m.invocations++
}

// end counts an event that an instance has finished.
func (m *meter) end(i *instance, now time.Time) {
	if now.After(i.busy.to) {
		i.busy.to = now
	}
	if i.events--; i.events == 0 {
		m.bill(i.busy)
	}
}

func (m *meter) usage(memoryMB int, maxRSS int64, cpu time.Duration) Usage {
	return Usage{
		Invocations: m.invocations,
		Billed:      m.billed,
		GBSeconds:   m.billed.Seconds() * float64(memoryMB) / 1024,
		MaxRSS:      maxRSS,
		CPU:         cpu,
	}
}

// resources is what processes used.
type resources struct {
	memory peakMemory
	cpu    atomic.Int64 // nanoseconds, of those that have ended
}

// ended adds what an ended process used.
func (r *resources) ended(state *os.ProcessState) {
	r.cpu.Add(int64(state.UserTime() + state.SystemTime()))
	r.memory.ended(state)
}

// peakMemory is the largest resident memory of any process.
type peakMemory struct{ bytes atomic.Int64 }

func (p *peakMemory) raise(bytes int64) {
	for {
		old := p.bytes.Load()
		if bytes <= old || p.bytes.CompareAndSwap(old, bytes) {
			return
		}
	}
}
