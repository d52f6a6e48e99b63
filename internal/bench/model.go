package bench

import (
	"time"

	"afterput/internal/localoss/fault"
)

// Model is a service that copies are measured against.
type Model struct {
	Name string
	fault.Conditions
	// Later are changes of the service while it copies.
	Later []Later
	// Uncapped says that nothing but each request's own speed bounds the whole.
	Uncapped bool
	// SameBucket says that the copy stays within its bucket, where OSS moves no bytes.
	SameBucket bool
	// Run is which of several runs it is: each has other requests that are slow, and another order of those that are
	// sent at once. The tables have run 0.
	Run uint64
}

// Later is a change of the conditions, at a share of the time that the same copy takes on a service that does not
// change: both contenders meet it at the same point of their work.
type Later struct {
	At float64
	fault.Conditions
}

// quick is the longest that a small copy may take and still need no second look.
const quick = 200 * time.Millisecond

const (
	mib = int64(1) << 20
	gib = int64(1) << 30
	tib = int64(1) << 40

	perRequest = 83e6 // bytes a second that OSS gives one connection by default, assumed

	// firstSeed seeds what is random in run 0.
	firstSeed = 1
)

// like returns the conditions of the plain service, changed.
func like(change func(*fault.Conditions)) fault.Conditions {
	c := fault.Conditions{Latency: 20 * time.Millisecond, Bandwidth: perRequest}
	if change != nil {
		change(&c)
	}
	return c
}

// Models are the services of the benchmark.
func Models() []Model {
	half := like(func(c *fault.Conditions) { c.Bandwidth /= 2 })
	return []Model{
		{Name: "83 MB/s a request, no cap", Conditions: like(nil), Uncapped: true},
		{Name: "10 GB/s in all", Conditions: like(func(c *fault.Conditions) { c.TotalBandwidth = 10e9 })},
		{Name: "throttles above 32", Conditions: like(func(c *fault.Conditions) { c.MaxInFlight = 32 })},
		{Name: "throttles above 200", Conditions: like(func(c *fault.Conditions) { c.MaxInFlight = 200 })},
		{Name: "1 % are 20 times slower", Conditions: like(func(c *fault.Conditions) {
			c.Stragglers = fault.Stragglers{Probability: 0.01, Factor: 20}
		})},
		{Name: "500 ms latency", Conditions: like(func(c *fault.Conditions) { c.Latency = 500 * time.Millisecond })},
		{Name: "slows down by half midway", Conditions: like(nil), Later: []Later{{At: 0.5, Conditions: half}}},
		{Name: "slow for a third, recovers", Conditions: like(nil),
			Later: []Later{{At: 1. / 3, Conditions: half}, {At: 2. / 3, Conditions: like(nil)}}},
	}
}

// Size is the size of an object that is copied.
type Size struct {
	Name  string
	Bytes int64
}

// Sizes are those of the benchmark. The last is the largest object that OSS takes.
func Sizes() []Size {
	return []Size{
		{"64 KiB", 64 << 10},
		{"300 MiB", 300 * mib},
		{"1 GiB", gib},
		{"12 GiB", 12 * gib},
		{"500 GiB", 500 * gib},
		{"10 TiB", 10 * tib},
		{"48.8 TiB", 488 * tib / 10},
	}
}

// service is the model for the local OSS. A copy takes the time undisturbed where nothing changes.
func (m Model) service(undisturbed time.Duration) fault.Model {
	s := fault.Model{Seed: firstSeed + m.Run, Conditions: m.Conditions}
	for _, l := range m.Later {
		s.Changes = append(s.Changes,
			fault.Change{After: time.Duration(l.At * float64(undisturbed)), Conditions: l.Conditions})
	}
	return s
}
