package rules

import (
	"fmt"
	"testing"
)

// The values are those of: printf 'BUCKET\0KEY' | sha256sum
func TestTheHashNeverChanges(t *testing.T) {
	for object, want := range map[[2]string]string{
		{"uploads", "photos/a.jpg"}: "e177b4b4f91a6ccb",
		{"uploads", "阿尔卑斯/湖.jpg"}:   "4f5b97882a058469",
		{"a", "b"}:                  "59b271ae1bbcb1d3",
		{"replica", "photos/a.jpg"}: "af01332901a11474",
	} {
		if got := hashOf(object[0], object[1]); got != want {
			t.Errorf("%q is %s, want %s", object, got, want)
		}
	}
}

func TestTheFirstDigitsOfTheHashSpreadKeysThatDifferAtTheEnd(t *testing.T) {
	const keys = 256 * 40
	found := map[string]int{}
	for i := range keys {
		found[hashOf("uploads", fmt.Sprintf("logs/2026/11/20/app-%06d", i))[:2]]++
	}
	for prefix, n := range found {
		if n > 2*keys/256 {
			t.Errorf("%d of %d keys begin with %s", n, keys, prefix)
		}
	}
	if len(found) != 256 {
		t.Errorf("%d different beginnings", len(found))
	}
}
