package deploy

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestTheIndexOfFiltersFindsAllThatOverlap(t *testing.T) {
	const seed = 1
	r := rand.New(rand.NewPCG(seed, seed))
	text := func() string {
		b := make([]byte, r.IntN(5))
		for i := range b {
			b[i] = "ab/"[r.IntN(3)]
		}
		return string(b)
	}
	found := 0
	for range 2000 {
		var s separateFilters
		for range 1 + r.IntN(30) {
			f := &filter{prefix: text(), suffix: text(), events: []string{"e" + string(rune('0'+r.IntN(2)))}}
			var want []int
			for i, g := range s.all {
				if g != nil && f.overlaps(g) {
					want = append(want, i)
				}
			}
			if got := s.overlapping(f); !slices.Equal(got, want) {
				t.Fatalf("seed %d: %+v overlaps the filters %d, the index says %d", seed, f, want, got)
			}
			if want != nil {
				found++
			}
			if s.add(f, ""); r.IntN(5) == 0 {
				s.index()
			}
		}
	}
	if found < 1000 {
		t.Errorf("only %d filters overlapped one: the test tests nothing", found)
	}
}
