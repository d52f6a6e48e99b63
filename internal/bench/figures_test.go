package bench

import (
	"encoding/json"
	"flag"
	"os"
	"slices"
	"testing"

	"afterput/internal/copier"
)

var update = flag.Bool("update", false, "store the figures as they are now")

// stored are the figures of one row that must not get worse.
type stored struct {
	Seconds  float64 `json:"seconds"`
	Requests int     `json:"requests"`
}

const storedIn = "testdata/figures.json"

// The rows of up to 12 GiB, and two large ones: the rest takes too long for every test run. A figure that got better is
// stored with -update.
func TestNoVirtualTimeFigureGetsWorseByMoreThan5Percent(t *testing.T) {
	now := map[string]stored{}
	for _, m := range Models() {
		for _, s := range Sizes() {
			hard := m.Stragglers.Probability > 0 || m.MaxInFlight == 32
			if s.Bytes > 500*gib || s.Bytes > 12*gib && !hard {
				continue
			}
			now[m.Name+", "+s.Name] = measured(t, m, s)
		}
	}
	if *update {
		store(t, now)
		return
	}
	was := load(t)
	for name, n := range now {
		before, ok := was[name]
		if !ok {
			t.Errorf("%s: no figures are stored", name)
		}
		if n.Seconds > before.Seconds*1.05 {
			t.Errorf("%s: %.3f s, stored are %.3f s", name, n.Seconds, before.Seconds)
		}
		if float64(n.Requests) > float64(before.Requests)*1.05 {
			t.Errorf("%s: %d requests, stored are %d", name, n.Requests, before.Requests)
		}
	}
}

func TestStragglersOfEightSeedsCostLessThanAQuarterOfTheTimeAndOfALargeCopyATenth(t *testing.T) {
	m := Models()[4]
	for size, want := range map[int64]float64{12 * gib: 0.75, 500 * gib: 0.90} {
		for m.Run = range 8 {
			f, least, err := measureModel(m, size, Engine(copier.Options{}))
			if err != nil {
				t.Fatal(err)
			}
			ofBound, seed := least.Seconds()/f.Makespan.Seconds(), firstSeed+m.Run
			t.Logf("%d GiB, seed %d: %.3f of the bound, %d of %d parts sent again", size/gib, seed, ofBound, f.Extra,
				f.Parts)
			if f.Extra > max(2, f.Parts*3/100) {
				t.Errorf("%d GiB, seed %d: %d of %d parts were sent again, want at most 3 %%", size/gib, seed, f.Extra,
					f.Parts)
			}
			if ofBound < want {
				t.Errorf("%d GiB, seed %d: %.3f of the bound, want %.2f", size/gib, seed, ofBound, want)
			}
		}
	}
}

// The seeds are those of 300 that have most stragglers at once, more than may be sent again when they are found.
func TestSixStragglersAtOnceCostLessThanAQuarterOfTheTime(t *testing.T) {
	m := Models()[4]
	for _, m.Run = range []uint64{71, 199, 217} {
		f, least, err := measureModel(m, 12*gib, Engine(copier.Options{}))
		if err != nil {
			t.Fatal(err)
		}
		if ofBound := least.Seconds() / f.Makespan.Seconds(); ofBound < 0.75 {
			t.Errorf("seed %d: %.3f of the bound, want 0.75", firstSeed+m.Run, ofBound)
		}
	}
}

func TestPartsOfAServiceWithTwoSpeedsAreNotSentAgain(t *testing.T) {
	for _, m := range Paces() {
		if m.Uneven.Probability == 0 {
			continue
		}
		for m.Run = range 4 {
			f, least, err := measureModel(m, 12*gib, Engine(copier.Options{}))
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%s, seed %d: %.3f of the bound, %d parts", m.Name, firstSeed+m.Run,
				least.Seconds()/f.Makespan.Seconds(), f.Parts)
			if f.Extra > 0 {
				t.Errorf("%s, seed %d: %d parts were sent again", m.Name, firstSeed+m.Run, f.Extra)
			}
		}
	}
}

// runs is how often a row is run: more than once where requests are refused. Which of those that are sent at once are
// the ones too many decides what gaps they leave, so that one run says little.
func runs(m Model) uint64 {
	if m.MaxInFlight == 0 || m.MaxInFlight >= Ceiling {
		return 1
	}
	return 5
}

// measured runs one row, which must meet its goals every time, and gives the median of its figures. The SDK's Copier,
// whose copies of large objects take thousands of requests, runs for those of up to 12 GiB.
func measured(t *testing.T, m Model, s Size) stored {
	t.Helper()
	var seconds []float64
	var requests []int
	var row Row
	var err error
	if s.Bytes <= 12*gib {
		if row.SDK, _, err = measureModel(m, s.Bytes, SDKCopier); err != nil {
			t.Fatal(err)
		}
	}
	for m.Run = range runs(m) {
		if row.Engine, row.Bound, err = measureModel(m, s.Bytes, Engine(copier.Options{})); err != nil {
			t.Fatal(err)
		}
		for _, goal := range goals(m, s.Bytes, row) {
			if !goal.Met() && (goal.Name != fasterGoal || s.Bytes <= 12*gib) {
				t.Errorf("%s, %s, run %d: %s", m.Name, s.Name, m.Run, goal)
			}
		}
		seconds, requests = append(seconds, row.Engine.Makespan.Seconds()), append(requests, row.Engine.Requests)
	}
	slices.Sort(seconds)
	slices.Sort(requests)
	return stored{seconds[len(seconds)/2], requests[len(requests)/2]}
}

func load(t *testing.T) (figures map[string]stored) {
	t.Helper()
	text, err := os.ReadFile(storedIn)
	if err == nil {
		err = json.Unmarshal(text, &figures)
	}
	if err != nil {
		t.Fatal(err)
	}
	return figures
}

func store(t *testing.T, figures map[string]stored) {
	t.Helper()
	text, err := json.MarshalIndent(figures, "", "  ")
	if err == nil {
		err = os.WriteFile(storedIn, append(text, '\n'), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// A contender that beats the bound shows that the bound is wrong.
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
