package localoss

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestCombinedAndRepeatedCRCsAreThoseOfTheBytes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "a")
		b := rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "b")
		got, want := crcCombine(crcUpdate(0, a), crcUpdate(0, b), int64(len(b))), crcUpdate(0, slices.Concat(a, b))
		if got != want {
			t.Fatalf("combined %x, want %x", got, want)
		}
		n := rapid.IntRange(0, 50).Draw(t, "times")
		got, want = crcRepeat(crcUpdate(0, a), int64(len(a)), int64(n)), crcUpdate(0, bytes.Repeat(a, n))
		if got != want {
			t.Fatalf("repeated %x, want %x", got, want)
		}
	})
}

func TestPatternsHaveTheCRCOfTheirBytes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := newPattern(rapid.Uint64Range(0, 3).Draw(t, "seed"))
		off, n := rapid.Int64Range(0, 3*patternUnit).Draw(t, "off"), rapid.Int64Range(0, 3*patternUnit).Draw(t, "n")
		text := make([]byte, n)
		if _, err := p.ReadAt(text, off); err != nil {
			t.Fatal(err)
		}
		if got, err := p.crc(off, n); err != nil || got != crcUpdate(0, text) {
			t.Fatalf("CRC %x, %v, want %x", got, err, crcUpdate(0, text))
		}
	})
}

// read reads content by Read and by WriteTo.
func read(t *rapid.T, c content) []byte {
	var whole bytes.Buffer
	if _, err := io.Copy(&whole, c.reader(0, c.size)); err != nil {
		t.Fatal(err)
	}
	bytewise, err := io.ReadAll(struct{ io.Reader }{c.reader(0, c.size)})
	if err != nil || !bytes.Equal(bytewise, whole.Bytes()) {
		t.Fatalf("Read returned %q, %v, WriteTo %q", bytewise, err, whole.Bytes())
	}
	return bytewise
}

func TestContentHasTheRightBytesAndCRC(t *testing.T) {
	patterns := []*pattern{newPattern(0), newPattern(1)}
	rapid.Check(t, func(t *rapid.T) {
		var c content
		var want []byte
		for range rapid.IntRange(0, 8).Draw(t, "steps") {
			switch rapid.IntRange(0, 3).Draw(t, "step") {
			case 0:
				text := rapid.SliceOfN(rapid.Byte(), 0, 20).Draw(t, "text")
				c = c.append(extent{memory(text), 0, int64(len(text)), crcUpdate(0, text)})
				want = append(want, text...)
			case 1:
				p := rapid.SampledFrom(patterns).Draw(t, "pattern")
				off, n := rapid.Int64Range(0, 30).Draw(t, "off"), rapid.Int64Range(0, 30).Draw(t, "n")
				crc, _ := p.crc(off, n)
				text := make([]byte, n)
				_, _ = p.ReadAt(text, off)
				c = c.append(extent{p, off, n, crc})
				want = append(want, text...)
			case 2:
				off := rapid.Int64Range(0, c.size).Draw(t, "cut at")
				n := rapid.Int64Range(0, c.size-off).Draw(t, "cut")
				part, err := c.slice(off, n)
				if err != nil {
					t.Fatal(err)
				}
				c, want = part, slices.Clone(want[off:off+n])
			case 3:
				off := rapid.Int64Range(0, c.size).Draw(t, "corrupt")
				bad, err := c.corrupt(off)
				if err != nil {
					t.Fatal(err)
				}
				c, want = bad, slices.Clone(want)
				if off < int64(len(want)) {
					want[off] ^= 1
				}
			}
			if got := read(t, c); !bytes.Equal(got, want) || c.size != int64(len(want)) || c.crc != crcUpdate(0, want) {
				t.Fatalf("content is %q, size %d, CRC %x; want %q, CRC %x",
					got, c.size, c.crc, want, crcUpdate(0, want))
			}
		}
	})
}

func TestAdjacentRangesOfAPatternAreJoined(t *testing.T) {
	p := newPattern(5)
	var c content
	for i := range int64(10000) {
		crc, _ := p.crc(i<<30, 1<<30)
		c = c.append(extent{p, i << 30, 1 << 30, crc})
	}
	if want, _ := p.crc(0, 10000<<30); len(c.extents) != 1 || c.crc != want {
		t.Errorf("%d extents with CRC %x, want one with %x", len(c.extents), c.crc, want)
	}
}

func TestOrderedMapIsAMapInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, want := newOrderedMap[string, int](strings.Compare), map[string]int{}
		for i := range rapid.IntRange(0, 2000).Draw(t, "steps") {
			k := fmt.Sprint(rapid.IntRange(0, 1500).Draw(t, "key"))
			if rapid.IntRange(0, 3).Draw(t, "delete") == 0 {
				x.delete(k)
				delete(want, k)
			} else {
				x.set(k, i)
				want[k] = i
			}
		}
		from := fmt.Sprint(rapid.IntRange(0, 1500).Draw(t, "from"))
		last, seen := "", 0
		for k, v := range x.from(from) {
			if k < from || seen > 0 && k <= last || want[k] != v {
				t.Fatalf("%s=%d after %s, from %s", k, v, last, from)
			}
			last, seen = k, seen+1
		}
		rest := 0
		for k := range want {
			if k >= from {
				rest++
			}
			if v, ok := x.get(k); !ok || v != want[k] {
				t.Fatalf("%s is %d, %v, want %d", k, v, ok, want[k])
			}
		}
		if seen != rest || x.count != len(want) {
			t.Fatalf("%d of %d entries, count %d of %d", seen, rest, x.count, len(want))
		}
	})
}
