package main

import (
	"strings"
	"testing"
	"time"

	"afterput/internal/existing"
)

func TestProgressHasCountsRateAndTheTimeThatIsLeft(t *testing.T) {
	var m meter
	begin := time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)
	counts := func(copied int64) existing.Counts {
		return existing.Counts{ToDo: map[string]map[string]existing.Load{"r": {"": {Tally: existing.Tally{Copies: 1000}}}},
			Done: existing.Done{Copied: existing.Tally{Copies: copied}}}
	}
	for _, c := range []struct {
		after  time.Duration
		copied int64
		want   string
	}{
		{0, 100, "hand over: 100 of 1000 copies, 0 failed"},
		{10 * time.Second, 200, "hand over: 200 of 1000 copies, 0 failed, 10 a second, about 1m20s left"},
		{60 * time.Second, 200, "hand over: 200 of 1000 copies, 0 failed"},
		{61 * time.Second, 250, "hand over: 250 of 1000 copies, 0 failed, 50 a second, about 15s left"},
		{62 * time.Second, 1000, "hand over: 1000 of 1000 copies, 0 failed, 400 a second"},
	} {
		if got := m.line(begin.Add(c.after), existing.HandingOver, counts(c.copied), 0); got != c.want {
			t.Errorf("after %s: %q, want %q", c.after, got, c.want)
		}
	}
	got := m.line(begin, existing.Enumerating, existing.Counts{Objects: 1, Requests: 1}, 0)
	if got != "enumerate: 1 object seen, 1 request" {
		t.Errorf("a new phase: %q", got)
	}
}

func TestTimesAndMoneyAreWrittenShort(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "<1s", 30 * time.Second: "30s", 90 * time.Second: "1m30s", 10 * time.Minute: "10m", 59*time.Minute + 59*time.Second +
			700*time.Millisecond: "1h", 20 * time.Hour: "20h", 90*time.Minute + 10*time.Second: "1h30m", 72 * time.Hour: "3.0d",
	} {
		if got := humanTime(d); got != want {
			t.Errorf("%s: %q, want %q", d, got, want)
		}
	}
	if got := strings.Join([]string{yuan(0), yuan(0.001), yuan(1.005), yuan(1234)}, " "); got != "0.00 <0.01 1.00 1234.00" {
		t.Error(got)
	}
}
