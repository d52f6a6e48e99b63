package keyset

import (
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// slice is what Slice does to one key.
func slice(key string, offset, length int) string {
	chars := []rune(key)
	offset = min(offset, len(chars))
	return string(chars[offset:min(offset+length, len(chars))])
}

// last is what Last does to one key.
func last(key string, count int) string {
	chars := []rune(key)
	if len(chars) < count {
		return ""
	}
	return string(chars[len(chars)-count:])
}

func TestCharactersOfASetAreThoseOfItsKeysAndNoOthers(t *testing.T) {
	text := rapid.StringOfN(rapid.SampledFrom([]rune("aB/é")), 0, 5, -1)
	rapid.Check(t, func(t *rapid.T) {
		keys := rapid.SliceOfN(text, 1, 3).Draw(t, "keys")
		offset, length := rapid.IntRange(0, 5).Draw(t, "offset"), rapid.IntRange(1, 5).Draw(t, "length")
		var sets []*Set
		for _, key := range keys {
			sets = append(sets, Literal(key))
		}
		s := Union(sets...)
		for what, c := range map[string]struct {
			got *Set
			one func(string) string
		}{
			"Slice": {s.Slice(offset, length), func(k string) string { return slice(k, offset, length) }},
			"Last":  {s.Last(length), func(k string) string { return last(k, length) }},
			"Lower": {s.Lower(), strings.ToLower},
			"Upper": {s.Upper(), strings.ToUpper},
		} {
			var want []string
			for _, key := range keys {
				want = append(want, c.one(key))
			}
			if !c.got.Exact() {
				t.Fatalf("%s of %q is not exact", what, keys)
			}
			for _, key := range append(want, text.Draw(t, "other")) {
				if c.got.Contains(key) != slices.Contains(want, key) {
					t.Fatalf("%s (%d, %d) of %q: has %q: %v", what, offset, length, keys, key, c.got.Contains(key))
				}
			}
		}
	})
}

func TestCharactersOfPatternsAreNotLost(t *testing.T) {
	patterns := rapid.SampledFrom([]string{
		"a/*", "**/b", "*.a", "a*b", "**", "?a/**", "b/a.b", "*/*/*", "a", "[!a]*"})
	rapid.Check(t, func(t *rapid.T) {
		s, key := glob(t, patterns.Draw(t, "pattern")), keyText.Draw(t, "key")
		if !s.Contains(key) {
			t.Skip()
		}
		offset, length := rapid.IntRange(0, 4).Draw(t, "offset"), rapid.IntRange(1, 4).Draw(t, "length")
		if !s.Slice(offset, length).Contains(slice(key, offset, length)) ||
			!s.Last(length).Contains(last(key, length)) {
			t.Errorf("Slice(%d, %d) or Last(%d) lacks a part of %q", offset, length, length, key)
		}
		if !s.Upper().Contains(strings.ToUpper(key)) || !s.Upper().Lower().Contains(key) {
			t.Errorf("Upper or Lower lacks %q", key)
		}
	})
}

func TestNoCharacterIsLostInTheOtherCase(t *testing.T) {
	lower, upper := Any(1).Lower(), Any(1).Upper()
	beyond := AnyOf(utf8.RuneSelf, lastRune)
	lowerBeyond, upperBeyond := beyond.Lower(), beyond.Upper()
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if !utf8.ValidRune(r) {
			continue
		}
		low, up := string(unicode.ToLower(r)), string(unicode.ToUpper(r))
		if !lower.Contains(low) || !upper.Contains(up) ||
			r >= utf8.RuneSelf && (!lowerBeyond.Contains(low) || !upperBeyond.Contains(up)) {
			t.Fatalf("%U is lost", r)
		}
	}
	if lower.Contains("A") || upper.Contains("z") || !AnyOf('a', 'z').Upper().Exact() {
		t.Error("letters of ASCII are not mapped exactly")
	}
}

func TestCharactersBeyondABoundAreLargerSets(t *testing.T) {
	key := strings.Repeat("ab", 40)
	s := Union(Literal(key), Literal("x"+key))
	for what, c := range map[string]struct {
		got  *Set
		want []string
	}{
		"Slice": {s.Slice(1, 70), []string{slice(key, 1, 70), slice("x"+key, 1, 70)}},
		"Last":  {s.Last(70), []string{last(key, 70)}},
	} {
		for _, key := range c.want {
			if !c.got.Contains(key) || c.got.Exact() {
				t.Errorf("%s: exact %v, lacks %q", what, c.got.Exact(), key)
			}
		}
	}
}
