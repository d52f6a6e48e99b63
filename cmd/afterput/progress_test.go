package main

import (
	"testing"
	"time"

	"afterput/internal/existing"
)

func TestProgressHasCountsRateAndTheTimeThatIsLeft(t *testing.T) {
	var m meter
	begin := time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)
	counts := func(copied int64) existing.Counts {
		all := existing.Load{Tally: existing.Tally{Copies: 1000}}
		return existing.Counts{ToDo: map[string]map[string]existing.Load{"r": {"": all}},
			Done: existing.Done{Copied: existing.Tally{Copies: copied}}}
	}
	for _, c := range []struct {
		after  time.Duration
		copied int64
		want   string
	}{
		{0, 100, "hand over: 100 of 1000 copies, 0 failed"},
		{10 * time.Second, 200, "hand over: 200 of 1000 copies, 0 failed, 10 a second, 1m20s left"},
		{60 * time.Second, 200, "hand over: 200 of 1000 copies, 0 failed"},
		{61 * time.Second, 250, "hand over: 250 of 1000 copies, 0 failed, 50 a second, 15s left"},
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
	for text, want := range map[string]string{
		"0s": "<1s", "30s": "30s", "90s": "1m30s", "10m": "10m", "59m59.7s": "1h", "20h": "20h", "90m10s": "1h30m",
		"72h": "3.0d",
	} {
		d, err := time.ParseDuration(text)
		if got := humanTime(d); err != nil || got != want {
			t.Errorf("%s: %q, want %q; %v", text, got, want, err)
		}
	}
	for v, want := range map[float64]string{0: "0.00", 0.001: "<0.01", 1.25: "1.25", 1234: "1234.00"} {
		if got := yuan(v); got != want {
			t.Errorf("%g: %q, want %q", v, got, want)
		}
	}
}
