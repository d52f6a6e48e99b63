package existing

import (
	"context"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"afterput/events"
	"afterput/internal/copier"
	"afterput/internal/osscall"
	"afterput/internal/relay"
)

// Leftover is the copy of a source that is gone, and what became of it.
type Leftover struct {
	Source      string // oss://BUCKET/KEY
	Destination string // oss://BUCKET/KEY
	copier.Outcome
}

// Leftovers handles the objects that Extras finds. An object that says which source it is a copy of is handled as if
// the event of that source's removal had come, for this destination alone.
type Leftovers struct {
	Handler    *relay.Handler
	Invocation relay.Invocation
	InFlight   int // objects at a time
	// Delete deletes what the rules delete after its source. Without it such a copy has the result Deleted if its
	// source is gone, but stays.
	Delete bool
	// Found is called with each, by one goroutine at a time.
	Found func(Leftover)

	job   *Job
	found sync.Mutex
}

// Leftovers follows Compare of all objects of the sources, as Extras does.
func (j *Job) Leftovers(ctx context.Context, l *Leftovers) error {
	l.job = j
	group, within := errgroup.WithContext(ctx)
	group.SetLimit(l.InFlight)
	j.Found = func(f Finding) error {
		group.Go(func() error { return l.extra(within, f.Destination) })
		return within.Err()
	}
	listed := j.Extras(ctx)
	if err := group.Wait(); err != nil {
		return err
	}
	return listed
}

// extra handles one object.
func (l *Leftovers) extra(ctx context.Context, url string) error {
	set := l.job.Rules
	bucket, key, _ := osscall.CutURL(url)
	o, ok, err := l.job.Copier.SourceOf(ctx, set.RemoteOf(bucket), bucket, key)
	if err != nil {
		return err
	}
	if !ok || !slices.Contains(set.Sources(), o.Bucket) {
		return nil
	}
	deletions, err := set.Removal(o)
	if err != nil {
		return err
	}
	for _, d := range deletions {
		if d.Bucket == bucket && d.Key == key {
			return l.remove(ctx, url, o)
		}
	}
	return nil
}

func (l *Leftovers) remove(ctx context.Context, url string, o events.Object) error {
	o.Only, o.Region = []string{url}, l.job.Region
	one := Leftover{Source: osscall.URL(o.Bucket, o.Key), Destination: url}
	if !l.Delete {
		there, err := l.job.Copier.Source(ctx, o).Look(ctx)
		if err == nil && !there.There {
			one.Result = copier.Deleted
			l.tell(one)
		}
		return err
	}
	report := l.Handler.Removed(ctx, l.Invocation, o)
	if report.Error != nil {
		one.Outcome = copier.Outcome{Result: copier.Failed, Error: report.Error}
		l.tell(one)
		return nil
	}
	for _, c := range report.Copies {
		one.Destination, one.Outcome = c.Destination, c.Outcome
		l.tell(one)
	}
	return nil
}

func (l *Leftovers) tell(one Leftover) {
	l.found.Lock()
	defer l.found.Unlock()
	l.Found(one)
}
