package existing

import (
	"context"
	"errors"

	"afterput/internal/listing"
)

// errSampled ends the enumeration of a source of which a sample has seen enough.
var errSampled = errors.New("the sample is complete")

// sample has a walk end after the first objects of the bucket, in the order of their keys.
func (j *Job) sample(w *listing.Walk) {
	w.Workers = 1
	page := w.Page
	looked, more := 0, true
	w.Page = func(ctx context.Context, entries []listing.Entry) (func([]listing.Range), error) {
		taken, err := page(ctx, entries)
		return func(left []listing.Range) {
			looked, more = looked+len(entries), len(left) > 0
			taken(left)
		}, err
	}
	w.Between = func(ctx context.Context) error {
		if more && looked < j.Sample {
			return j.flushWants(ctx)
		}
		j.looked(looked, more)
		return errSampled
	}
}

// looked counts the objects that a sample has looked at in one source; more says that the source has others.
func (j *Job) looked(n int, more bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lookedAt += int64(n)
	if j.cut = j.cut || more; j.cut {
		j.state.Counts.Sampled = j.lookedAt
	}
}
