package copier

import (
	"maps"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"pgregory.net/rapid"
)

// asListed is how OSS lists parts, in the order of their numbers.
func asListed(g grid, parts map[int]span) (list []oss.Part) {
	for _, number := range slices.Sorted(maps.Keys(parts)) {
		list = append(list, oss.Part{PartNumber: int32(number), Size: g.length(parts[number])})
	}
	return list
}

func TestPartsCoverTheObjectWithinTheLimitsOfOSS(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.Int64Range(1, maxParts*maxPartSize).Draw(t, "size")
		sizes := []int64{0, 0, minPartSize, 64 * mib, maxPartSize}
		o := Options{PartSize: rapid.SampledFrom(sizes).Draw(t, "part size")}
		g := o.gridOf(size)
		middle := rapid.IntRange(0, g.units()).Draw(t, "end of a gap")
		largest := int(maxPartSize / g.unit)
		r, parts := rest{gaps: []span{{0, middle}, {middle, g.units()}}}, map[int]span{}
		r.least = rapid.IntRange(1, max(1, largest/2)).Draw(t, "least units of a part")
		r.gaps = slices.DeleteFunc(r.gaps, func(gap span) bool { return gap.units() == 0 })
		for len(r.gaps) > 0 {
			if r.parts == 0 {
				r.units = rapid.IntRange(1, r.left()).Draw(t, "units of a batch")
				r.parts = rapid.IntRange(1, r.units).Draw(t, "parts of a batch")
				r.most = rapid.IntRange(1, largest).Draw(t, "most units of a part")
			}
			gap := r.gaps[0]
			s := r.next()
			if s.units() < r.least && s != gap || s.units() > max(r.most, 2*r.least-1) {
				t.Fatalf("a part of %d units of a gap of %d, want %d to %d", s.units(), gap.units(), r.least, r.most)
			}
			if s.units() < 1 || s.to > g.units() || s.number() > maxParts {
				t.Fatalf("part of units %d to %d of %d", s.from, s.to, g.units())
			}
			if s.to < g.units() && g.length(s) < minPartSize || g.length(s) > maxPartSize {
				t.Fatalf("a part of %d bytes, up to unit %d of %d", g.length(s), s.to, g.units())
			}
			parts[s.number()] = s
		}
		if g.unit < minPartSize || g.unit > maxPartSize {
			t.Fatalf("units of %d bytes", g.unit)
		}
		sum := int64(0)
		for _, p := range asListed(g, parts) {
			sum += p.Size
		}
		if gaps, ok := g.gaps(asListed(g, parts)); !ok || len(gaps) > 0 || sum != size {
			t.Fatalf("%d parts of %d bytes in all, of %d, leave %v", len(parts), sum, size, gaps)
		}
	})
}

func TestGapsAreWhatHasToBeCopiedForThePartsToFollowEachOtherWithNoneLeftOver(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := grid{size: rapid.Int64Range(1, 40*minPartSize).Draw(t, "size"), unit: minPartSize}
		parts := map[int]span{} // of several layouts, which reach into each other
		for range rapid.IntRange(0, 20).Draw(t, "parts") {
			from := rapid.IntRange(0, g.units()-1).Draw(t, "from")
			parts[from+1] = span{from, rapid.IntRange(from+1, g.units()).Draw(t, "to")}
		}
		gaps, ok := g.gaps(asListed(g, parts))
		if !ok {
			t.Fatal("a list of parts of this object is refused")
		}
		for _, gap := range gaps {
			parts[gap.number()] = gap
		}
		at := 0
		for _, number := range slices.Sorted(maps.Keys(parts)) {
			if parts[number].from != at {
				t.Fatalf("unit %d follows on unit %d", parts[number].from, at)
			}
			at = parts[number].to
		}
		if left, _ := g.gaps(asListed(g, parts)); at != g.units() || len(left) > 0 {
			t.Fatalf("the parts end at unit %d of %d, and leave %v", at, g.units(), left)
		}
	})
}

func TestListsThatNoCopyOfTheObjectMakesAreRefused(t *testing.T) {
	g := grid{size: 3 * minPartSize, unit: minPartSize}
	for name, numbers := range map[string][]int32{
		"a part behind the end": {1, 2, 3, 4}, "not in order": {2, 1, 3}, "a number twice": {1, 1, 3},
		"no number": {0, 1, 2},
	} {
		var list []oss.Part
		for _, n := range numbers {
			list = append(list, oss.Part{PartNumber: n, Size: minPartSize})
		}
		if gaps, ok := g.gaps(list); ok {
			t.Errorf("%s: taken, with gaps %v", name, gaps)
		}
	}
}

func TestMoreRoundsAreTakenTheMorePartsDifferAndTheLessARoundCosts(t *testing.T) {
	for _, test := range []struct {
		seconds, spread float64
		latency         time.Duration
		rounds          int
	}{
		{10, 0, 2 * time.Millisecond, 1}, {10, 0, 200 * time.Millisecond, 1},
		{1.2, 0.25, 20 * time.Millisecond, 3}, {1.2, 0.25, 200 * time.Millisecond, 1}, {1.2, 0.25, 0, 8},
		{1.2, 0.67, 20 * time.Millisecond, 5}, {50, 0.67, 20 * time.Millisecond, 10},
	} {
		if got := roundsFor(test.seconds, test.spread, test.latency); got != test.rounds {
			t.Errorf("%v: %d rounds", test, got)
		}
	}
}

func TestTagsAreEncodedSoThatOSSReadsThemBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key, value := rapid.String().Draw(t, "key"), rapid.String().Draw(t, "value")
		encoded := percent(key) + "=" + percent(value)
		got, err := url.ParseQuery(encoded)
		if err != nil || len(got) != 1 || got.Get(key) != value {
			t.Fatalf("%q: %v, %v", encoded, got, err)
		}
		for _, c := range encoded {
			if c == '+' || c == ' ' || c > 126 {
				t.Fatalf("%q holds %q, which readers disagree about", encoded, c)
			}
		}
	})
}
