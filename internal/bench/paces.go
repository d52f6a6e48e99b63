package bench

import (
	"fmt"
	"time"

	"afterput/internal/localoss/fault"
)

// Paces are services whose speed differs from what the engine assumes before it has copied anything, each with three
// latencies.
func Paces() []Model {
	var all []Model
	for _, latency := range []time.Duration{2 * time.Millisecond, 20 * time.Millisecond, 200 * time.Millisecond} {
		pace := func(name string, c fault.Conditions) Model {
			c.Latency = latency
			return Model{Name: fmt.Sprintf("%s, %v", name, latency), Conditions: c}
		}
		inBucket := pace("83 MB/s, within a bucket", fault.Conditions{Bandwidth: perRequest})
		inBucket.SameBucket = true
		all = append(all,
			pace("10 MB/s", fault.Conditions{Bandwidth: 10e6}),
			pace("300 MB/s", fault.Conditions{Bandwidth: 300e6}),
			pace("1 GB/s", fault.Conditions{Bandwidth: 1e9}),
			pace("5 GB/s", fault.Conditions{Bandwidth: 5e9}),
			pace("half 120, half 60 MB/s",
				fault.Conditions{Bandwidth: 120e6, Uneven: fault.Stragglers{Probability: 0.5, Factor: 2}}),
			pace("300 MB/s, half of it with 32 others", fault.Conditions{Bandwidth: 300e6, Crowding: 32}),
			inBucket)
	}
	return all
}

// PaceSizes are the sizes of the objects that are copied on [Paces].
func PaceSizes() []Size { return Sizes()[1:5] }

// MeasurePace runs both contenders and the best fixed layout on one of [Paces].
func MeasurePace(m Model, s Size) (Row, error) {
	r, err := MeasureRow(m, s)
	if err != nil {
		return r, err
	}
	if r.Fixed, err = bestFixed(m, s.Bytes); err != nil {
		return r, fmt.Errorf("%s, %s: parts of one size: %w", m.Name, s.Name, err)
	}
	r.Goals = paceGoals(s.Bytes, r)
	return r, nil
}

func paceGoals(size int64, r Row) []Goal {
	all := []Goal{{Name: fasterGoal, Have: r.Faster(), Want: 1}}
	least := 0.
	switch {
	case size >= 500*gib:
		least = 0.95
	case size >= 12*gib && r.Bound > 2*time.Second:
		least = 0.90
	case size >= 12*gib && r.Bound > time.Second/2:
		least = 0.75
	}
	if least > 0 {
		all = append(all, Goal{Name: boundGoal, Have: r.OfBound(), Want: least})
	}
	if size >= 12*gib {
		all = append(all, Goal{Name: requestsGoal, Have: float64(r.Engine.Requests),
			Want: 1.3 * float64(r.Fixed.Requests), Most: true})
	}
	return all
}
