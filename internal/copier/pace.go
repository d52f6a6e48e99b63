package copier

import (
	"slices"
	"sync"
	"time"

	"afterput/rules"
)

// What is assumed of copies between two buckets before any was made: the rate is what OSS gives a single connection by
// default, in bytes a second. If it is wrong, the first copy takes somewhat longer, but is still correct.
const (
	assumedRate   = 83e6
	assumedSpread = 0.25
)

const (
	recentParts = 64 // how many copied parts show how long a part usually takes
	enoughParts = 8  // how many have to
)

// pace is what the parts of recent copies between two buckets have shown. Its methods may be called from many
// goroutines.
type pace struct {
	mu     sync.Mutex
	recent []float64 // seconds that one byte took, the oldest first
}

// pair names two buckets.
type pair struct {
	from, to string
	rules.Remote
}

// paceOf is the pace of a copy's pair of buckets.
func (c *copying) pace() *pace {
	p, _ := c.copier.paces.LoadOrStore(pair{c.src.Object.Bucket, c.plan.Bucket, c.plan.Remote}, new(pace))
	return p.(*pace)
}

// note records a part that was copied, each byte of which took so many seconds.
func (p *pace) note(slowness float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.recent) == recentParts {
		p.recent = slices.Delete(p.recent, 0, 1)
	}
	p.recent = append(p.recent, slowness)
}

// seen gives how many bytes one request copies in a second, and by how much requests differ in the time of a byte: the
// distance between the slowest and the fastest tenth, as a share of the usual. Both are assumed if known is false.
func (p *pace) seen() (rate, spread float64, known bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.recent) < enoughParts {
		return assumedRate, assumedSpread, false
	}
	sorted := slices.Sorted(slices.Values(p.recent))
	sum := 0.
	for _, s := range sorted {
		sum += s
	}
	low, high := sorted[len(sorted)/10], sorted[len(sorted)*9/10]
	usual := sum / float64(len(sorted))
	return 1 / usual, (high - low) / usual, true
}

// transferTime is how long one request is expected to take to copy size bytes, where nothing is known.
func transferTime(size int64) time.Duration {
	return time.Duration(float64(size) / assumedRate * float64(time.Second))
}

// slownessOf is how long each byte of a part took that took so long in all.
func slownessOf(bytes int64, took, latency time.Duration) float64 {
	return max(took-latency, took/20, 1).Seconds() / float64(bytes)
}
