package rules

import (
	"net/netip"
	"slices"
	"strings"

	"afterput/events"
	"afterput/rules/internal/keyset"
)

// above lists the live rules above a live one that may take an object which it takes.
func (l *linter) above(r *rule) []*rule {
	if l.compared > maxCompared {
		return nil
	}
	bucket := l.set.sources[0]
	if r.match.given[byBucket] != 0 {
		bucket = r.match.buckets[0]
	}
	candidates, _ := l.set.index.candidates(bucket, l.samples[r], nil)
	l.compared += len(candidates) / 8
	var uppers []*rule
	for _, i := range candidates {
		if _, live := l.samples[l.set.rules[i]]; live && i < r.index {
			uppers = append(uppers, l.set.rules[i])
		}
	}
	return uppers
}

// costOf is what it costs to compare a block with another one: all its texts count.
func costOf(b *block) int {
	n := 1
	for _, texts := range [][]string{b.buckets, b.prefixes, b.suffixes, b.principals, b.types, b.classes} {
		n += len(texts) / 8
	}
	for _, all := range [][]requirement{b.meta, b.tags} {
		for _, w := range all {
			n += 1 + len(w.values)
		}
	}
	for _, g := range b.globs {
		n += 1 + len(g.String())/64
	}
	if b.regexp != nil {
		n += 1 + len(b.regexp.String())/64
	}
	return n + len(b.sourceIPs)/8
}

// covers reports whether a rule surely takes every object that another takes.
func (l *linter) covers(outer, inner *rule) bool {
	if l.compared += costOf(&outer.match) * costOf(&inner.match); l.compared > maxCompared {
		return false
	}
	before := l.meter.Spent()
	defer func() { l.compared += (l.meter.Spent() - before) / 4 }()
	if !l.fitsKey(l.samples[inner], &outer.match) || !l.implies(&inner.match, &outer.match) ||
		!l.fitsKeys(l.keysTaken(inner), &outer.match) {
		return false
	}
	for _, b := range outer.except {
		if slices.Contains(inner.except, b) {
			continue
		}
		for _, own := range inner.except {
			l.compared += costOf(b) * costOf(own)
		}
		if !l.disjoint(inner, b) && !slices.ContainsFunc(inner.except, func(own *block) bool {
			return l.implies(b, own) && l.fitsKeys(l.keysOf(b), own)
		}) {
			return false
		}
	}
	return true
}

// disjoint reports whether a block surely accepts nothing that a rule takes.
func (l *linter) disjoint(r *rule, b *block) bool {
	return disjointBesidesKey(&r.match, b) || l.keysTaken(r).Intersect(l.keysOf(b)).IsEmpty()
}

// disjointBesidesKey reports whether no object meets the conditions of two blocks, except those on the key.
func disjointBesidesKey(m, b *block) bool {
	bothAsk := func(c condition) bool { return m.given[c] != 0 && b.given[c] != 0 }
	switch {
	case bothAsk(byBucket) && !slices.ContainsFunc(m.buckets,
		func(s string) bool { return slices.Contains(b.buckets, s) }),
		bothAsk(byEvent) && m.events&b.events == 0,
		bothAsk(bySize) && b.fitsSizes(m.atLeast, m.below) == no,
		bothAsk(byStorageClass) &&
			!slices.ContainsFunc(m.classes, func(s string) bool { return slices.Contains(b.classes, s) }):
		return true
	}
	return false
}

// fitsKeys reports whether all keys surely fit a block's conditions on the key.
func (l *linter) fitsKeys(keys *keyset.Set, b *block) bool {
	k := l.keysOf(b)
	return k.Exact() && keys.Minus(k).IsEmpty()
}

// fitsKey reports whether a key fits a block's conditions on the key.
func (l *linter) fitsKey(key string, b *block) bool {
	q := query{object: &events.Object{Key: key}}
	return every(keyConditions, func(c condition) bool { return b.given[c] == 0 || b.testFreeCondition(c, &q) == yes })
}

// implies reports whether everything that inner accepts surely meets outer's conditions,
// except those on the key.
func (l *linter) implies(inner, outer *block) bool {
	for c := range conditions {
		if outer.given[c] != 0 && !slices.Contains(keyConditions, c) && !l.impliesCondition(c, inner, outer) {
			return false
		}
	}
	return true
}

func (l *linter) impliesCondition(c condition, inner, outer *block) bool {
	switch {
	case c == byBucket:
		buckets := inner.buckets
		if inner.given[byBucket] == 0 {
			buckets = l.set.sources
		}
		return every(buckets, func(s string) bool { return slices.Contains(outer.buckets, s) })
	case inner.given[c] == 0:
		return c == bySize && outer.atLeast == 0 && outer.below == 0
	}
	switch c {
	case byEvent:
		return inner.events&^outer.events == 0
	case bySize:
		return outer.fitsSizes(inner.atLeast, inner.below) == yes
	case byPrincipal:
		return every(inner.principals, func(p string) bool {
			return slices.ContainsFunc(outer.principals, func(s string) bool {
				return s == p || s == "*" || !strings.Contains(p, "*") && matchStars(s, p)
			})
		})
	case bySourceIP:
		return every(inner.sourceIPs, func(p netip.Prefix) bool {
			return slices.ContainsFunc(outer.sourceIPs,
				func(o netip.Prefix) bool { return o.Bits() <= p.Bits() && o.Contains(p.Addr()) })
		})
	case byContentType:
		return every(inner.types, func(t string) bool {
			return slices.ContainsFunc(outer.types, func(o string) bool {
				kind, star := strings.CutSuffix(o, "*")
				return o == t || star && strings.HasPrefix(t, kind)
			})
		})
	case byStorageClass:
		return every(inner.classes, func(s string) bool { return slices.Contains(outer.classes, s) })
	case byMeta:
		return impliesRequirements(inner.meta, outer.meta)
	}
	return impliesRequirements(inner.tags, outer.tags)
}

// impliesRequirements reports whether tags or metadata that meet the inner requirements
// surely meet the outer ones.
func impliesRequirements(inner, outer []requirement) bool {
	return every(outer, func(o requirement) bool {
		return slices.ContainsFunc(inner, func(i requirement) bool {
			return i.key == o.key && (!i.absent || o.absent) &&
				every(i.values, func(s string) bool { return slices.Contains(o.values, s) })
		})
	})
}
