package rules

import (
	"slices"
	"strings"

	"afterput/rules/internal/keyset"
)

// keyEnds is what keys begin and end with.
type keyEnds struct{ prefix, suffix string }

// maxKeyEnds bounds how many a block is taken apart into.
const maxKeyEnds = 4096

// keyEnds are what the keys that a block accepts begin and end with: one of these.
// None means that no key fits.
func (b *block) keyEnds() []keyEnds {
	ends := []keyEnds{{}}
	narrow := func(all []keyEnds) {
		if len(all) == 0 || len(all)*len(ends) > maxKeyEnds {
			return
		}
		var narrower []keyEnds
		for _, e := range ends {
			for _, a := range all {
				head, ok := longerHead(e.prefix, a.prefix)
				tail, fits := longerTail(e.suffix, a.suffix)
				if ok && fits {
					narrower = append(narrower, keyEnds{head, tail})
				}
			}
		}
		ends = narrower
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
		head, tail := keyset.RegexpEnds(b.regexp.String())
		narrow([]keyEnds{{head, tail}})
	}
	return ends
}

// longerHead is what keys begin with that begin with both.
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

// literals are what a key must begin with, and what it must end with, for the
// block to accept it: one of each.
func (b *block) literals() (heads, tails []string) {
	heads, tails = b.prefixes, b.suffixes
	var globHeads, globTails []string
	for _, g := range b.globs {
		globHeads, globTails = append(globHeads, g.Prefix()), append(globTails, g.Suffix())
	}
	heads, tails = longerLiterals(heads, globHeads), longerLiterals(tails, globTails)
	if b.regexp != nil {
		head, tail := keyset.RegexpEnds(b.regexp.String())
		heads, tails = longerLiterals(heads, []string{head}), longerLiterals(tails, []string{tail})
	}
	return distinct(heads), distinct(tails)
}

// longerLiterals picks the alternative that says more: the one whose shortest literal
// is longer.
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

// distinct drops repetitions; no literal at all is the empty one.
func distinct(all []string) []string {
	if len(all) == 0 {
		return []string{""}
	}
	all = slices.Clone(all)
	slices.Sort(all)
	return slices.Compact(all)
}
