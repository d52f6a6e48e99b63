package keyset

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/bmatcuk/doublestar/v4"
	"pgregory.net/rapid"
)

func TestTheSetOfAGlobHasTheKeysThatDoublestarMatches(t *testing.T) {
	piece := rapid.SampledFrom([]string{"a", "b", "/", ".", "*", "**", "?", "/**/", "**/", "/**",
		"[ab]", "[!a]", "[a-b]", "[^b-]", `\*`, `\a`, "{a,b/}", "{,a*}"})
	rapid.Check(t, func(t *rapid.T) {
		pattern := strings.Join(rapid.SliceOfN(piece, 1, 6).Draw(t, "pattern"), "")
		globs, err := ParseGlob(pattern)
		if err != nil {
			t.Skip(err)
		}
		for _, g := range globs {
			s := g.Set()
			exact := s.Exact()
			for range 20 {
				key := keyText.Draw(t, "key")
				want := doublestar.MatchUnvalidated(g.pattern, key)
				if want && (!strings.HasPrefix(key, g.Prefix()) || !strings.HasSuffix(key, g.Suffix())) {
					t.Fatalf("%q matches %q without its prefix %q and suffix %q", g.pattern, key, g.prefix, g.suffix)
				}
				if got := s.Contains(key); got != want && (exact || want) {
					t.Fatalf("%q, key %q: set says %v (exact %v), doublestar %v", g.pattern, key, got, exact, want)
				}
			}
		}
	})
}

func TestTheSetOfARegexpHasTheKeysThatTheRegexpMatches(t *testing.T) {
	piece := rapid.SampledFrom([]string{"a", "b", "/", ".", "a*", "b+", ".*", "^", "$", "(?:a|b/)", "(a?)",
		"[^/]+", "(?i)A", "a{2}", "|", `\A`, `\z`, `\b`, "(?m:^)", "[ab]", "(?i:ab)", "(a|b/)?",
		"(?:^a|^b)", "(?:/$|b$)",
		"(a?){0,3}", "(?:a*)*"})
	rapid.Check(t, func(t *rapid.T) {
		pattern := strings.Join(rapid.SliceOfN(piece, 1, 6).Draw(t, "pattern"), "")
		re, err := regexp.Compile(pattern)
		if err != nil {
			t.Skip(err)
		}
		s := Regexp(pattern)
		exact := s.Exact()
		info, err := InspectRegexp(pattern, rapid.IntRange(1, 16).Draw(t, "most"))
		if err != nil {
			t.Fatal(err)
		}
		for range 20 {
			key := keyText.Draw(t, "key")
			want := re.MatchString(key)
			if got := s.Contains(key); got != want && (exact || want) {
				t.Fatalf("%q, key %q: set says %v (exact %v), regexp %v", pattern, key, got, exact, want)
			}
			begins := slices.ContainsFunc(info.Prefixes, func(s string) bool { return strings.HasPrefix(key, s) })
			ends := slices.ContainsFunc(info.Suffixes, func(s string) bool { return strings.HasSuffix(key, s) })
			if want && (!begins || !ends) {
				t.Fatalf("%q matches %q without its prefixes %q and suffixes %q", pattern, key,
					info.Prefixes, info.Suffixes)
			}
		}
	})
}
