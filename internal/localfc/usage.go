package localfc

import (
	"os"
	"sync/atomic"
	"time"
)

// Usage is what FC would bill for, and what the function took.
type Usage struct {
	// Invocations counts attempts, for FC bills a retry like a first try, and calls
	// of lifecycle hooks, which are billed like invocations.
	Invocations int
	// Billed is the time in which instances had at least one event, or ran a hook,
	// each time rounded up to FC's granularity of 1 ms. Events that one instance
	// has at once share it.
	Billed time.Duration
	// GBSeconds is Billed by the configured memory size, in binary gigabytes.
	GBSeconds float64
	// MaxRSS is the largest resident memory of any process so far, in bytes. On
	// Linux it is read while a process runs, after each attempt; elsewhere it
	// is known once a process has ended.
	MaxRSS int64
	// CPU is the user and system time of the processes that have ended, their
	// start included: all of it is known after Close.
	CPU time.Duration
}

// meter adds up usage. It is guarded by its owner.
type meter struct {
	invocations int
	billed      time.Duration
}

// span is a time for which an instance is billed; the zero span is none.
type span struct{ from, to time.Time }

func (m *meter) bill(s span) {
	if !s.from.IsZero() {
		m.billed += max(1, (s.to.Sub(s.from)+time.Millisecond-1)/time.Millisecond) * time.Millisecond
	}
}

// hook bills a lifecycle hook, if there was one.
func (m *meter) hook(s span) {
	if !s.from.IsZero() {
		m.invocations++
		m.bill(s)
	}
}

// begin notes that an event is handed to an instance.
func (m *meter) begin(i *instance, now time.Time) {
	if i.events == 0 {
		i.busy = span{from: now}
	}
	i.events++
	m.invocations++
}

// end notes that an instance is done with an event.
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

// taken is what processes took.
type taken struct {
	memory peakMemory
	cpu    atomic.Int64 // nanoseconds, of those that have ended
}

// ended books a process that is over.
func (t *taken) ended(state *os.ProcessState) {
	t.cpu.Add(int64(state.UserTime() + state.SystemTime()))
	t.memory.ended(state)
}

// peakMemory is the largest resident memory seen of any process.
type peakMemory struct{ bytes atomic.Int64 }

func (p *peakMemory) raise(bytes int64) {
	for {
		old := p.bytes.Load()
		if bytes <= old || p.bytes.CompareAndSwap(old, bytes) {
			return
		}
	}
}
