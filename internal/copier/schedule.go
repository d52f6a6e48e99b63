package copier

import (
	"context"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"afterput/internal/osscall"
)

// A part straggles if it takes longer than almost all parts that were copied recently, and others
// have overtaken it: a service that becomes slower slows all of them. A second request is sent for
// it then, and the first to succeed counts. Few parts get one, since it does the work twice. But
// if a part takes several times as long, its connection is taken for dead: its requests are
// cancelled and it is sent again, however many such parts there are.
const (
	recentParts  = 64                    // how many copied parts show how long a part usually takes
	enoughParts  = 8                     // how many have to; half of the upload's parts if that is less
	leastDelay   = 25 * time.Millisecond // how late a straggler is at least
	extraPercent = 3                     // second requests at most, in percent of the parts
	extraLeast   = 2                     // second requests that are allowed however few parts there are
	deadAfter    = 3                     // a connection is dead after so many times a straggler's time
	mostSent     = 6                     // requests for one part at most, if none is answered
)

// stateTime is how long a copy whose parts are all copied waits for its state object.
const stateTime = 2 * time.Second

// partRequest is one request for one part, including its waiting at the limiter and its retries.
type partRequest struct {
	part   int
	cancel context.CancelFunc
	sent   atomic.Int64 // when it was sent last, in UnixNano; 0 while it waits
	took   time.Duration
	err    error
}

// schedule copies the parts of one upload. Its fields are used by one goroutine only.
type schedule struct {
	copying *copying
	up      *upload
	ended   chan *partRequest // receives every request that ends

	todo     []int                  // parts that are not begun
	requests map[int][]*partRequest // by part, of the parts under way
	inFlight int                    // requests that have not ended, including those of copied parts
	sends    map[int]int            // how many requests were begun for a part
	places   int                    // requests in flight at most, second requests aside
	extra    int                    // second requests that are still allowed
	copied   int64                  // bytes of the parts that OSS has
	took     []time.Duration        // by the parts that are copied, in the order of their ends
	endedAt  []int64                // when those ended, in UnixNano
}

// copyParts copies every part that OSS does not have yet, as many at once as the limiter allows,
// and writes the state object meanwhile. The first part that fails permanently stops the
// others. When it returns, no request is left running.
func (c *copying) copyParts(ctx context.Context, up *upload) error {
	all, cancel := context.WithCancel(ctx)
	s := c.newSchedule(up)
	written := make(chan error, 1)
	go func() {
		err := osscall.Safely("state", func() error { return c.writeState(all, up) })
		if err != nil {
			cancel() // the copy fails, so no part is needed
		}
		written <- err
	}()

	err := s.copyAll(all)
	if err != nil {
		cancel()
	}
	// Even then it waits for the state, since endUpload must know whether it is written. But a
	// state object that takes longer to write than the parts to copy is of no use any more.
	late := time.AfterFunc(stateTime, cancel)
	defer late.Stop()
	if e := <-written; e != nil {
		err = e
	}
	cancel()
	for s.inFlight > 0 {
		<-s.ended
		s.inFlight--
	}
	return err
}

// newSchedule is the schedule of the parts that OSS does not have yet.
func (c *copying) newSchedule(up *upload) *schedule {
	s := &schedule{copying: c, up: up, ended: make(chan *partRequest), requests: make(map[int][]*partRequest),
		sends: make(map[int]int), places: c.places(up)}
	for n := 1; n <= up.layout.count; n++ {
		if up.have[n] {
			s.copied += up.layout.length(n)
		} else {
			s.todo = append(s.todo, n)
		}
	}
	if c.plan.TrafficLimit == 0 {
		s.extra = max(extraLeast, len(s.todo)*extraPercent/100)
	}
	return s
}

// copyAll returns when every part is copied, or one cannot be.
func (s *schedule) copyAll(ctx context.Context) error {
	s.report()
	for len(s.todo) > 0 || len(s.requests) > 0 {
		for len(s.todo) > 0 && s.inFlight < s.places {
			s.begin(ctx, s.todo[0])
			s.todo = s.todo[1:]
		}
		timer := time.NewTimer(s.resendStragglers(ctx))
		select {
		case r := <-s.ended:
			timer.Stop()
			if err := s.finish(r); err != nil {
				return err
			}
		case <-timer.C:
		}
	}
	return nil
}

// begin sends a request for a part.
func (s *schedule) begin(ctx context.Context, n int) {
	ctx, cancel := context.WithCancel(ctx)
	r := &partRequest{part: n, cancel: cancel}
	s.requests[n] = append(s.requests[n], r)
	s.inFlight++
	s.sends[n]++
	go func() {
		began := time.Now()
		r.err = osscall.Safely("part "+strconv.Itoa(n), func() error {
			return s.copying.copyPart(ctx, s.up, n, func() {
				began = time.Now()
				r.sent.Store(began.UnixNano())
			})
		})
		r.took = time.Since(began)
		cancel()
		s.ended <- r
	}()
}

// finish records how a request ended. The error is the request's, if no other request is copying
// the part.
func (s *schedule) finish(r *partRequest) error {
	s.inFlight--
	others, underWay := s.requests[r.part]
	if !underWay {
		return nil // another request has copied the part
	}
	others = slices.DeleteFunc(others, func(o *partRequest) bool { return o == r })
	if r.err != nil {
		s.requests[r.part] = others
		if len(others) > 0 {
			return nil
		}
		return r.err
	}
	for _, o := range others {
		o.cancel()
	}
	delete(s.requests, r.part)
	s.took = append(s.took, r.took)
	s.endedAt = append(s.endedAt, time.Now().UnixNano())
	s.copied += s.up.layout.length(r.part)
	s.report()
	return nil
}

// report tells how far the copy has come to whom it concerns.
func (s *schedule) report() {
	if progress := s.copying.copier.opts.Progress; progress != nil {
		progress(s.copied, s.up.layout.size)
	}
}

// resendStragglers sends requests again for the parts that straggle, and gives how long to wait
// until another part may.
func (s *schedule) resendStragglers(ctx context.Context) time.Duration {
	const never = time.Hour
	if len(s.took) < min(enoughParts, (s.up.layout.count+1)/2) {
		return never
	}
	patience, now, next := s.patience(), time.Now(), never
	for n, requests := range s.requests {
		sent := requests[len(requests)-1].sent.Load()
		if sent == 0 || s.endedSince(sent) < (len(s.requests)+1)/2 {
			continue // not sent yet, or overtaken by few: checked again when the next one ends
		}
		switch late := now.Sub(time.Unix(0, sent)); {
		case late < patience:
			next = min(next, patience-late)
		case s.extra > 0:
			s.extra--
			s.begin(ctx, n)
		case late < deadAfter*patience:
			next = min(next, deadAfter*patience-late)
		case s.sends[n] < mostSent:
			for _, r := range requests {
				r.cancel()
			}
			s.begin(ctx, n)
		}
	}
	return next
}

// patience is how long a part may take before it straggles: what nine in ten recent parts took at
// most, and more the more their times differ.
func (s *schedule) patience() time.Duration {
	recent := slices.Sorted(slices.Values(s.took[max(0, len(s.took)-recentParts):]))
	middle, high := recent[len(recent)/2], recent[len(recent)*9/10]
	return high + 2*(high-middle) + max(middle/10, leastDelay)
}

// endedSince is how many parts were copied after a time.
func (s *schedule) endedSince(t int64) int {
	at, _ := slices.BinarySearch(s.endedAt, t+1)
	return len(s.endedAt) - at
}
