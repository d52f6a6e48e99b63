package existing

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"golang.org/x/sync/errgroup"

	"afterput/events"
	"afterput/internal/osscall"
)

// MaxPayload is the most bytes that an asynchronous invocation takes. Source: FC product overview, limits.
const MaxPayload = 128 << 10

// Invoker invokes a function asynchronously, as the task of an id, which is accepted once. Its errors say what became
// of the task as a refusal does; any other error stops the hand over.
type Invoker interface {
	InvokeAsync(ctx context.Context, function, qualifier, taskID string, payload []byte) error
}

// refusal is the error of an [Invoker].
type refusal interface {
	error
	Throttled() bool // it is to be sent again later, however often
	Transient() bool // sent again later it may be accepted
	Duplicate() bool // it was accepted before
}

// Function is the deployed function to which a job hands its copies over.
type Function struct {
	Client    Invoker
	Name      string
	Qualifier string // "" for LATEST
	// Pace is waited for before a batch of n copies is sent; nil for none.
	Pace func(ctx context.Context, n int) error
}

// batchesInFlight is how many batches are sent at the same time.
const batchesInFlight = 8

// ByFunction hands the copies over to the deployed function's asynchronous queue, in batches of event records that are
// as long as an invocation takes. A batch has a task id that depends on the job and on its number alone, so that one
// that is sent again, since it is not known whether it was accepted, counts once. What fails then is reported as the
// function's failures are: to its on-failure destination.
func (j *Job) ByFunction(ctx context.Context, f Function) error {
	if j.state.Phase != HandingOver {
		return nil
	}
	list, err := j.todos(ctx, j.state.HandOver.Done)
	if err != nil {
		return err
	}
	p := packer{list: list, taken: j.state.HandOver.Pieces}
	whole := ctx
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(batchesInFlight)
	previous := make(chan struct{})
	close(previous)
	for number := j.state.HandOver.Batches + 1; ; number++ {
		b, err := p.next()
		if err != nil || b == nil {
			if sent := group.Wait(); sent != nil { // it ended ctx
				return sent
			}
			if err != nil {
				return err
			}
			return j.complete(whole)
		}
		accepted, before := make(chan struct{}), previous
		previous = accepted
		group.Go(func() error {
			defer close(accepted)
			if err := f.send(ctx, TaskID(j.state.ID, number), b, j.waits); err != nil {
				return err
			}
			<-before
			return j.accepted(ctx, b, number)
		})
		if ctx.Err() != nil {
			return errors.Join(group.Wait(), whole.Err())
		}
	}
}

// waits notes why a batch waits.
func (j *Job) waits(why string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.waiting = why
}

// Waiting is why Function Compute took none of the latest batches, which are sent again; "" if it takes them.
func (j *Job) Waiting() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.waiting
}

// TaskID is the task id of a job's batch.
func TaskID(job string, number int) string { return fmt.Sprintf("%s%08d", TaskPrefix(job), number) }

// TaskPrefix begins the task ids of a job's batches.
func TaskPrefix(job string) string { return "afterput-" + job + "-" }

// accepted remembers that the function has got a batch, and all before it.
func (j *Job) accepted(ctx context.Context, b *batch, number int) error {
	if err := ctx.Err(); err != nil { // a batch before was not accepted
		return err
	}
	return j.write(ctx, func() []file {
		j.waiting = ""
		j.state.Counts.Done.sum(b.counts)
		j.state.HandOver.Batches = number
		j.state.HandOver.Pieces = b.pieces
		if b.last != nil {
			j.state.HandOver.Done = b.last
		}
		j.report()
		return nil
	})
}

// batch is some objects in one payload.
type batch struct {
	payload []byte
	last    []byte // key of the last object whose last piece is in this batch; nil for none
	pieces  int    // of the object behind it, in this batch and earlier ones
	copies  int
	counts  Done
}

// packer packs objects into batches. How it does so depends on the objects alone.
type packer struct {
	list  *todos
	rest  []piece // of the object that was read last
	taken int     // pieces of it
}

