package keyset

import (
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// Fold returns the text with every character replaced by the one that stands for all characters which differ from
// it in case alone. Two texts are the same but for case if Fold makes the same of them. Case is that of Unicode's
// simple folding, as for (?i) in a regular expression: ſ is an s, and ß is not ss.
func Fold(text string) string { return strings.Map(foldRune, text) }

// foldRune is Fold for one character: the lower-case letter if it is like one of ASCII, else the first of those that
// are alike.
func foldRune(r rune) rune {
	if r < utf8.RuneSelf {
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	}
	first := r
	for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
		first = min(first, f)
	}
	if first < utf8.RuneSelf {
		return foldRune(first)
	}
	return first
}

// alike lists the characters that differ from one in case alone, and itself.
func alike(r rune) []rune {
	all := []rune{r}
	for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
		all = append(all, f)
	}
	return all
}

// AnyCase returns the set of the keys of which s has the [Fold].
func (s *Set) AnyCase() *Set {
	return later(func() *automaton {
		a := s.automaton()
		folded := &automaton{a.accepts, make([][]move, len(a.moves))}
		for state, moves := range a.moves {
			for _, m := range moves {
				if m.low < m.high {
					s.meter.Spend(foldingSteps)
				}
				ranges := foldedInto(m.low, m.high)
				for i := 0; i < len(ranges); i += 2 {
					folded.moves[state] = append(folded.moves[state], move{ranges[i], ranges[i+1], m.to})
				}
			}
		}
		return folded.trim()
	}, s)
}

// foldingSteps is about how many steps foldedInto takes for two bounds that differ.
const foldingSteps = 50

// folding is a character that Fold changes.
type folding struct{ from, to rune }

// foldings lists the characters that Fold changes, in their order.
var foldings = sync.OnceValue(func() (all []folding) {
	seen := map[rune]bool{}
	for _, c := range unicode.CaseRanges {
		for r := rune(c.Lo); r <= rune(c.Hi); r++ {
			if seen[r] {
				continue
			}
			for _, f := range alike(r) {
				if to := foldRune(f); !seen[f] && to != f {
					all = append(all, folding{f, to})
				}
				seen[f] = true
			}
		}
	}
	slices.SortFunc(all, func(a, b folding) int { return int(a.from - b.from) })
	return all
})

// foldedInto returns the characters of which Fold makes one between two bounds, as ranges.
func foldedInto(low, high rune) (ranges []rune) {
	var members []move
	if low == high { // as most are
		if foldRune(low) == low {
			for _, r := range alike(low) {
				members = append(members, move{low: r, high: r})
			}
		}
		return mergeRanges(members)
	}
	from := low // of what Fold leaves as it is, or makes a character between the bounds of
	for _, f := range foldings() {
		isBetween, becomes := low <= f.from && f.from <= high, low <= f.to && f.to <= high
		switch {
		case isBetween && !becomes:
			if from < f.from {
				members = append(members, move{low: from, high: f.from - 1})
			}
			from = f.from + 1
		case becomes && !isBetween:
			members = append(members, move{low: f.from, high: f.from})
		}
	}
	if from <= high {
		members = append(members, move{low: from, high: high})
	}
	return mergeRanges(members)
}

// AnyCase returns the glob that matches a key, whatever its case, if g matches one that differs from it in case
// alone. Its classes match a character if they have one that is like it. Match must be given keys folded by [Fold].
func (g *Glob) AnyCase() *Glob {
	folded := &Glob{pattern: foldPattern(g.pattern), written: g.written, anyCase: true}
	folded.prefix, folded.suffix = literalEnds(folded.pattern)
	return folded
}

// foldPattern is the pattern that matches folded keys.
func foldPattern(p string) string {
	var b strings.Builder
	for i := 0; i < len(p); {
		if p[i] == '[' {
			end := classEnd(p, i)
			b.WriteString("[" + foldClass(p[i+1:end]) + "]")
			i = end + 1
			continue
		}
		r, n := utf8.DecodeRuneInString(p[i:])
		b.WriteRune(foldRune(r))
		i += n
	}
	return b.String()
}

// foldClass adds to what is between the brackets of a class what Fold makes of its characters.
func foldClass(s string) string {
	negation := ""
	if s[0] == '!' || s[0] == '^' {
		negation, s = s[:1], s[1:]
	}
	members := classMembers(s)
	for _, f := range foldings() {
		if slices.ContainsFunc(members, func(m move) bool { return m.low <= f.from && f.from <= m.high }) {
			members = append(members, move{low: f.to, high: f.to})
		}
	}
	ranges := mergeRanges(members)
	if len(ranges) == 0 { // [b-a] has no character
		return negation + s
	}
	var b strings.Builder
	b.WriteString(negation)
	write := func(r rune) {
		if strings.ContainsRune(`\[]-!^`, r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	for i := 0; i < len(ranges); i += 2 {
		if write(ranges[i]); ranges[i] < ranges[i+1] {
			b.WriteByte('-')
			write(ranges[i+1])
		}
	}
	return b.String()
}
