package existing

import (
	"bytes"
	"context"
	"sync"

	"golang.org/x/sync/errgroup"

	"afterput/events"
	"afterput/internal/copier"
	"afterput/internal/osscall"
	"afterput/internal/relay"
)

// ByEngine makes the copies in this process, inFlight objects at a time. An object that fails stops nothing: it is
// counted, and its event is kept, see [Job.Failures]. done is called with the report of each object; nil for none.
func (j *Job) ByEngine(
	ctx context.Context, handler *relay.Handler, inv relay.Invocation, inFlight int, done func(relay.ObjectReport),
) error {
	if j.state.Phase != HandingOver {
		return nil
	}
	inv.BucketACLs = new(copier.BucketACLs)
	e := &engine{Job: j, handler: handler, inv: inv, done: done, places: make(chan struct{}, inFlight),
		length: max(64, 4*inFlight), before: j.state.HandOver.Claimed}
	return e.run(ctx)
}

// engine makes the copies of a job in this process. Objects are claimed in chunks, so that the job need not be
// saved with each object; the places stay in use while the last of a chunk end. What a
// process that was killed had done of a chunk is found in place by the next one, which looks at the destinations of
// all objects that were claimed.
type engine struct {
	*Job
	handler *relay.Handler
	inv     relay.Invocation
	done    func(relay.ObjectReport)
	places  chan struct{}
	length  int    // of a chunk
	before  []byte // up to here objects were claimed before the job was opened
}

// chunk is some objects under way.
type chunk struct {
	objects []*todo
	all     sync.WaitGroup
	counts  Done
	failed  []Failure
}

func (e *engine) run(ctx context.Context) error {
	list, err := e.todos(ctx, e.state.HandOver.Done)
	if err != nil {
		return err
	}
	finishing, ctx := errgroup.WithContext(ctx)
	previous := make(chan struct{})
	close(previous)
	for {
		c, err := e.read(list)
		if err == nil && len(c.objects) > 0 {
			err = e.claim(ctx, c)
		}
		if err != nil || len(c.objects) == 0 {
			if ended := finishing.Wait(); ended != nil { // it ended ctx
				return ended
			}
			if err != nil {
				return err
			}
			return e.complete(ctx)
		}
		e.begin(ctx, c)
		finished, before := make(chan struct{}), previous
		previous = finished
		finishing.Go(func() error {
			defer close(finished)
			c.all.Wait()
			<-before
			return e.finish(ctx, c)
		})
	}
}

// read reads the next chunk.
func (e *engine) read(list *todos) (*chunk, error) {
	c := new(chunk)
	for len(c.objects) < e.length {
		o, err := list.next()
		if err != nil || o == nil {
			return c, err
		}
		c.objects = append(c.objects, o)
	}
	return c, nil
}

// claim remembers that the objects of a chunk may have been begun.
func (e *engine) claim(ctx context.Context, c *chunk) error {
	upTo := c.objects[len(c.objects)-1].key
	e.mu.Lock()
	e.open = append(e.open, c)
	before := bytes.Compare(upTo, e.state.HandOver.Claimed) <= 0
	e.mu.Unlock()
	if before {
		return nil
	}
	return e.write(ctx, func() []file { e.state.HandOver.Claimed = upTo; return nil })
}

// begin begins the objects of a chunk as places get free, until ctx ends.
func (e *engine) begin(ctx context.Context, c *chunk) {
	for _, o := range c.objects {
		select {
		case e.places <- struct{}{}:
		case <-ctx.Done():
			return
		}
		c.all.Go(func() {
			defer func() { <-e.places }()
			o.object.MayBeCopied = o.object.MayBeCopied || bytes.Compare(o.key, e.before) <= 0
			r := e.handler.Object(ctx, e.inv, o.object)
			e.requests.Add(int64(r.AllRequests()))
			if ctx.Err() == nil { // else it was stopped, and is begun again with the job
				e.took(c, o, r)
			}
		})
	}
}

// finish remembers that the objects of a chunk are done.
func (e *engine) finish(ctx context.Context, c *chunk) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return e.write(ctx, func() []file {
		e.open = e.open[1:]
		e.state.Counts.Done.sum(c.counts)
		e.state.HandOver.Done = c.objects[len(c.objects)-1].key
		return e.failures(c.failed)
	})
}

// took counts what became of an object.
func (e *engine) took(c *chunk, o *todo, r relay.ObjectReport) {
	e.mu.Lock()
	defer e.mu.Unlock()
	size := o.wants[0].Source.Size
	f := Failure{Source: osscall.URL(r.Bucket, r.Key)}
	if r.Error != nil {
		f.Reasons = append(f.Reasons, FailureReason{Error: r.Error})
	}
	for i := range o.wants {
		switch w := outcomeOf(&r, &o.wants[i]); {
		case w == nil && r.Error == nil: // the rules want something else of the object now
			c.counts.Skipped.add(size)
		case w == nil:
			c.counts.Failed.add(size)
		case w.Result == copier.Copied:
			c.counts.Copied.add(size)
		case w.Result == copier.Unchanged:
			c.counts.Unchanged.add(size)
		case w.Result == copier.Deleted:
			c.counts.Moved.add(size)
		case w.Result == copier.Restoring:
			c.counts.Restoring.add(size)
		case w.Result == copier.Failed:
			c.counts.Failed.add(size)
			f.Reasons = append(f.Reasons, FailureReason{w.Destination, w.Error})
		default:
			c.counts.Skipped.add(size)
		}
	}
	if len(f.Reasons) > 0 {
		f.Events = append(events.Append([]byte("["), o.object), ']')
		c.failed = append(c.failed, f)
	}
	if e.done != nil {
		e.done(r)
	}
	e.report()
}
