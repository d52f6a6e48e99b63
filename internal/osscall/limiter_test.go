package osscall

import (
	"context"
	"testing"
	"testing/synctest"
)

func refusedForLoad() error {
	return NewError(KindThrottled, "part 1", "ServiceUnavailable", "slow down")
}

func TestUrgentRequestsAreServedFirstComeFirstServed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newLimiter(1)
		if err := g.enter(t.Context(), false); err != nil {
			t.Fatal(err)
		}
		var order []string
		wait := func(name string, urgent bool) {
			go func() {
				if err := g.enter(t.Context(), urgent); err != nil {
					t.Error(err)
				}
				order = append(order, name)
				g.leave(nil)
			}()
			synctest.Wait()
		}
		wait("part 1", false)
		wait("look 1", true)
		wait("part 2", false)
		wait("look 2", true)
		wait("look 3", true)
		g.leave(nil)
		synctest.Wait()
		want := []string{"look 1", "look 2", "look 3", "part 1", "part 2"}
		for i := range want {
			if i >= len(order) || order[i] != want[i] {
				t.Fatalf("served %v, want %v", order, want)
			}
		}
	})
}

// open is how many requests may be in flight now.
func (g *limiter) open() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return int(g.limit)
}

// rounds is how many rounds of successes, each of as many requests as may be in flight,
// it takes until the limiter is as open as that.
func rounds(g *limiter, open int) (n int) {
	for ; g.open() < open && n < 1000; n++ {
		places := g.open()
		for range places {
			_ = g.enter(context.Background(), false)
		}
		for range places {
			g.leave(nil)
		}
	}
	return n
}

func TestRefusalOfALoneRequestCostsAFewRoundsWhereverItFalls(t *testing.T) {
	for _, inFlight := range []int{1, 2, 5, 20, 60} {
		for _, times := range []int{1, 3} {
			g := newLimiter(128)
			for range inFlight - 1 {
				_ = g.enter(t.Context(), false)
			}
			for range times { // one request beside them, refused each time it is sent
				if wait := g.queue(false); wait != nil {
					g.giveUp(wait)
				} else {
					g.leave(refusedForLoad())
				}
			}
			for range inFlight - 1 {
				g.leave(nil)
			}
			if n := rounds(g, 128); n > 8 {
				t.Errorf("%d in flight, %d refused: %d rounds until the limiter is open again", inFlight, times, n)
			}
		}
	}
}

func TestRefusalsOfAFullGateLeaveWhatWasAdmittedAndOpenItSlowly(t *testing.T) {
	g := newLimiter(128)
	for range 128 {
		_ = g.enter(t.Context(), false)
	}
	for range 88 {
		g.leave(refusedForLoad())
	}
	if got := g.open(); got != 40 {
		t.Errorf("%d may be in flight, 40 were admitted", got)
	}
	for range 40 {
		g.leave(nil)
	}
	if n := rounds(g, 50); n < 8 {
		t.Errorf("it opened from 40 to 50 in %d rounds", n)
	}
}

func TestGateThatGuessedTooHighSettlesAtWhatOSSTakes(t *testing.T) {
	const takes = 4
	g := newLimiter(128)
	_ = g.enter(t.Context(), false)
	g.leave(refusedForLoad()) // a lone one: the limiter knows nothing yet
	refused, sent := 0, 0
	for range 200 {
		places := g.open()
		for range places {
			_ = g.enter(t.Context(), false)
		}
		for i := range places {
			sent++
			if i < places-takes {
				refused++
				g.leave(refusedForLoad())
			} else {
				g.leave(nil)
			}
		}
	}
	if 4*refused > sent {
		t.Errorf("%d of %d requests were refused", refused, sent)
	}
}
