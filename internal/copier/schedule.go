package copier

import (
	"context"
	"math"
	"slices"
	"strconv"
	"time"

	"afterput/internal/osscall"
)

// Before anything is known of two buckets, some of the places copy small parts first: the share of them, and how many
// times the probes' bytes an object has at least that is worth it.
const (
	probingShare = 4
	worthProbing = 8
)

// stateTime is how long a copy whose parts are all copied waits for its state object.
const stateTime = 2 * time.Second

// schedule copies the parts of one upload. Its fields are used by one goroutine only.
type schedule struct {
	copying *copying
	up      *upload
	pace    *pace
	ended   chan *partRequest // receives every request that ends

	rest     rest
	among    int           // how many parts the batch has had
	uneven   float64       // by how much parts differ in size, as a share of it: 1 once they were cut from several gaps
	wasRecut bool          // see recut
	probes   int           // parts that have to be copied before more are cut
	under    map[int]*part // the parts under way, by number
	begun    int           // parts
	inFlight int           // requests that have not ended, including those of copied parts
	again    int           // parts that were sent again
	copied   int64         // bytes of the parts that OSS has
	slowness []float64     // of the parts that are copied, in the order of their ends
	endedAt  []int64       // when those ended, in UnixNano
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

// newSchedule is the schedule of what OSS does not have yet.
func (c *copying) newSchedule(up *upload) *schedule {
	s := &schedule{copying: c, up: up, pace: c.pace(), ended: make(chan *partRequest), under: make(map[int]*part),
		rest: rest{gaps: slices.Clone(up.gaps)}, copied: up.grid.size}
	for _, gap := range up.gaps {
		s.copied -= up.grid.length(gap)
	}
	up.places = c.places(s.rest.left() / s.least())
	return s
}

// least is how many units the smallest part has.
func (s *schedule) least() int {
	if s.copying.copier.opts.PartSize > 0 {
		return 1
	}
	rate, _, _ := s.pace.seen()
	return s.up.grid.atLeast(s.copying.copier.opts.leastPart(s.up.grid.size, rate))
}

// copyAll returns when every part is copied, or one cannot be.
func (s *schedule) copyAll(ctx context.Context) error {
	s.report()
	for len(s.rest.gaps) > 0 || len(s.under) > 0 {
		for s.mayBegin() {
			s.recut()
			s.begin(ctx, s.cut(ctx))
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

// mayBegin reports whether another part can be cut, and has a place.
func (s *schedule) mayBegin() bool {
	return len(s.rest.gaps) > 0 && (s.rest.parts > 0 || s.probes <= 0) &&
		s.empty() > 0
}

// empty is how many places are empty.
func (s *schedule) empty() int { return min(s.up.places, s.copying.to.service.Places()) - s.inFlight }

// cut cuts the next part, for what is known of the service when a batch begins.
func (s *schedule) cut(ctx context.Context) *part {
	if s.rest.parts == 0 {
		s.rest.parts, s.rest.units, s.rest.most = s.batch(ctx)
		s.among = s.rest.parts
		s.rest.least = min(s.least(), max(1, int(maxPartSize/s.up.grid.unit)/2)) // two of which may be one part
	}
	return &part{span: s.rest.next(), among: s.among}
}

// batch is how many parts are cut next, of how many units together: as many parts as there are places, a round's share
// of what is left, and none of more units than most: none is larger because others, which fill gaps, are smaller.
func (s *schedule) batch(ctx context.Context) (parts, units, most int) {
	left, least, grid := s.rest.left(), s.least(), s.up.grid
	if s.copying.copier.opts.PartSize > 0 {
		return left, left, 1
	}
	service := s.copying.to.service
	rate, spread, known := s.pace.seen()
	if limit := s.copying.partTraffic(s.up); limit > 0 {
		rate = min(rate, float64(limit)/8)
	}
	if len(s.rest.gaps) > 1 {
		s.uneven = 1
	}
	spread = max(spread, s.uneven)
	places := min(s.up.places, service.Places())
	share := shareOf(float64(left)*float64(grid.unit)/(rate*float64(places)), spread, service.Latency())
	if probes := places / probingShare; !known && s.copying.plan.TrafficLimit == 0 && s.begun == 0 && share > 1 &&
		probes >= enoughParts && left > worthProbing*probes*least {
		s.probes = probes * 3 / 4
		return probes, probes * least, least
	}
	units = int(math.Ceil(float64(left) / share))
	most = max(1, int(min(maxPartSize, int64(rate*timeForOne(ctx).Seconds()))/grid.unit))
	if units > most*places { // in many rounds anyway: rather more of them, which end more evenly
		most = max(1, most/4)
		rounds := (left + most*places - 1) / (most * places)
		units = (left + rounds - 1) / rounds
	}
	parts = max(1, min(places, units/least))
	return parts, units, min(most, (units+parts-1)/parts)
}

// begin sends a request for a part.
func (s *schedule) begin(ctx context.Context, p *part) {
	ctx, cancel := context.WithCancel(ctx)
	r := &partRequest{of: p, cancel: cancel}
	if s.copying.copier.opts.PartSize == 0 {
		r.places = s.copying.to.service.Places()
	}
	if p.sends == 0 {
		s.under[p.number()] = p
		s.begun++
	}
	p.requests = append(p.requests, r)
	p.sends++
	s.inFlight++
	go func() {
		r.err = osscall.Safely("part "+strconv.Itoa(p.number()), func() error {
			return s.copying.copyPart(ctx, s.up, r)
		})
		cancel()
		s.ended <- r
	}()
}

// finish records how a request ended. The error is the request's, if no other request is copying
// the part.
func (s *schedule) finish(r *partRequest) error {
	s.inFlight--
	p := r.of
	if s.under[p.number()] != p {
		return nil // another request has copied the part, or it was given up
	}
	p.requests = slices.DeleteFunc(p.requests, func(o *partRequest) bool { return o == r })
	switch {
	case r.err != nil && len(p.requests) > 0:
		return nil
	case r.outdated:
		s.takeBack(p)
		return nil
	case r.err != nil:
		return r.err
	}
	s.giveUp(p)
	length := s.up.grid.length(p.span)
	slowness := slownessOf(length, r.took, s.copying.to.service.Latency())
	s.slowness = append(s.slowness, slowness)
	s.endedAt = append(s.endedAt, time.Now().UnixNano())
	s.probes--
	s.copied += length
	if s.copying.plan.TrafficLimit == 0 {
		s.pace.note(slowness)
	}
	s.report()
	return nil
}

// giveUp cancels the requests for a part, and forgets it.
func (s *schedule) giveUp(p *part) {
	for _, r := range p.requests {
		r.cancel()
	}
	delete(s.under, p.number())
}

// takeBack makes a gap again of a part that is outdated. The next one begins a batch.
func (s *schedule) takeBack(p *part) {
	s.giveUp(p)
	s.begun--
	s.probes = 0
	s.rest.parts = 0
	s.rest.gaps = append(s.rest.gaps, p.span)
	slices.SortFunc(s.rest.gaps, func(a, b span) int { return a.from - b.from })
	s.rest.gaps = joined(s.rest.gaps)
}

// report tells how far the copy has come to whom it concerns.
func (s *schedule) report() {
	if progress := s.copying.copier.opts.Progress; progress != nil {
		progress(s.copied, s.up.grid.size)
	}
}
