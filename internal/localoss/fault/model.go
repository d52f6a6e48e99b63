package fault

import (
	"fmt"
	"time"
)

// Model is how fast a service is and how much it takes at once.
type Model struct {
	// Seed is what stragglers are drawn from.
	Seed uint64
	// Conditions hold from the first request on.
	Conditions
	// Changes replace them later, in the order of their times.
	Changes []Change
}

// Conditions are what a service does to its requests. The zero value answers
// at once and refuses nothing.
type Conditions struct {
	// Latency is what every request takes beside moving bytes, before it takes
	// effect.
	Latency time.Duration
	// Bandwidth is the most bytes a second for one request, counting what it
	// uploads, what it makes OSS copy, and what GetObject sends; 0 is no limit.
	// Copies within a bucket that change neither class nor encryption move
	// nothing.
	Bandwidth float64
	// TotalBandwidth is bytes a second for all requests together, shared
	// evenly; what one cannot use for its own limit goes to the others. 0 is no
	// limit.
	TotalBandwidth float64
	// MaxInFlight is how many requests may be under way; one more is answered
	// 503 ActiveRequestLimitExceeded after the latency. 0 is no limit.
	MaxInFlight int
	// MaxPerSecond is how many requests are taken a second, a second's worth at
	// once; one more is answered 503 TotalQpsLimitExceeded after the latency.
	// 0 is no limit.
	MaxPerSecond int
	// Stragglers are requests that are slow without a reason.
	Stragglers Stragglers
}

// Stragglers are drawn for each request by itself.
type Stragglers struct {
	// Probability that a request is one.
	Probability float64
	// Factor is how many times slower it is: its latency times the factor, its
	// own bandwidth divided by it.
	Factor float64
}

// Change is what the conditions are from a time on, counted from the first
// request. Requests under way go on at the new speed.
type Change struct {
	After time.Duration
	Conditions
}

// check says what is impossible in the model, "" when nothing is.
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
	s := c.Stragglers
	switch {
	case c.Latency < 0:
		return "latency cannot be negative"
	case c.Bandwidth < 0 || c.TotalBandwidth < 0:
		return "a bandwidth cannot be negative"
	case c.MaxInFlight < 0 || c.MaxPerSecond < 0:
		return "a limit cannot be negative"
	case s.Probability < 0 || s.Probability > 1:
		return fmt.Sprintf("stragglers: probability %v is not between 0 and 1", s.Probability)
	case s.Probability > 0 && s.Factor < 1:
		return fmt.Sprintf("stragglers: a factor of %v makes none slower; it must be at least 1", s.Factor)
	}
	return ""
}
