package copier

import (
	"context"
	"sync/atomic"
	"time"

	"afterput/internal/osscall"
)

// part is a part that is under way.
type part struct {
	span
	among    int // how many parts were cut together with it
	requests []*partRequest
	sends    int // how many requests were begun for it
}

// partRequest is one request for one part, including its waiting at the limiter and its retries.
type partRequest struct {
	of       *part
	places   int // how many there were when it was begun; 0 if its part is not cut again for fewer
	cancel   context.CancelFunc
	sent     atomic.Int64 // when it was sent last, in UnixNano; 0 while it waits for a place
	outdated bool         // it was not sent, since there are fewer places now
	took     time.Duration
	err      error
}

// sent is when the part was sent last, in UnixNano; 0 while its last request waits for a place.
func (p *part) sent() int64 { return p.requests[len(p.requests)-1].sent.Load() }

// makesPlace cancels the first request for a part of which another waits for a place, once the first is dead: the
// places may all be taken by parts that take longer. It gives how long to wait until then.
func (p *part) makesPlace(now time.Time, deadAfter time.Duration) (wait time.Duration) {
	first := p.requests[0]
	if wait = deadAfter - now.Sub(time.Unix(0, first.sent.Load())); wait <= 0 {
		first.cancel()
		return deadAfter
	}
	return wait
}

// attempts is send for [osscall.Call.Do], which calls it with a place for each attempt. A request that has waited for
// that, because it was refused, is not sent if there are fewer places than before: its part is to be cut again, with
// what else is left. Parts that wait longer than others take, at the size for more places, would end long after them.
func (r *partRequest) attempts(
	op string, service *osscall.Service, send func(context.Context) error,
) func(context.Context) error {
	return func(ctx context.Context) error {
		if r.sent.Load() == 0 && service.Places() < r.places {
			r.outdated = true
			return context.Canceled
		}
		began := time.Now()
		r.sent.Store(began.UnixNano())
		err := send(ctx)
		r.took = time.Since(began)
		if err != nil && osscall.Is(osscall.Classify(op, err), osscall.KindThrottled) {
			r.sent.Store(0)
		}
		return err
	}
}
