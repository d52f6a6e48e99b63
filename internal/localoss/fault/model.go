package fault

import (
	"fmt"
	"time"
)

// Model is how fast a service is and how much load it accepts.
type Model struct {
	// Seed is the seed for choosing stragglers, and the order of requests that are sent at once.
	Seed uint64
	// Conditions apply from the first request on.
	Conditions
	// Changes replace the conditions later, in the order of their times.
	Changes []Change
}

// Conditions are how a service treats its requests. The zero value replies at once and refuses
// nothing.
type Conditions struct {
	// Latency is how long every request takes before it takes effect, in addition to moving bytes.
	Latency time.Duration
	// Bandwidth is the maximum bytes per second of one request: what it uploads, what it makes OSS
	// copy, and what GetObject sends. 0 is no limit. Copies within a bucket that change neither
	// storage class nor encryption move no bytes.
	Bandwidth float64
	// TotalBandwidth is the maximum bytes per second of all requests together. It is shared evenly;
	// what a request cannot use because of its own limit goes to the others. 0 is no limit.
	TotalBandwidth float64
	// MaxInFlight is how many requests may be under way at once. A further one is answered with 503
	// ActiveRequestLimitExceeded after the latency. Requests that are sent at once arrive within a millisecond. 0 is no
	// limit.
	MaxInFlight int
	// MaxPerSecond is how many requests are accepted per second; as many may come at once. A further
	// one is answered with 503 TotalQpsLimitExceeded after the latency. 0 is no limit.
	MaxPerSecond int
	// Crowding, if it is not 0, makes all transfers slower the more of them are under way: with so many others each has
	// half of Bandwidth, with twice as many a third.
	Crowding int
	// Stragglers are requests that are slow for no reason.
	Stragglers Stragglers
	// Uneven are requests of a lower bandwidth, chosen like stragglers, whose latency is that of the others.
	Uneven Stragglers
}

// Stragglers are chosen at random, each request independently.
type Stragglers struct {
	// Probability is the probability that a request is a straggler.
	Probability float64
	// Factor is how many times slower a straggler is: its latency is multiplied by it, its own
	// bandwidth divided.
	Factor float64
}

// Change is the conditions from a time on, counted from the first request. Requests under way
// continue at the new speed.
type Change struct {
	After time.Duration
	Conditions
}

// check returns what is invalid in the model, "" if nothing is.
func (m *Model) check() string {
	if problem := m.Conditions.check(); problem != "" {
		return problem
	}
	last := time.Duration(0)
	for i, c := range m.Changes {
		if c.After <= last {
			return fmt.Sprintf("change %d comes after %v, not later than the one before it", i+1, c.After)
		}
		last = c.After
		if problem := c.check(); problem != "" {
			return fmt.Sprintf("change %d: %s", i+1, problem)
		}
	}
	return ""
}

func (c *Conditions) check() string {
	switch {
	case c.Latency < 0:
		return "latency cannot be negative"
	case c.Bandwidth < 0 || c.TotalBandwidth < 0:
		return "a bandwidth cannot be negative"
	case c.MaxInFlight < 0 || c.MaxPerSecond < 0 || c.Crowding < 0:
		return "a limit cannot be negative"
	}
	if problem := c.Stragglers.check(); problem != "" {
		return "stragglers: " + problem
	}
	if problem := c.Uneven.check(); problem != "" {
		return "uneven: " + problem
	}
	return ""
}

func (s Stragglers) check() string {
	switch {
	case s.Probability < 0 || s.Probability > 1:
		return fmt.Sprintf("probability %v is not between 0 and 1", s.Probability)
	case s.Probability > 0 && s.Factor < 1:
		return fmt.Sprintf("a factor of %v makes none slower; it must be at least 1", s.Factor)
	}
	return ""
}
