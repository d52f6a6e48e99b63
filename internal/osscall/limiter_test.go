package osscall

import (
	"context"
	"testing"
	"testing/synctest"
)

func refusedForLoad() error {
	return NewError(KindThrottled, "part 1", "ServiceUnavailable", "slow down")
}

// take has so many requests get a place.
func take(l *limiter, n int) (all []entry) {
	for range n {
		e, _ := l.enter(context.Background(), false)
		all = append(all, e)
	}
	return all
}

// end has requests end.
func end(l *limiter, all []entry, err error) {
	for _, e := range all {
		l.leave(e, err)
	}
}

func TestUrgentRequestsAreServedFirstInOrderOfArrival(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(1)
		first := take(l, 1)
		var order []string
		wait := func(name string, urgent bool) {
			go func() {
				e, err := l.enter(t.Context(), urgent)
				if err != nil {
					t.Error(err)
				}
				order = append(order, name)
				l.leave(e, nil)
			}()
			synctest.Wait()
		}
		wait("part 1", false)
		wait("HeadObject 1", true)
		wait("part 2", false)
		wait("HeadObject 2", true)
		wait("HeadObject 3", true)
		end(l, first, nil)
		synctest.Wait()
		want := []string{"HeadObject 1", "HeadObject 2", "HeadObject 3", "part 1", "part 2"}
		for i := range want {
			if i >= len(order) || order[i] != want[i] {
				t.Fatalf("served %v, want %v", order, want)
			}
		}
	})
}

// open is how many requests may be in flight now.
func (l *limiter) open() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return int(l.limit)
}

// rounds is how many rounds of successes, each of as many requests as may be in flight, it
// takes until so many may be in flight.
func rounds(l *limiter, open int) (n int) {
	for ; l.open() < open && n < 1000; n++ {
		end(l, take(l, l.open()), nil)
	}
	return n
}

func TestRefusalOfALoneRequestCostsAFewRoundsWhereverItFalls(t *testing.T) {
	for _, inFlight := range []int{1, 2, 5, 20, 60} {
		for _, times := range []int{1, 3} {
			l := newLimiter(128)
			refuseBeside(l, inFlight-1, times)
			if n := rounds(l, 128); n > 8 {
				t.Errorf("%d in flight, %d refused: %d rounds until the limiter is open again", inFlight, times, n)
			}
		}
	}
}

// refuseBeside has one request refused so many times while others are in flight, which then
// succeed.
func refuseBeside(l *limiter, others, times int) {
	beside := take(l, others)
	for range times {
		if wait := l.queue(false); wait != nil {
			l.giveUp(wait)
		} else {
			l.leave(entry{l.inFlight, l.successes}, refusedForLoad())
		}
	}
	end(l, beside, nil)
}

// admit ends requests of which OSS admits only so many. Of those, some succeed before the others are refused.
func admit(l *limiter, all []entry, accepts, before int) {
	accepts = min(accepts, len(all))
	before = min(before, accepts)
	end(l, all[:before], nil)
	end(l, all[accepts:], refusedForLoad())
	end(l, all[before:accepts], nil)
}

func TestRefusalsOfAFullLimiterLeaveWhatWasAdmittedAndOpenItSlowly(t *testing.T) {
	for _, before := range []int{0, 20, 40} {
		l := newLimiter(128)
		admit(l, take(l, 128), 40, before)
		if got := l.open(); got < 40 || got > 41 {
			t.Errorf("%d may be in flight, 40 were admitted, of which %d ended before the refusals", got, before)
		}
		if n := rounds(l, 51); n < 8 {
			t.Errorf("the limit rose from 40 to 51 in %d rounds", n)
		}
	}
}

func TestLimiterThatBeginsTooHighSettlesAtWhatOSSAccepts(t *testing.T) {
	const accepts = 4
	for before := range accepts + 1 {
		l := newLimiter(128)
		end(l, take(l, 1), refusedForLoad()) // a lone one: the limiter knows nothing yet
		refused, sent := 0, 0
		for range 200 {
			all := take(l, l.open())
			sent += len(all)
			refused += max(0, len(all)-accepts)
			admit(l, all, accepts, before)
		}
		if 4*refused > sent {
			t.Errorf("%d of %d requests were refused", refused, sent)
		}
	}
}
