package copier

import (
	"context"
	"math"
	"slices"
	"strconv"
	"time"

	"afterput/internal/osscall"
)

// A part straggles if it takes longer than almost all parts that were copied recently, and others
// have overtaken it: a service that becomes slower slows all of them. Then it is sent once more, and the first request
// to succeed counts; or, when places are empty because nothing is left to cut, its request is given up and the places
// share its bytes, one such part after the other. Few parts are sent again, since it does the work twice. But
// if a part takes several times as long, its connection is taken for dead: its requests are
// cancelled and it is sent again, however many such parts there are.
const (
	leastDelay   = 25 * time.Millisecond // how late a straggler is at least
	extraPercent = 3                     // parts that are sent again at most, in percent of the parts
	extraLeast   = 2                     // parts that may be sent again however few there are
	deadAfter    = 3                     // a connection is dead after so many times a straggler's time
	mostSent     = 6                     // requests for one part at most, if none is answered
	fewPieces    = 8                     // pieces that a part is divided into at least: fewer would hardly end sooner
	worthwhile   = 75                    // in percent of the time left: what ends sooner is worth a change of plan
)

// never is longer than any wait.
const never = time.Hour

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

// recut cuts what is left of the last batch again, once, if stragglers have held places that it was cut for, and a part
// that is begun now would end long after the others: into as many parts as there are places, most of which those are
// about to leave.
func (s *schedule) recut() {
	n, units := s.rest.parts, s.rest.units
	fixed := s.copying.copier.opts.PartSize > 0 || s.copying.plan.TrafficLimit > 0
	if s.wasRecut || s.again == 0 || fixed || n == 0 || units < s.rest.left() || units < 2*n*s.least() {
		return
	}
	middle, _ := s.recentSlowness()
	each, ends := s.took(int64(units/n)*s.up.grid.unit, middle), s.ends()
	all := each * time.Duration(n)
	for _, end := range ends {
		all += end
	}
	if even := all / time.Duration(s.empty()+len(ends)); even < each*worthwhile/100 {
		s.wasRecut, s.rest.parts = true, 0
	}
}

// empty is how many places are empty.
func (s *schedule) empty() int { return min(s.up.places, s.copying.to.service.Places()) - s.inFlight }

// ends are how long the parts under way are expected to take yet, in order, without those that straggle.
func (s *schedule) ends() (ends []time.Duration) {
	now := time.Now()
	middle, high := s.recentSlowness()
	for _, p := range s.under {
		bytes, under := s.up.grid.length(p.span), time.Duration(0)
		if sent := p.sent(); sent > 0 {
			under = now.Sub(time.Unix(0, sent))
		}
		if under < s.patience(bytes, middle, high) {
			ends = append(ends, max(0, s.took(bytes, middle)-under))
		}
	}
	slices.Sort(ends)
	return ends
}

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

// resendStragglers sends the parts again that straggle, and gives how long to wait
// until another part may.
func (s *schedule) resendStragglers(ctx context.Context) time.Duration {
	if len(s.slowness) < max(1, min(enoughParts, (s.begun+1)/2)) {
		return never
	}
	now, next := time.Now(), never
	middle, high := s.recentSlowness()
	few := s.slow(now, high) <= s.mostAgain()
	for _, p := range s.under {
		sent := p.sent()
		patience := s.patience(s.up.grid.length(p.span), middle, high)
		if sent == 0 && len(p.requests) > 1 {
			next = min(next, p.makesPlace(now, deadAfter*patience))
		}
		if sent == 0 || s.endedSince(sent) < (min(len(s.under), p.among)+1)/2 {
			continue // not sent yet, or overtaken by few: checked again when the next one ends
		}
		switch late := now.Sub(time.Unix(0, sent)); {
		case late < patience:
			next = min(next, patience-late)
		case late < deadAfter*patience && s.waitsToDivide(p):
			next = min(next, deadAfter*patience-late)
		case few && s.again < s.mostAgain():
			s.again++
			s.sendAgain(ctx, p, false)
			next = min(next, patience) // it may wait for a place
		case late < deadAfter*patience:
			next = min(next, deadAfter*patience-late)
		case p.sends < mostSent:
			s.sendAgain(ctx, p, true)
		}
	}
	return next
}

// waitsToDivide reports whether a part ends sooner if it is divided later, among more places: those of the pieces of
// another straggler, or of the last parts.
func (s *schedule) waitsToDivide(p *part) bool {
	if len(s.rest.gaps) > 0 {
		return false
	}
	middle, _ := s.recentSlowness()
	among := func(places int) time.Duration {
		pieces := min(places, p.units()/s.least())
		if pieces < fewPieces {
			pieces = 1
		}
		return s.took(int64((p.units()+pieces-1)/pieces)*s.up.grid.unit, middle)
	}
	empty := s.empty()
	now := among(empty)
	for i, end := range s.ends() {
		if end+among(empty+i+1) < now*worthwhile/100 {
			return true
		}
	}
	return false
}

// slow is how many of the parts under way have taken longer than nine in ten recent parts.
func (s *schedule) slow(now time.Time, highSlowness float64) (slow int) {
	for _, p := range s.under {
		sent := p.sent()
		if sent != 0 && now.Sub(time.Unix(0, sent)) > s.took(s.up.grid.length(p.span), highSlowness) {
			slow++
		}
	}
	return slow
}

// mostAgain is how many parts may be sent again that may still be copied.
func (s *schedule) mostAgain() int {
	if s.copying.plan.TrafficLimit != 0 {
		return 0
	}
	return max(extraLeast, (s.begun+s.rest.parts)*extraPercent/100)
}

// sendAgain sends a part once more, or in pieces to the places that are empty because nothing is left to cut. Its
// other requests go on unless it is in pieces, or they are dead.
func (s *schedule) sendAgain(ctx context.Context, p *part, dead bool) {
	pieces := 1
	if len(s.rest.gaps) == 0 {
		pieces = min(s.up.places-s.inFlight, p.units()/s.least())
	}
	if pieces >= fewPieces {
		s.giveUp(p)
		all := rest{gaps: []span{p.span}, parts: pieces, units: p.units(), most: p.units(), least: s.rest.least}
		for len(all.gaps) > 0 {
			s.begin(ctx, &part{span: all.next(), among: pieces})
		}
		return
	}
	if dead {
		for _, r := range p.requests {
			r.cancel()
		}
	}
	s.begin(ctx, p)
}

// recentSlowness is the slowness that half, and nine in ten, of the recent parts had at most.
func (s *schedule) recentSlowness() (middle, high float64) {
	recent := slices.Sorted(slices.Values(s.slowness[max(0, len(s.slowness)-recentParts):]))
	return recent[len(recent)/2], recent[len(recent)*9/10]
}

// patience is how long a part of so many bytes may take before it straggles: as long as nine in ten recent parts at
// most, byte for byte, and more the more those differ. See recentSlowness.
func (s *schedule) patience(bytes int64, middleSlowness, highSlowness float64) time.Duration {
	middle, high := s.took(bytes, middleSlowness), s.took(bytes, highSlowness)
	return high + 2*(high-middle) + max(middle/20, leastDelay)
}

// took is how long a part of so many bytes takes if each takes so many seconds.
func (s *schedule) took(bytes int64, slowness float64) time.Duration {
	return s.copying.to.service.Latency() + time.Duration(slowness*float64(bytes)*float64(time.Second))
}

// endedSince is how many parts were copied after a time.
func (s *schedule) endedSince(t int64) int {
	at, _ := slices.BinarySearch(s.endedAt, t+1)
	return len(s.endedAt) - at
}
