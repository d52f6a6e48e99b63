package copier

import (
	"context"
	"slices"
	"time"
)

// A part straggles if it takes longer than almost all parts that were copied recently, and others have overtaken
// it: a service that becomes slower slows all of them. Then it is sent once more, and the first request to succeed
// counts; or, when places are empty because nothing is left to cut, its request is given up and the places share
// its bytes, one such part after the other. Few parts are sent again, since it does the work twice; and none while
// many are slow, since then it is the service that is uneven. But if a part takes several times as long, its
// connection is taken for dead: its requests are cancelled and it is sent again, however many such parts there
// are.
const (
	leastDelay   = 25 * time.Millisecond // how late a straggler is at least
	extraPercent = 3                     // parts that are sent again at most, in percent of the parts
	extraLeast   = 2                     // parts that may be sent again however few there are
	fewShare     = 10                    // at most one in so many places straggles, or as many as may be sent again
	deadAfter    = 3                     // a connection is dead after so many times a straggler's time
	mostSent     = 6                     // requests for one part at most, if none is answered
	fewPieces    = 8                     // pieces that a part is divided into at least: fewer would hardly end sooner
	worthwhile   = 75                    // in percent of the time left: what ends sooner is worth a change of plan
)

// never is longer than any wait.
const never = time.Hour

// resendStragglers sends the parts again that straggle, and gives how long to wait
// until another part may.
func (s *schedule) resendStragglers(ctx context.Context) time.Duration {
	if len(s.slowness) < max(1, min(enoughParts, (s.begun+1)/2)) {
		return never
	}
	now, next := time.Now(), never
	middle, high := s.recentSlowness()
	few := s.slow(now, high) <= max(s.mostAgain(), s.up.places/fewShare)
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
		case late < deadAfter*patience && s.waitsToDivide(p, middle, high):
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
func (s *schedule) waitsToDivide(p *part, middleSlowness, highSlowness float64) bool {
	if len(s.rest.gaps) > 0 {
		return false
	}
	among := func(places int) time.Duration {
		pieces := min(places, p.units()/s.least())
		if pieces < fewPieces {
			pieces = 1
		}
		return s.took(int64((p.units()+pieces-1)/pieces)*s.up.grid.unit, middleSlowness)
	}
	empty := s.empty()
	now := among(empty)
	for i, end := range s.ends(middleSlowness, highSlowness) {
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

// mostAgain is how many parts may be sent again at most before their connections are taken for dead.
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

// recut has what is left of the last batch cut again, once, if stragglers have held places for which it was cut, so
// that a part that is begun now would end long after those under way. The next batch is for the places that these are
// about to leave too.
func (s *schedule) recut() {
	n, units := s.rest.parts, s.rest.units
	fixed := s.copying.copier.opts.PartSize > 0 || s.copying.plan.TrafficLimit > 0
	if s.wasRecut || s.again == 0 || fixed || n == 0 || units < s.rest.left() || units < 2*n*s.least() {
		return
	}
	middle, high := s.recentSlowness()
	each, ends := s.took(int64(units/n)*s.up.grid.unit, middle), s.ends(middle, high)
	all := each * time.Duration(n)
	for _, end := range ends {
		all += end
	}
	if even := all / time.Duration(s.empty()+len(ends)); even < each*worthwhile/100 {
		s.wasRecut, s.rest.parts = true, 0
	}
}

// ends are how much longer the parts under way are expected to take, in order, without those that straggle.
func (s *schedule) ends(middleSlowness, highSlowness float64) (ends []time.Duration) {
	now := time.Now()
	for _, p := range s.under {
		bytes, under := s.up.grid.length(p.span), time.Duration(0)
		if sent := p.sent(); sent > 0 {
			under = now.Sub(time.Unix(0, sent))
		}
		if under < s.patience(bytes, middleSlowness, highSlowness) {
			ends = append(ends, max(0, s.took(bytes, middleSlowness)-under))
		}
	}
	slices.Sort(ends)
	return ends
}
