package osscall

import (
	"context"
	"testing"
	"testing/synctest"
)

func refusedForLoad() error {
	return NewError(KindThrottled, "part 1", "ServiceUnavailable", "slow down")
}

func TestUrgentRequestsAreServedFirstInOrderOfArrival(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(1)
		if err := l.enter(t.Context(), false); err != nil {
			t.Fatal(err)
		}
		var order []string
		wait := func(name string, urgent bool) {
			go func() {
				if err := l.enter(t.Context(), urgent); err != nil {
					t.Error(err)
				}
				order = append(order, name)
				l.leave(nil)
			}()
			synctest.Wait()
		}
		wait("part 1", false)
		wait("HeadObject 1", true)
		wait("part 2", false)
		wait("HeadObject 2", true)
		wait("HeadObject 3", true)
		l.leave(nil)
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
		places := l.open()
		for range places {
			_ = l.enter(context.Background(), false)
		}
		for range places {
			l.leave(nil)
		}
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
	for range others {
		_ = l.enter(context.Background(), false)
	}
	for range times {
		if wait := l.queue(false); wait != nil {
			l.giveUp(wait)
		} else {
			l.leave(refusedForLoad())
		}
	}
	for range others {
		l.leave(nil)
	}
}

func TestRefusalsOfAFullLimiterLeaveWhatWasAdmittedAndOpenItSlowly(t *testing.T) {
	l := newLimiter(128)
	for range 128 {
		_ = l.enter(t.Context(), false)
	}
	for range 88 {
		l.leave(refusedForLoad())
	}
	if got := l.open(); got != 40 {
		t.Errorf("%d may be in flight, 40 were admitted", got)
	}
	for range 40 {
		l.leave(nil)
	}
	if n := rounds(l, 50); n < 8 {
		t.Errorf("the limit rose from 40 to 50 in %d rounds", n)
	}
}

func TestLimiterThatBeginsTooHighSettlesAtWhatOSSAccepts(t *testing.T) {
	const accepts = 4
	l := newLimiter(128)
	_ = l.enter(t.Context(), false)
	l.leave(refusedForLoad()) // a lone one: the limiter knows nothing yet
	refused, sent := 0, 0
	for range 200 {
		places := l.open()
		for range places {
			_ = l.enter(t.Context(), false)
		}
		for i := range places {
			sent++
			if i < places-accepts {
				refused++
				l.leave(refusedForLoad())
			} else {
				l.leave(nil)
			}
		}
	}
	if 4*refused > sent {
		t.Errorf("%d of %d requests were refused", refused, sent)
	}
}
