package rules

import (
	"strconv"

	"afterput/rules/internal/keyset"
)

// keysOf is the set of the keys that a block's conditions on the key accept. It is not
// exact where a glob or a regular expression cannot be expressed exactly.
func (a *analysis) keysOf(b *block) *keyset.Set {
	k := a.of(b)
	if k.keys == nil {
		conditions := b.keyConditions()
		if k.keys = a.sets[conditions]; k.keys == nil {
			k.keys = b.matchingKeys(a.meter)
			a.keep(conditions, k.keys)
		}
	}
	return k.keys
}

func (a *analysis) keysOfAll(blocks []*block) []*keyset.Set {
	sets := make([]*keyset.Set, len(blocks))
	for i, b := range blocks {
		sets[i] = a.keysOf(b)
	}
	return sets
}

// maxBlock bounds the bytes of the prefixes, suffixes and globs of a block for which sets
// are built.
const maxBlock = 128 << 10

// matchingKeys is the set of the keys that the conditions on the key accept.
func (b *block) matchingKeys(m *keyset.Meter) *keyset.Set {
	size := 0
	for _, texts := range [][]string{b.prefixes, b.suffixes} {
		for _, s := range texts {
			size += len(s)
		}
	}
	if size+globSize(b.globs) > maxBlock {
		return keyset.Unknown().CountedBy(m)
	}
	var keys *keyset.Set
	narrow := func(set *keyset.Set) {
		set.CountedBy(m)
		if keys == nil {
			keys = set
		} else {
			keys = keys.Intersect(set)
		}
	}
	if b.given[byPrefix] == 0 && b.given[bySuffix] == 0 {
		narrow(keyset.Any(1)) // no key is empty
	}
	var prefixes, suffixes, globs []*keyset.Set
	for _, s := range b.heads {
		prefixes = append(prefixes, b.anyCase(keyset.StartingWith(s)))
	}
	for _, s := range b.tails {
		suffixes = append(suffixes, b.anyCase(keyset.EndingWith(s)))
	}
	for _, glob := range b.globs {
		globs = append(globs, glob.Set().CountedBy(m))
	}
	for _, alternatives := range [][]*keyset.Set{prefixes, suffixes, globs} {
		if len(alternatives) > 0 {
			narrow(keyset.Union(alternatives...))
		}
	}
	if b.regexp != nil {
		narrow(keyset.Regexp(b.regexp.String()))
	}
	return keys
}

// anyCase is the set of the keys that the block compares like those of a set.
func (b *block) anyCase(s *keyset.Set) *keyset.Set {
	if b.ignoreCase {
		return s.AnyCase()
	}
	return s
}

// keyConditions is a text of the conditions on the key, which differs if they do.
func (b *block) keyConditions() string {
	var text []byte
	add := func(c condition, values ...string) {
		if b.given[c] == 0 {
			return
		}
		text = append(text, byte('a'+c))
		for _, s := range values {
			text = append(append(strconv.AppendInt(text, int64(len(s)), 10), ':'), s...)
		}
	}
	if b.ignoreCase {
		text = append(text, '~')
	}
	add(byPrefix, b.prefixes...)
	add(bySuffix, b.suffixes...)
	var globs []string
	for _, g := range b.globs {
		if n := len(globs); n == 0 || globs[n-1] != g.String() { // not once for each alternative
			globs = append(globs, g.String())
		}
	}
	add(byGlob, globs...)
	if b.regexp != nil {
		add(byRegexp, b.regexp.String())
	}
	return string(text)
}

// testBesidesKey tests all conditions except those on the key.
func (b *block) testBesidesKey(q *query) truth {
	result := yes
	for c := range conditions {
		if b.given[c] == 0 || c >= byPrefix && c <= byRegexp {
			continue
		}
		a := b.testFreeCondition(c, q)
		if c >= byStorageClass {
			a, _ = b.testPaidCondition(c, q)
		}
		result = min(result, a)
	}
	return result
}

// globSize is what globs count for the limit: their bytes, and what each takes besides.
func globSize(globs []*keyset.Glob) int {
	size := 0
	for _, g := range globs {
		size += g.Size()
	}
	return size
}
