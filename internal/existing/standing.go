package existing

import (
	"context"
	"time"
)

// Standing is how far a job has come, as it last remembered it.
type Standing struct {
	ID     string
	Phase  Phase
	Counts Counts
	Saved  time.Time
}

// ReadStanding reads how far a job has come, which another process may be working on; ok is false if there is none.
func ReadStanding(ctx context.Context, s Store) (st Standing, ok bool, err error) {
	p, err := readProgress(ctx, s)
	if err != nil || p == nil {
		return st, false, err
	}
	return Standing{p.ID, p.Phase, p.Counts, p.Saved}, true, nil
}
