package copier

import (
	"net/url"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestPartsTileTheObjectWithinTheLimitsOfOSS(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.Int64Range(1, maxParts*maxPartSize).Draw(t, "size")
		l := layoutOf(size, rapid.Int64Range(minPartSize, maxPartSize).Draw(t, "least part"),
			rapid.IntRange(1, 1000).Draw(t, "in flight"),
			time.Duration(rapid.Int64Range(0, int64(time.Second)).Draw(t, "latency")))
		if l.count > maxParts || l.count < 1 {
			t.Fatalf("%d parts", l.count)
		}
		if l.part < minPartSize || l.part > maxPartSize {
			t.Fatalf("parts of %d bytes", l.part)
		}
		if first, _ := l.span(1); first != 0 {
			t.Fatalf("part 1 begins at %d", first)
		}
		if _, last := l.span(l.count); last != size-1 {
			t.Fatalf("the last part ends at %d of %d", last, size)
		}
		n := rapid.IntRange(1, l.count).Draw(t, "part")
		first, last := l.span(n)
		if l.length(n) != last-first+1 || l.length(n) < 1 || n < l.count && l.length(n) != l.part {
			t.Fatalf("part %d is %d to %d", n, first, last)
		}
		if n > 1 {
			if _, before := l.span(n - 1); before+1 != first {
				t.Fatalf("part %d ends at %d, part %d begins at %d", n-1, before, n, first)
			}
		}
	})
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
