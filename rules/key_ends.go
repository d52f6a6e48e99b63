package rules

import (
	"slices"
	"strings"

	"afterput/rules/internal/keyset"
)

// keyEnds is a prefix and a suffix of keys.
type keyEnds struct{ prefix, suffix string }

// maxKeyEnds bounds the pairs of one block.
const maxKeyEnds = 4096

// maxSpellings bounds the spellings of one literal whose case is ignored. A bucket has at most ten triggers, so that
// more would not make their filters narrower.
const maxSpellings = 16

// keyEnds lists at most so many prefixes and suffixes, with at most so many spellings of each: every key that the block
// accepts has one of these pairs. An empty list means that the block accepts no key.
func (b *block) keyEnds(most, spellings int) []keyEnds {
	ends := []keyEnds{{}}
	narrow := func(all []keyEnds) {
		if len(all) > 0 && len(all)*len(ends) <= most {
			ends = commonEnds(ends, all)
		}
	}
	var prefixes, suffixes, globs []keyEnds
	heads, tails := b.spelledEnds(b.heads, b.tails, most, spellings)
	for _, s := range heads {
		prefixes = append(prefixes, keyEnds{prefix: s})
	}
	for _, s := range tails {
		suffixes = append(suffixes, keyEnds{suffix: s})
	}
	for _, g := range b.globs {
		heads, tails := b.spelledEnds([]string{g.Prefix()}, []string{g.Suffix()}, most/len(b.globs), spellings)
		globs = append(globs, pairs(heads, tails)...)
	}
	narrow(prefixes)
	narrow(suffixes)
	narrow(globs)
	if b.regexp != nil {
		narrow(pairs(b.regexpHeads, b.regexpTails))
	}
	return ends
}

// spelledEnds lists the spellings of prefixes and suffixes if the block ignores case, at most so many for a pair of
// them; else these.
func (b *block) spelledEnds(heads, tails []string, most, spellings int) (spelledHeads, spelledTails []string) {
	ofHead := spellings
	if len(tails) > 0 {
		ofHead = min(spellings, 4)
	}
	spelledHeads = b.spelled(heads, keyset.PrefixesAnyCase, most, ofHead)
	ofTail := spellings
	if n := len(spelledHeads); n > len(heads) {
		ofTail = spellings * len(heads) / n
	}
	return spelledHeads, b.spelled(tails, keyset.SuffixesAnyCase, most, ofTail)
}

// spelled lists the spellings of literals if the block ignores case, else the literals.
func (b *block) spelled(literals []string, anyCase func(string, int) []string, most, spellings int) []string {
	if !b.ignoreCase || len(literals) == 0 {
		return literals
	}
	var all []string
	for _, s := range literals {
		all = append(all, anyCase(s, max(1, min(spellings, most/len(literals))))...)
	}
	return distinct(all)
}

// pairs are the pairs of one of some prefixes and one of some suffixes.
func pairs(heads, tails []string) (all []keyEnds) {
	for _, head := range heads {
		for _, tail := range tails {
			all = append(all, keyEnds{head, tail})
		}
	}
	return all
}

// commonEnds lists the pairs of keys that have one of either list.
func commonEnds(a, b []keyEnds) []keyEnds {
	common := make([]keyEnds, 0, max(len(a), len(b)))
	for _, e := range a {
		for _, f := range b {
			head, ok := longerHead(e.prefix, f.prefix)
			tail, fits := longerTail(e.suffix, f.suffix)
			if ok && fits {
				common = append(common, keyEnds{head, tail})
			}
		}
	}
	return common
}

// longerHead is the prefix of keys that have both prefixes; not ok if there are none.
func longerHead(a, b string) (string, bool) {
	if len(a) < len(b) {
		a, b = b, a
	}
	return a, strings.HasPrefix(a, b)
}

func longerTail(a, b string) (string, bool) {
	if len(a) < len(b) {
		a, b = b, a
	}
	return a, strings.HasSuffix(a, b)
}

// literals lists prefixes and suffixes for the index: every key that the block accepts has
// one of the prefixes and one of the suffixes. If the block ignores case, that is true of
// folded keys.
func (b *block) literals() (heads, tails []string) {
	heads, tails = b.heads, b.tails
	var globHeads, globTails []string
	for _, g := range b.globs {
		globHeads, globTails = append(globHeads, g.Prefix()), append(globTails, g.Suffix())
	}
	heads, tails = longerLiterals(heads, globHeads), longerLiterals(tails, globTails)
	if b.regexp != nil {
		heads = longerLiterals(heads, b.regexpHeads)
		tails = longerLiterals(tails, b.regexpTails)
	}
	if b.ignoreCase {
		heads, tails = slices.Clone(heads), slices.Clone(tails)
		for i, s := range heads {
			heads[i] = keyset.Fold(s)
		}
		for i, s := range tails {
			tails[i] = keyset.Fold(s)
		}
	}
	return distinct(heads), distinct(tails)
}

// longerLiterals picks the list that excludes more keys: the one whose shortest literal is
// longer.
func longerLiterals(a, b []string) []string {
	if shortestLength(b) > shortestLength(a) {
		return b
	}
	return a
}

func shortestLength(all []string) int {
	n := -1
	for _, s := range all {
		if n < 0 || len(s) < n {
			n = len(s)
		}
	}
	return n
}

// distinct removes repetitions; it replaces an empty list by the empty literal.
func distinct(all []string) []string {
	if len(all) == 0 {
		return []string{""}
	}
	all = slices.Clone(all)
	slices.Sort(all)
	return slices.Compact(all)
}
