package bench

import (
	"math"
	"time"

	"afterput/internal/localoss/fault"
)

// Limits of multipart uploads. Source: OSS API reference.
const (
	maxPart  = 5 << 30
	listPage = 1000
)

// bound is a time that no scheduler can beat for HeadObject, Initiate, parts,
// ListParts and Complete, nor with one CopyObject where that is allowed: each
// request waits for the one before it, every part for its latency, and all connections
// move bytes from the end of the first part's latency to the end of the last part. It is assumed that no request is
// slow or refused.
func bound(m fault.Model, size int64, ceiling int) time.Duration {
	places := ceiling
	if m.MaxInFlight > 0 {
		places = min(places, m.MaxInFlight)
	}
	fewest := (size + maxPart - 1) / maxPart
	rounds := (fewest + int64(places) - 1) / int64(places)
	pages := (fewest + listPage - 1) / listPage
	before := time.Duration(2+rounds) * m.Latency // HeadObject, Initiate, each round's latency
	after := time.Duration(pages+1) * m.Latency   // ListParts, Complete
	parts := moved(m, before, size, places) + after
	if size > gib {
		return parts
	}
	return min(parts, moved(m, m.Latency, size, 1))
}

// moved is the time at which size bytes have been moved that begin to move at start, over so many connections at once.
func moved(m fault.Model, start time.Duration, size int64, places int) time.Duration {
	left, now := float64(size), start
	c := m.Conditions
	for _, next := range append(m.Changes, fault.Change{After: math.MaxInt64}) {
		rate := together(c, places)
		if next.After > now {
			if take := left / rate; take <= (next.After - now).Seconds() {
				return now + time.Duration(take*1e9)
			}
			left -= rate * (next.After - now).Seconds()
			now = next.After
		}
		c = next.Conditions
	}
	return now
}

// together is how many bytes a second so many transfers move. Which of them are slow is not known before they begin, so
// each moves as much on the average.
func together(c fault.Conditions, places int) float64 {
	rate := float64(places) * c.Bandwidth / (1 + c.Uneven.Probability*(c.Uneven.Factor-1))
	if c.Crowding > 0 {
		rate /= 1 + float64(places-1)/float64(c.Crowding)
	}
	if c.TotalBandwidth > 0 {
		rate = min(rate, c.TotalBandwidth)
	}
	return rate
}
