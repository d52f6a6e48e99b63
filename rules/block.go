package rules

import (
	"net/netip"
	"slices"
	"strings"

	"afterput/rules/internal/keyset"
)

// block is one match or except block: the conditions that an object has to meet. Empty
// fields ask for nothing. See [condition] for what each of them means.
type block struct {
	given [conditions]int // the line of each condition, 0 if it was not given
	col   int             // the column of the fields

	// defaults says that this is a block of defaults.except, which all rules share.
	defaults bool

	buckets  []string
	events   eventMask
	prefixes []string
	suffixes []string
	globs    []*keyset.Glob
	// heads and tails are prefixes and suffixes as they are compared with [query.key]. With ignoreCase they are
	// folded, and so are globs and the key.
	ignoreCase   bool
	heads, tails []string
	regexp       *expression
	// Every key in which regexp is found begins with one of regexpHeads and ends with one of regexpTails.
	regexpHeads, regexpTails []string

	atLeast    int64 // size in bytes
	below      int64 // 0 is no bound
	principals []string
	sourceIPs  []netip.Prefix
	types      []string // content types in lower case
	classes    []string
	meta       []requirement
	tags       []requirement
}

// requirement is a tag or an entry of metadata that an object must have, or must not
// have.
type requirement struct {
	key    string
	values []string // any of these
	absent bool     // or none at all
}

// line is that of the block's first condition, 0 if it has none.
func (b *block) line() int {
	first := 0
	for _, n := range b.given {
		if n != 0 && (first == 0 || n < first) {
			first = n
		}
	}
	return first
}

func (b *block) fitsSize(size int64) bool {
	return size >= b.atLeast && (b.below == 0 || size < b.below)
}

// fitsSizes tests a size of which only two bounds are known.
func (b *block) fitsSizes(atLeast, below int64) truth {
	switch {
	case b.below > 0 && atLeast >= b.below, below > 0 && below <= b.atLeast:
		return no
	case atLeast >= b.atLeast && (b.below == 0 || below > 0 && below <= b.below):
		return yes
	}
	return depends
}

// acceptsType compares content types without regard to case and parameters.
func (b *block) acceptsType(value string) bool {
	value, _, _ = strings.Cut(value, ";")
	value = strings.ToLower(strings.TrimSpace(value))
	return slices.ContainsFunc(b.types, func(t string) bool {
		if kind, ok := strings.CutSuffix(t, "*"); ok {
			return strings.HasPrefix(value, kind)
		}
		return value == t
	})
}

// matchStars compares a text with a pattern in which * stands for anything.
func matchStars(pattern, s string) bool {
	head, rest, star := strings.Cut(pattern, "*")
	if !star {
		return s == pattern
	}
	if !strings.HasPrefix(s, head) {
		return false
	}
	s = s[len(head):]
	for {
		middle, after, more := strings.Cut(rest, "*")
		if !more {
			return strings.HasSuffix(s, rest)
		}
		i := strings.Index(s, middle)
		if i < 0 {
			return false
		}
		s, rest = s[i+len(middle):], after
	}
}

// foldCase prepares the conditions for being compared without regard to case.
func (b *block) foldCase() {
	fold := func(texts []string) []string {
		folded := make([]string, len(texts))
		for i, s := range texts {
			folded[i] = keyset.Fold(s)
		}
		return folded
	}
	b.heads, b.tails = fold(b.prefixes), fold(b.suffixes)
	for i, g := range b.globs {
		b.globs[i] = g.AnyCase()
	}
}

// fold is a text as it is compared with the conditions of the block.
func (b *block) fold(text string) string {
	if b.ignoreCase {
		return keyset.Fold(text)
	}
	return text
}

// isOnly reports whether a block has this condition and no other.
func (b *block) isOnly(c condition) bool {
	for i, line := range b.given {
		if line != 0 && condition(i) != c {
			return false
		}
	}
	return b.given[c] != 0
}

// eventNames lists the events that a block accepts.
func (b *block) eventNames() []string {
	if b.given[byEvent] == 0 {
		return UploadEvents()
	}
	return b.events.names()
}
