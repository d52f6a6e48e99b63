package copier

import (
	"context"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"afterput/internal/osscall"
)

// A part straggles when it takes longer than almost all that ended lately, and
// others have overtaken it: a service that slows down slows all of them. It is
// sent a second time then, and the first to finish counts. That is for few parts, since
// it is work done twice; one that takes many times as long is given up, its connection
// being dead, and sent anew however many there are.
const (
	lately     = 64                    // so many ended flights tell what is usual
	enough     = 8                     // as few as these do, half of a copy's parts if that is less
	leastDelay = 25 * time.Millisecond // by which a straggler is late at the least
	extraShare = 3                     // most second requests, in a hundred parts
	extraLeast = 2                     // … and however few parts there are
	deadAfter  = 3                     // times as long as a straggler takes
	mostSent   = 6                     // requests for one part that end in no answer
)

// stateTime is how long a copy whose parts are all there waits for its state object.
const stateTime = 2 * time.Second

// flight is one request for one part on its way, its waits for the gate and its
// retries included.
type flight struct {
	part   int
	cancel context.CancelFunc
	sent   atomic.Int64 // when its request went out last, 0 while it waits; UnixNano
	took   time.Duration
	err    error
}

// schedule copies the parts of one upload. Its fields belong to the goroutine
// that runs it.
type schedule struct {
	copying *copying
	up      *upload
	ended   chan *flight

	todo     []int             // parts not begun
	flights  map[int][]*flight // parts under way
	inAir    int               // flights that have not ended, of finished parts too
	sends    map[int]int       // requests so far for parts under way
	places   int               // parts under way at once, at most
	extra    int               // second requests still allowed
	took     []time.Duration   // by parts that are done, in the order of their ends
	landedAt []int64           // when those ended; UnixNano
}

// copyParts copies every part that OSS does not hold yet, as many at once as the
// gate lets through, and remembers the upload meanwhile. The first final failure
// stops the others. Nothing of it runs any more when it returns.
func (c *copying) copyParts(ctx context.Context, up *upload) error {
	all, cancel := context.WithCancel(ctx)
	s := &schedule{copying: c, up: up, ended: make(chan *flight), flights: make(map[int][]*flight),
		sends: make(map[int]int), places: c.places(up)}
	for n := 1; n <= up.layout.count; n++ {
		if !up.have[n] {
			s.todo = append(s.todo, n)
		}
	}
	if c.plan.TrafficLimit == 0 {
		s.extra = max(extraLeast, len(s.todo)*extraShare/100)
	}
	remembered := make(chan error, 1)
	go func() {
		err := osscall.Safely("state", func() error { return c.writeState(all, up) })
		if err != nil {
			cancel() // no part need be copied for a copy that fails
		}
		remembered <- err
	}()

	err := s.copyAll(all)
	if err != nil {
		cancel()
	}
	// The state is waited for even so: end must know whether it is there. If writing it
	// takes longer than copying, it has come too late to be of use.
	late := time.AfterFunc(stateTime, cancel)
	defer late.Stop()
	if e := <-remembered; e != nil {
		err = e
	}
	cancel()
	for s.inAir > 0 {
		<-s.ended
		s.inAir--
	}
	return err
}

// copyAll returns when every part is done, or one cannot be.
func (s *schedule) copyAll(ctx context.Context) error {
	for len(s.todo) > 0 || len(s.flights) > 0 {
		for len(s.todo) > 0 && s.inAir < s.places {
			s.begin(ctx, s.todo[0])
			s.todo = s.todo[1:]
		}
		timer := time.NewTimer(s.again(ctx))
		select {
		case f := <-s.ended:
			timer.Stop()
			if err := s.land(f); err != nil {
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
	f := &flight{part: n, cancel: cancel}
	s.flights[n] = append(s.flights[n], f)
	s.inAir++
	s.sends[n]++
	go func() {
		began := time.Now()
		f.err = osscall.Safely("part "+strconv.Itoa(n), func() error {
			return s.copying.copyPart(ctx, s.up, n, func() {
				began = time.Now()
				f.sent.Store(began.UnixNano())
			})
		})
		f.took = time.Since(began)
		cancel()
		s.ended <- f
	}()
}

// land takes note of how a flight ended. Its error is that of a part that nobody
// else is copying.
func (s *schedule) land(f *flight) error {
	s.inAir--
	others, open := s.flights[f.part]
	if !open {
		return nil // the part is done already
	}
	others = slices.DeleteFunc(others, func(o *flight) bool { return o == f })
	if f.err != nil {
		s.flights[f.part] = others
		if len(others) > 0 {
			return nil
		}
		return f.err
	}
	for _, o := range others {
		o.cancel()
	}
	delete(s.flights, f.part)
	s.took = append(s.took, f.took)
	s.landedAt = append(s.landedAt, time.Now().UnixNano())
	return nil
}

// again sends second requests for the parts that straggle, and gives how long to
// wait until the next may.
func (s *schedule) again(ctx context.Context) time.Duration {
	const never = time.Hour
	if len(s.took) < min(enough, (s.up.layout.count+1)/2) {
		return never
	}
	patience, now, next := s.patience(), time.Now(), never
	for n, flights := range s.flights {
		sent := flights[len(flights)-1].sent.Load()
		if sent == 0 || s.landedSince(sent) < (len(s.flights)+1)/2 {
			continue // waiting itself, or overtaken by few: the next to land will tell
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
			for _, f := range flights {
				f.cancel()
			}
			s.begin(ctx, n)
		}
	}
	return next
}

// patience is how long a part may take before it straggles: what nine of ten
// took, and as much more as the times spread.
func (s *schedule) patience() time.Duration {
	recent := slices.Sorted(slices.Values(s.took[max(0, len(s.took)-lately):]))
	middle, high := recent[len(recent)/2], recent[len(recent)*9/10]
	return high + 2*(high-middle) + max(middle/10, leastDelay)
}

// landedSince is how many parts landed after a time.
func (s *schedule) landedSince(t int64) int {
	at, _ := slices.BinarySearch(s.landedAt, t+1)
	return len(s.landedAt) - at
}
