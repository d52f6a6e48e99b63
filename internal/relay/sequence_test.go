package relay

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestEveryAttemptTakesEveryRecordOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, attempt := rapid.IntRange(0, 300).Draw(t, "records"), rapid.IntRange(RetryUnknown, 8).Draw(t, "attempt")
		s := sequence(n, attempt)
		slices.Sort(s)
		for i := range n {
			if len(s) != n || s[i] != i {
				t.Fatalf("attempt %d at %d records takes %v", attempt, n, s)
			}
		}
	})
}

// Instances that know nothing of each other: the attempts in their order reach
// everything as soon as there is time for everything in all of them together.
func TestAttemptsThatReachTheirShareEachReachEveryRecordTogether(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, attempts := rapid.IntRange(1, 2000).Draw(t, "records"), rapid.IntRange(1, 4).Draw(t, "attempts")
		share := n/attempts + 2 + rapid.IntRange(0, n).Draw(t, "more")
		reached := make([]bool, n)
		for attempt := range attempts {
			for _, i := range sequence(n, attempt)[:min(n, share)] {
				reached[i] = true
			}
		}
		if i := slices.Index(reached, false); i >= 0 {
			t.Fatalf("%d attempts at %d of %d records each never reach record %d", attempts, share, n, i)
		}
	})
}
