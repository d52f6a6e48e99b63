package bench

import (
	"encoding/json"
	"flag"
	"os"
	"testing"
)

var update = flag.Bool("update", false, "store the figures as they are now")

// stored are the figures of one row that must not get worse.
type stored struct {
	Seconds  float64 `json:"seconds"`
	Requests int     `json:"requests"`
}

const storedIn = "testdata/figures.json"

// The rows of up to 12 GiB, and two large ones: the rest takes too long for every
// test run. A figure that got better is stored with -update.
func TestNoVirtualTimeFigureGetsWorseByMoreThan5Percent(t *testing.T) {
	was, now := map[string]stored{}, map[string]stored{}
	if text, err := os.ReadFile(storedIn); err == nil {
		if err := json.Unmarshal(text, &was); err != nil {
			t.Fatal(err)
		}
	} else if !*update {
		t.Fatal(err)
	}
	for _, m := range Models() {
		for _, s := range Sizes() {
			hard := m.Stragglers.Probability > 0 || m.MaxInFlight == 32
			if s.Bytes > 500*gib || s.Bytes > 12*gib && !hard {
				continue
			}
			name := m.Name + ", " + s.Name
			row, err := MeasureRow(m, s)
			if err != nil {
				t.Fatal(err)
			}
			for _, goal := range row.Goals {
				if !goal.Met() {
					t.Errorf("%s: %s", name, goal)
				}
			}
			now[name] = stored{row.Engine.Makespan.Seconds(), row.Engine.Requests}
			before, ok := was[name]
			if *update {
				continue
			}
			if !ok {
				t.Errorf("%s: no figures are stored", name)
			}
			if now[name].Seconds > before.Seconds*1.05 {
				t.Errorf("%s: %.3f s, stored are %.3f s", name, now[name].Seconds, before.Seconds)
			}
			if float64(now[name].Requests) > float64(before.Requests)*1.05 {
				t.Errorf("%s: %d requests, stored are %d", name, now[name].Requests, before.Requests)
			}
		}
	}
	if !*update {
		return
	}
	text, err := json.MarshalIndent(now, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(storedIn, append(text, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}

// No contender can beat the bound, or it is none.
func TestNothingIsFasterThanTheBound(t *testing.T) {
	for _, m := range Models() {
		for _, s := range Sizes()[:4] {
			row, err := MeasureRow(m, s)
			if err != nil {
				t.Fatal(err)
			}
			if row.OfBound() > 1 || m.Later == nil && row.SDK.Makespan < row.Bound {
				t.Errorf("%s, %s: bound %v, afterput %v, Copier %v", m.Name, s.Name, row.Bound, row.Engine.Makespan,
					row.SDK.Makespan)
			}
		}
	}
}
