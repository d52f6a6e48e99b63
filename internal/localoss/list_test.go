package localoss

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestPagesOfAListingAddUp compares pages of every length with a listing calculated at once.
func TestPagesOfAListingAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := new(Server).newBucket("bkt", new(bucketConfig))
		keys := rapid.SliceOfDistinct(
			rapid.StringOfN(rapid.SampledFrom([]rune("ab/")), 1, 6, -1), rapid.ID[string],
		).Draw(t, "keys")
		for _, k := range keys {
			v := &version{Attrs: &attrs{}, Marker: rapid.IntRange(0, 5).Draw(t, "marker") == 0}
			b.keys.set(k, &entry{key: k, versions: []*version{v}})
		}
		p := page{
			prefix:    rapid.StringOfN(rapid.SampledFrom([]rune("ab/")), 0, 2, -1).Draw(t, "prefix"),
			delimiter: rapid.SampledFrom([]string{"", "/", "b", "/a"}).Draw(t, "delimiter"),
			marker:    rapid.StringOfN(rapid.SampledFrom([]rune("ab/")), 0, 3, -1).Draw(t, "start"),
		}
		want := map[string]bool{}
		for _, k := range keys {
			if v, _ := b.keys.get(k); !strings.HasPrefix(k, p.prefix) || v.current().Marker || k <= p.marker {
				continue
			}
			shown := k
			if p.delimiter != "" {
				if head, _, found := strings.Cut(k[len(p.prefix):], p.delimiter); found {
					shown = p.prefix + head + p.delimiter
				}
			}
			if shown > p.marker {
				want[shown] = true
			}
		}
		limit := rapid.IntRange(1, 4).Draw(t, "limit")
		var got []string
		for more := true; more; {
			more = false
			n := 0
			for k := range b.listed(p) {
				if n == limit {
					more = true
					break
				}
				got = append(got, k)
				n++
			}
			if n > 0 {
				p.marker = got[len(got)-1]
			}
		}
		if all := slices.Sorted(maps.Keys(want)); !slices.Equal(got, all) {
			t.Fatalf("pages %q, want %q", got, all)
		}
	})
}
