package keyset

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

var keyText = rapid.StringOfN(rapid.SampledFrom([]rune("ab/.")), 1, 8, -1)

// glob is the set of a pattern without braces.
func glob(t interface{ Fatal(...any) }, pattern string) *Set {
	globs, err := ParseGlob(pattern)
	if err != nil || len(globs) != 1 {
		t.Fatal(pattern, err)
	}
	return globs[0].Set()
}

func TestOperationsAgreeWithTheirMeaning(t *testing.T) {
	patterns := rapid.SampledFrom([]string{
		"a/*", "**/b", "*.a", "a*b", "**", "?a/**", "b/a.b", "*/*/*", "a", ".a", "a.*.b"})
	rapid.Check(t, func(t *rapid.T) {
		p1, p2 := patterns.Draw(t, "first"), patterns.Draw(t, "second")
		s1, s2 := glob(t, p1), glob(t, p2)
		cut := rapid.SampledFrom([]string{"a", "a/", ".a", "b"}).Draw(t, "cut")
		key := keyText.Draw(t, "key")
		in1, in2 := s1.Contains(key), s2.Contains(key)
		check := func(what string, got, want bool) {
			if got != want {
				t.Fatalf("%s of %q and %q: %q: got %v", what, p1, p2, key, got)
			}
		}
		check("Intersect", s1.Intersect(s2).Contains(key), in1 && in2)
		check("Minus", s1.Minus(s2).Contains(key), in1 && !in2)
		check("Union", Union(s1, s2).Contains(key), in1 || in2)
		check("IsEmpty", s1.Intersect(s2).IsEmpty(), s1.Minus(s1.Minus(s2)).IsEmpty())
		if other := keyText.Draw(t, "other"); in1 && s2.Contains(other) {
			check("Concat", Concat(s1, s2).Contains(key+other), true)
		}
		if !in1 && !strings.HasPrefix(key, cut) && !s1.Contains(cut+key) {
			check("CutPrefix", s1.CutPrefix(cut).Contains(key), false)
		}
		if in1 {
			check("Prefix "+s1.Prefix(), strings.HasPrefix(key, s1.Prefix()), true)
			for _, p := range []Part{Dir, Base, Stem, Ext, DirBase} {
				text := p.Of(key)
				check(string(p)+" "+text, text == "" || s1.Part(p).Contains(text), true)
			}
			check("CutPrefix", s1.CutPrefix(cut).Contains(strings.TrimPrefix(key, cut)), true)
			check("CutSuffix", s1.CutSuffix(cut).Contains(strings.TrimSuffix(key, cut)), true)
		}
	})
}

func TestTheKeysOfAPartAreThoseThatHaveThisPart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key, other := keyText.Draw(t, "key"), keyText.Draw(t, "other")
		for _, p := range []Part{Dir, Base, Stem, Ext, DirBase} {
			text := p.Of(key)
			if keys := p.Keys(text); !keys.Contains(key) || keys.Contains(other) != (p.Of(other) == text) {
				t.Fatalf("%s %q of %q, and %q: wrong", p, text, key, other)
			}
		}
	})
}

func TestPartsOfKeysAreNotLargerThanTheyNeedBe(t *testing.T) {
	s := glob(t, "in/*.tar.gz")
	for _, c := range []struct {
		part    Part
		in, out []string
	}{
		{Dir, []string{"in"}, []string{"", "in/", "i", "x"}},
		{Base, []string{"a.tar.gz", ".tar.gz"}, []string{"a", "in/a.tar.gz", "gz"}},
		{Stem, []string{"a.tar", ".tar"}, []string{"a.tar.gz", "a", "a/b.tar"}},
		{Ext, []string{"gz"}, []string{"tar.gz", "", "z"}},
		{DirBase, []string{"in"}, []string{"", "in/", "i", "a.tar.gz"}},
	} {
		got := s.Part(c.part)
		for _, key := range c.in {
			if !got.Contains(key) {
				t.Errorf("%s lacks %q", c.part, key)
			}
		}
		for _, key := range c.out {
			if got.Contains(key) {
				t.Errorf("%s has %q", c.part, key)
			}
		}
	}
	if cut := s.CutPrefix("in/"); cut.Contains("in/a.tar.gz") || !cut.Contains("a.tar.gz") {
		t.Error("CutPrefix keeps the prefix")
	}
	if cut := s.CutSuffix(".gz"); cut.Contains("in/a.tar.gz") || !cut.Contains("in/a.tar") {
		t.Error("CutSuffix keeps the suffix")
	}
}

func TestSimpleSetsHaveTheirKeysAndNoOthers(t *testing.T) {
	for name, c := range map[string]struct {
		set     *Set
		in, out []string
	}{
		"None":         {None(), nil, []string{"", "a"}},
		"Literal":      {Literal("a/é"), []string{"a/é"}, []string{"", "a/", "a/éa"}},
		"AnyOf":        {AnyOf('0', '9', 'a', 'f'), []string{"0", "c"}, []string{"", "g", "00"}},
		"Repeat":       {Repeat(2, '0', '9'), []string{"00", "12345"}, []string{"", "1", "1a"}},
		"Any":          {Any(1), []string{"a", "/"}, []string{""}},
		"StartingWith": {StartingWith("in/"), []string{"in/", "in/a"}, []string{"in", "a/in/"}},
		"EndingWith":   {EndingWith(".gz"), []string{".gz", "a.gz"}, []string{"gz", "a.gz/"}},
		"no union":     {Union(), nil, []string{""}},
		"no concat":    {Concat(), []string{""}, []string{"a"}},
	} {
		for _, key := range c.in {
			if !c.set.Contains(key) {
				t.Errorf("%s lacks %q", name, key)
			}
		}
		if slices.ContainsFunc(c.out, c.set.Contains) {
			t.Errorf("%s has one of %q", name, c.out)
		}
		if shortest, ok := c.set.Shortest(); ok == c.set.IsEmpty() || ok && !c.set.Contains(shortest) {
			t.Errorf("%s: shortest key %q, %v", name, shortest, ok)
		}
	}
}

func TestResultsBeyondABoundAreLargerSets(t *testing.T) {
	long := Literal(strings.Repeat("a", 2500))
	joined := Concat(long, long)
	for _, length := range []int{5000, 2501} {
		if !joined.Contains(strings.Repeat("a", length)) {
			t.Errorf("Concat beyond its bound lacks a key of %d characters", length)
		}
	}
	many := Any(0)
	for range 14 {
		many = Concat(many, AnyOf('a', 'a', 'b', 'b'))
	}
	ending := Concat(Any(0), Literal("a"), Repeat(0, 'a', 'b').Intersect(many))
	for _, s := range []*Set{Any(3000).Minus(ending), Any(3000).Intersect(Any(3000))} {
		if !s.Contains(strings.Repeat("c", 3000)) {
			t.Error("a key is lost")
		}
	}
}

func TestNothingIsComputedWhenTheStepsAreUsedUp(t *testing.T) {
	m := NewMeter(0)
	m.Spend(1)
	both := StartingWith("a").Intersect(EndingWith("b")).CountedBy(m)
	if _, found := both.Shortest(); found || both.IsEmpty() {
		t.Error("a key was searched")
	}
	if both.Prefix() != "" || both.Exact() {
		t.Error("the keys were computed")
	}
	if m.Spent() > 10 {
		t.Errorf("%d steps were taken", m.Spent())
	}
}
