package bench

import (
	"fmt"
	"time"

	"afterput/internal/copier"
)

// Ceiling is the most parts that the engine has in flight by default.
const Ceiling = 128

// Row is one copy on one model: this engine and the SDK's Copier side by side.
type Row struct {
	Model, Size string
	// Bound is what no scheduler can beat with as many requests in flight.
	Bound       time.Duration
	Engine, SDK Figures
	// Fixed is the fastest copy in parts of one size, of [Paces] only.
	Fixed Figures
	// Goals are what the row has to reach.
	Goals []Goal
}

// Goal is one figure of a row and what it has to be.
type Goal struct {
	Name string
	Have float64
	Want float64
	Most bool // Want is the most, not the least
}

const (
	fasterGoal   = "times faster than the Copier"
	boundGoal    = "of the bound"
	requestsGoal = "requests"
	extraGoal    = "extra part requests"
)

// Met reports whether the goal is reached.
func (g Goal) Met() bool {
	if g.Most {
		return g.Have <= g.Want
	}
	return g.Have >= g.Want
}

func (g Goal) String() string {
	relation := "at least"
	if g.Most {
		relation = "at most"
	}
	s := fmt.Sprintf("%s %.4g, goal %s %.4g", g.Name, g.Have, relation, g.Want)
	if !g.Met() {
		s += ": MISSED"
	}
	return s
}

// OfBound is the bound as a share of the engine's time: 1 is perfect.
func (r Row) OfBound() float64 { return r.Bound.Seconds() / r.Engine.Makespan.Seconds() }

// Faster is how many times faster than the SDK's Copier the engine is.
func (r Row) Faster() float64 { return r.SDK.Makespan.Seconds() / r.Engine.Makespan.Seconds() }

// MeasureRow runs both contenders on one model and one size.
func MeasureRow(m Model, s Size) (Row, error) {
	r := Row{Model: m.Name, Size: s.Name}
	var err error
	if r.SDK, _, err = measureModel(m, s.Bytes, SDKCopier); err != nil {
		return r, fmt.Errorf("%s, %s: the SDK's Copier: %w", m.Name, s.Name, err)
	}
	if r.Engine, r.Bound, err = measureModel(m, s.Bytes, Engine(copier.Options{})); err != nil {
		return r, fmt.Errorf("%s, %s: %w", m.Name, s.Name, err)
	}
	r.Goals = goals(m, s.Bytes, r)
	return r, nil
}

// MeasureEngine runs this engine with options.
func MeasureEngine(m Model, s Size, o copier.Options) (Figures, error) {
	f, _, err := measureModel(m, s.Bytes, Engine(o))
	return f, err
}

// measureModel returns the figures of a copy, and the bound for the same service.
func measureModel(m Model, size int64, c contender) (Figures, time.Duration, error) {
	to := other
	if m.SameBucket {
		to = from
	}
	var undisturbed time.Duration
	if len(m.Later) > 0 {
		f, err := Measure(Model{Conditions: m.Conditions, Run: m.Run}.service(0), size, to, c)
		if err != nil {
			return f, 0, err
		}
		undisturbed = f.Makespan
	}
	service := m.service(undisturbed)
	f, err := Measure(service, size, to, c)
	if m.SameBucket {
		return f, 2 * m.Latency, err // HeadObject, since the event does not have the class, and CopyObject
	}
	return f, bound(service, size, Ceiling), err
}

func goals(m Model, size int64, r Row) []Goal {
	all := []Goal{{Name: fasterGoal, Have: r.Faster(), Want: 1}}
	small := size < 128*mib
	if m.Uncapped && !small {
		all[0].Want = 10
	}
	if small && m.Latency < quick {
		all = append(all, Goal{Name: requestsGoal, Have: float64(r.Engine.Requests), Want: 1, Most: true})
	}
	switch {
	case size >= 500*gib:
		all = append(all, Goal{Name: boundGoal, Have: r.OfBound(), Want: 0.90})
	case size >= 12*gib && m.Latency >= 500*time.Millisecond:
		all = append(all, Goal{Name: boundGoal, Have: r.OfBound(), Want: 0.60})
	case size >= 12*gib:
		all = append(all, Goal{Name: boundGoal, Have: r.OfBound(), Want: 0.75})
	}
	if r.Engine.Parts > 0 {
		all = append(all, Goal{Name: extraGoal, Have: float64(r.Engine.Extra),
			Want: max(2, 0.03*float64(r.Engine.Parts)), Most: true})
	}
	return all
}
