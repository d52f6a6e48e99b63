package existing_test

import (
	"testing"
	"time"

	"afterput/internal/existing"
)

func TestTheWindowOfASweepReachesFromTheLastOneToTheEventsThatAreNotRetriedAnyMore(t *testing.T) {
	for every, want := range map[time.Duration]string{
		time.Hour:        "25h",
		90 * time.Minute: "25h30m",
		10 * time.Minute: "24h10m",
	} {
		w := existing.WindowFor(every, 0)
		read, ok, err := existing.ReadSweep(timer(w.Payload()))
		if !ok || err != nil || read != w || w.ModifiedWithin != want || w.OlderThan != "15m" {
			t.Errorf("every %s: %+v, read %+v (%t, %v), want %s", every, w, read, ok, err, want)
		}
		if !w.Covers(every) || w.Covers(every+24*time.Hour) {
			t.Errorf("every %s: what it covers", every)
		}
	}
}

func TestTheWindowOfASweepReachesBackForTheLongestRestore(t *testing.T) {
	w := existing.WindowFor(time.Hour, 48*time.Hour)
	if w.ModifiedWithin != "73h" || !w.Covers(49*time.Hour) {
		t.Errorf("%+v", w)
	}
}