// piece is one object with some of its copies.
type piece struct {
	record []byte
	copies int
	size   int64
	key    []byte // set in the last piece of an object
}

const (
	batchBegin = `{"events":[`
	batchEnd   = `]}`
)

// next gives the next batch; nil after the last.
func (p *packer) next() (*batch, error) {
	b := &batch{payload: []byte(batchBegin)}
	for {
		if len(p.rest) == 0 {
			o, err := p.list.next()
			if err != nil {
				return nil, err
			}
			if o == nil {
				break
			}
			if p.rest, err = piecesOf(o); err != nil {
				return nil, err
			}
			p.rest = p.rest[p.taken:]
		}
		one := &p.rest[0]
		if len(b.payload)+len(one.record)+1+len(batchEnd) > MaxPayload && b.copies > 0 {
			break
		}
		b.add(one)
		p.rest = p.rest[1:]
		if p.taken++; one.key != nil {
			p.taken = 0
		}
		b.pieces = p.taken
	}
	if b.copies == 0 {
		return nil, nil
	}
	b.payload = append(b.payload, batchEnd...)
	b.counts.Batches = 1
	return b, nil
}

func (b *batch) add(p *piece) {
	if b.copies > 0 {
		b.payload = append(b.payload, ',')
	}
	b.payload = append(b.payload, p.record...)
	b.copies += p.copies
	for range p.copies {
		b.counts.Handed.add(p.size)
	}
	if p.key != nil {
		b.last = p.key
	}
}

// piecesOf is an object as records, several if one with all of its destinations would be too long for a payload.
func piecesOf(o *todo) ([]piece, error) {
	const most = MaxPayload - len(batchBegin) - len(batchEnd) - 1
	whole := piece{record: events.Append(nil, o.object), copies: len(o.wants), size: o.wants[0].Source.Size, key: o.key}
	if len(whole.record) <= most {
		return []piece{whole}, nil
	}
	if len(o.wants) == 1 {
		return nil, fmt.Errorf("%s: its event is longer than an invocation takes (%d bytes)",
			osscall.URL(o.object.Bucket, o.object.Key), len(whole.record))
	}
	var pieces []piece
	for half := range 2 {
		part := *o
		part.wants = o.wants[half*len(o.wants)/2 : (half+1)*len(o.wants)/2]
		part.object.Only = nil
		for i := range part.wants {
			part.object.Only = append(part.object.Only, osscall.URL(part.wants[i].ToBucket, part.wants[i].ToKey))
		}
		some, err := piecesOf(&part)
		if err != nil {
			return nil, err
		}
		pieces = append(pieces, some...)
	}
	for i := range len(pieces) - 1 {
		pieces[i].key = nil
	}
	return pieces, nil
}

// A batch is sent again after a pause, doubled each time, as long as Function Compute asks for that, and mostFailures
// times where it fails or does not answer.
const (
	firstPause   = 500 * time.Millisecond
	longestPause = 30 * time.Second
	mostFailures = 20
)

// send hands a batch over. waiting is called with why it waits before it sends the batch again.
func (f *Function) send(ctx context.Context, taskID string, b *batch, waiting func(why string)) error {
	if f.Pace != nil {
		if err := f.Pace(ctx, b.copies); err != nil {
			return err
		}
	}
	pause, failures := firstPause, 0
	for {
		err := f.Client.InvokeAsync(ctx, f.Name, f.Qualifier, taskID, b.payload)
		var e refusal
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case !errors.As(err, &e):
			return err
		case e.Duplicate(): // accepted before, but the answer was lost or the process killed
			return nil
		case !e.Transient():
			return fmt.Errorf("hand over to %s: %w", f.Name, err)
		case !e.Throttled():
			if failures++; failures == mostFailures {
				return fmt.Errorf("hand over to %s: %w; the same --job goes on from here", f.Name, err)
			}
		}
		waiting(f.Name + ": " + err.Error())
		if !osscall.Sleep(ctx, pause/2+rand.N(pause/2)) {
			return ctx.Err()
		}
		pause = min(2*pause, longestPause)
	}
}
