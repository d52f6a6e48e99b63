package rules

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/bmatcuk/doublestar/v4"
	"pgregory.net/rapid"
)

// holds runs a text through the automaton.
func (l *language) holds(s string) bool {
	states := []int{0}
	for _, r := range s {
		var next []int
		for _, from := range states {
			next = append(next, l.over(from, r)...)
		}
		slices.Sort(next)
		states = slices.Compact(next)
	}
	return slices.ContainsFunc(states, func(s int) bool { return l.ends[s] })
}

var keyText = rapid.StringOfN(rapid.SampledFrom([]rune("ab/.")), 1, 8, -1)

func TestGlobLanguageHoldsTheKeysThatDoublestarMatches(t *testing.T) {
	piece := rapid.SampledFrom([]string{"a", "b", "/", ".", "*", "**", "?", "/**/", "**/", "/**", "[ab]", "[!a]", "[a-b]", "[^b-]", `\*`, `\a`, "{a,b/}", "{,a*}"})
	rapid.Check(t, func(t *rapid.T) {
		pattern := strings.Join(rapid.SliceOfN(piece, 1, 6).Draw(t, "pattern"), "")
		globs, err := newGlob(pattern)
		if err != nil {
			t.Skip(err)
		}
		var all []*language
		exact := true
		for _, g := range globs {
			l, ok := g.language()
			all, exact = append(all, l), exact && ok
		}
		l := either(all...)
		for range 20 {
			key := keyText.Draw(t, "key")
			want := false
			for _, g := range globs {
				want = want || doublestar.MatchUnvalidated(g.pattern, key)
				if !strings.HasPrefix(key, g.head) || !strings.HasSuffix(key, g.tail) {
					if g.match(key) {
						t.Fatalf("%q matches %q without its head %q and tail %q", g.pattern, key, g.head, g.tail)
					}
				}
			}
			if got := l.holds(key); got != want && (exact || want) {
				t.Fatalf("pattern %q, key %q: language says %v (exact %v), doublestar %v", pattern, key, got, exact, want)
			}
		}
	})
}

func TestRegexpLanguageHoldsTheKeysThatTheRegexpMatches(t *testing.T) {
	piece := rapid.SampledFrom([]string{"a", "b", "/", ".", "a*", "b+", ".*", "^", "$", "(?:a|b/)", "(a?)", "[^/]+", "(?i)A", "a{2}", "|", `\A`, `\z`, `\b`, "(?m:^)"})
	rapid.Check(t, func(t *rapid.T) {
		pattern := strings.Join(rapid.SliceOfN(piece, 1, 6).Draw(t, "pattern"), "")
		re, err := regexp.Compile(pattern)
		if err != nil {
			t.Skip(err)
		}
		l, exact := regexpLanguage(pattern)
		head, tail := regexpEnds(pattern)
		for range 20 {
			key := keyText.Draw(t, "key")
			want := re.MatchString(key)
			if got := l.holds(key); got != want && (exact || want) {
				t.Fatalf("pattern %q, key %q: language says %v (exact %v), regexp %v", pattern, key, got, exact, want)
			}
			if want && (!strings.HasPrefix(key, head) || !strings.HasSuffix(key, tail)) {
				t.Fatalf("%q matches %q without its head %q and tail %q", pattern, key, head, tail)
			}
		}
	})
}

func TestLanguageOperationsAgreeWithTheirMeaning(t *testing.T) {
	patterns := rapid.SampledFrom([]string{"a/*", "**/b", "*.a", "a*b", "**", "?a/**", "b/a.b", "*/*/*", "a", ".a", "a.*.b"})
	rapid.Check(t, func(t *rapid.T) {
		g1, _ := newGlob(patterns.Draw(t, "first"))
		g2, _ := newGlob(patterns.Draw(t, "second"))
		l1, _ := g1[0].language()
		l2, _ := g2[0].language()
		cut := rapid.SampledFrom([]string{"a", "a/", ".a", "b"}).Draw(t, "cut")
		key := keyText.Draw(t, "key")
		in1, in2 := l1.holds(key), l2.holds(key)
		check := func(what string, got, want bool) {
			if got != want {
				t.Fatalf("%s of %q and %q: %q: got %v", what, g1[0].pattern, g2[0].pattern, key, got)
			}
		}
		check("and", l1.and(l2).holds(key), in1 && in2)
		check("minus", l1.minus(l2).holds(key), in1 && !in2)
		check("either", either(l1, l2).holds(key), in1 || in2)
		check("none", l1.and(l2).none(), l1.minus(l1.minus(l2)).none())
		if other := keyText.Draw(t, "other"); in1 && l2.holds(other) {
			check("following", following(l1, l2).holds(key+other), true)
		}
		if in1 {
			check("head "+l1.head(), strings.HasPrefix(key, l1.head()), true)
			for _, name := range []string{"dir", "base", "stem", "ext"} {
				if part := pathPart(name, key); part != "" {
					check(name+" "+part, l1.pathPart(name).holds(part), true)
				}
			}
			check("cutPrefix", l1.cutPrefix(cut).holds(strings.TrimPrefix(key, cut)), true)
			check("cutSuffix", l1.cutSuffix(cut).holds(strings.TrimSuffix(key, cut)), true)
		} else if !strings.HasPrefix(key, cut) && !l1.holds(cut+key) {
			check("cutPrefix", l1.cutPrefix(cut).holds(key), false)
		}
	})
}

func TestPartsOfKeysAreNotLargerThanTheyNeedBe(t *testing.T) {
	g, _ := newGlob("in/*.tar.gz")
	l, _ := g[0].language()
	for _, c := range []struct {
		part    string
		in, out []string
	}{
		{"dir", []string{"in"}, []string{"", "in/", "i", "x"}},
		{"base", []string{"a.tar.gz", ".tar.gz"}, []string{"a", "in/a.tar.gz", "gz"}},
		{"stem", []string{"a.tar", ".tar"}, []string{"a.tar.gz", "a", "a/b.tar"}},
		{"ext", []string{"gz"}, []string{"tar.gz", "", "z"}},
	} {
		got := l.pathPart(c.part)
		for _, s := range c.in {
			if !got.holds(s) {
				t.Errorf("%s lacks %q", c.part, s)
			}
		}
		for _, s := range c.out {
			if got.holds(s) {
				t.Errorf("%s holds %q", c.part, s)
			}
		}
	}
	if cut := l.cutPrefix("in/"); cut.holds("in/a.tar.gz") || !cut.holds("a.tar.gz") {
		t.Error("cutPrefix keeps the prefix")
	}
	if cut := l.cutSuffix(".gz"); cut.holds("in/a.tar.gz") || !cut.holds("in/a.tar") {
		t.Error("cutSuffix keeps the suffix")
	}
}
