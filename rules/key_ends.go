package rules

import (
	"slices"
	"strings"
)

// keyEnds is a prefix and a suffix of keys.
type keyEnds struct{ prefix, suffix string }

// maxKeyEnds bounds the pairs of one block.
const maxKeyEnds = 4096

// keyEnds lists at most so many prefixes and suffixes: every key that the block accepts
// has one of these pairs. An empty list means that the block accepts no key.
func (b *block) keyEnds(most int) []keyEnds {
	ends := []keyEnds{{}}
	narrow := func(all []keyEnds) {
		if len(all) > 0 && len(all)*len(ends) <= most {
			ends = commonEnds(ends, all)
		}
	}
	var prefixes, suffixes, globs []keyEnds
	for _, s := range b.prefixes {
		prefixes = append(prefixes, keyEnds{prefix: s})
	}
	for _, s := range b.suffixes {
		suffixes = append(suffixes, keyEnds{suffix: s})
	}
	for _, g := range b.globs {
		globs = append(globs, keyEnds{g.Prefix(), g.Suffix()})
	}
	narrow(prefixes)
	narrow(suffixes)
	narrow(globs)
	if b.regexp != nil {
		narrow([]keyEnds{b.regexpEnds})
	}
	return ends
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
// one of the prefixes and one of the suffixes.
func (b *block) literals() (heads, tails []string) {
	heads, tails = b.prefixes, b.suffixes
	var globHeads, globTails []string
	for _, g := range b.globs {
		globHeads, globTails = append(globHeads, g.Prefix()), append(globTails, g.Suffix())
	}
	heads, tails = longerLiterals(heads, globHeads), longerLiterals(tails, globTails)
	if b.regexp != nil {
		heads = longerLiterals(heads, []string{b.regexpEnds.prefix})
		tails = longerLiterals(tails, []string{b.regexpEnds.suffix})
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
