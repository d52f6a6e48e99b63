package keyset

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/bmatcuk/doublestar/v4"
	"pgregory.net/rapid"
)

// caseText is a text of characters of which several differ in case alone: k and s have three forms each, and one
// of them is longer than the others.
var caseText = rapid.StringOfN(rapid.SampledFrom([]rune("aAkK\u212asSſßẞéÉ/.-1中")), 1, 6, -1)

func TestCaseIsIgnoredAsRegexpsIgnoreIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text, key := caseText.Draw(t, "text"), caseText.Draw(t, "key")
		if rapid.Bool().Draw(t, "alike") {
			key = strings.ToUpper(text) + key
		}
		for what, c := range map[string]struct {
			pattern string
			set     *Set
			has     bool
			ends    []string
		}{
			"prefix": {"^(?i:" + regexp.QuoteMeta(text) + ")", StartingWith(Fold(text)).AnyCase(),
				strings.HasPrefix(Fold(key), Fold(text)), PrefixesAnyCase(text, 16)},
			"suffix": {"(?i:" + regexp.QuoteMeta(text) + ")$", EndingWith(Fold(text)).AnyCase(),
				strings.HasSuffix(Fold(key), Fold(text)), SuffixesAnyCase(text, 16)},
		} {
			want := regexp.MustCompile(c.pattern).MatchString(key)
			if got := c.set.Contains(key); got != want || c.has != want || !c.set.Exact() {
				t.Fatalf("%s %q of %q: set %v, folded %v, regexp %v", what, text, key, got, c.has, want)
			}
			has := strings.HasPrefix
			if what == "suffix" {
				has = strings.HasSuffix
			}
			if want && !slices.ContainsFunc(c.ends, func(s string) bool { return has(key, s) }) {
				t.Fatalf("%s %q of %q: it has none of %q", what, text, key, c.ends)
			}
		}
	})
}

func TestAGlobInAnyCaseMatchesWhatItMatchesInSomeCase(t *testing.T) {
	piece := rapid.SampledFrom([]string{"a", "K", "s", "/", "*", "**/", "?", "[ak]", "[A-K]", "[é-]", `[\]S]`, `\K`,
		"É", "[z-a]", "[中-文]"})
	rapid.Check(t, func(t *rapid.T) {
		pattern := strings.Join(rapid.SliceOfN(piece, 1, 4).Draw(t, "pattern"), "")
		globs, err := ParseGlob(pattern)
		if err != nil {
			t.Skip(err)
		}
		g, folded := globs[0], globs[0].AnyCase()
		if !doublestar.ValidatePattern(folded.pattern) {
			t.Fatalf("%q becomes %q, which is not valid", pattern, folded.pattern)
		}
		key := caseText.Filter(func(s string) bool { return len([]rune(s)) < 5 }).Draw(t, "key")
		want := slices.ContainsFunc(inEveryCase(key), g.Match)
		if got := folded.Match(Fold(key)); got != want {
			t.Fatalf("%q, key %q: got %v, want %v (%q)", pattern, key, got, want, folded.pattern)
		}
		s := folded.Set()
		if got := s.Contains(key); got != want && (s.Exact() || want) {
			t.Fatalf("%q, key %q: set says %v, glob %v", pattern, key, got, want)
		}
	})
}

// inEveryCase are the texts that differ from a text in case alone.
func inEveryCase(text string) []string {
	all := []string{""}
	for _, r := range text {
		var longer []string
		for _, s := range all {
			for _, f := range alike(r) {
				longer = append(longer, s+string(f))
			}
		}
		all = longer
	}
	return all
}

func TestANegatedClassInAnyCaseLacksBothCases(t *testing.T) {
	globs, err := ParseGlob("[!ak]")
	if err != nil {
		t.Fatal(err)
	}
	g := globs[0].AnyCase()
	for key, want := range map[string]bool{"a": false, "A": false, "K": false, "\u212a": false, "b": true, "B": true} {
		if g.Match(Fold(key)) != want || g.Set().Contains(key) != want {
			t.Errorf("%q: want %v", key, want)
		}
	}
}

func TestTheSetOfAnyCaseOfAllKeysIsAllKeys(t *testing.T) {
	if got := foldedInto(0, lastRune); !slices.Equal(got, []rune{0, lastRune}) {
		t.Errorf("got %q", got)
	}
	if got := foldedInto('K', 'K'); got != nil {
		t.Errorf("Fold makes a K of %q", got)
	}
}
