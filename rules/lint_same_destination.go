package rules

import (
	"fmt"
	"slices"
	"unicode"

	"afterput/rules/internal/keyset"
)

// sameDestinations warns about copies that give different sources the same destination, with
// two sources of which this is certain. A copy is compared with itself; two copies of
// different rules only if both destinations are literals.
func (l *linter) sameDestinations() {
	literal := map[object]*copySpec{} // the first copy with each literal destination
	for _, r := range l.live {
		for _, c := range r.copies {
			if !mayMeet(c) || l.meter.Exceeded() {
				continue
			}
			if a, b, ok := l.meeting(c); ok {
				l.warnSameDestination(c, a, b, "")
				continue
			}
			to, ok := literalDestination(c)
			if !ok {
				continue
			}
			if other := literal[to]; other == nil {
				literal[to] = c
			} else if a, b, ok := l.meetingOf(other, c); ok {
				l.warnSameDestination(c, a, b, fmt.Sprintf(", that of %s on line %d", copyName(other, r), other.line))
			}
		}
	}
}

func (l *linter) warnSameDestination(c *copySpec, a, b object, also string) {
	to, _ := l.destinationOf(c, b)
	loss, fix := "the later one overwrites the earlier one", "make the key different for every source, "+
		"with ${key}, ${dir}/${base} or ${etag}"
	if c.forbidOverwrite {
		loss = "only the first one is copied"
	}
	if a.bucket != b.bucket {
		fix = "add ${bucket} to the key"
	}
	line, col := c.position()
	if c.listed && slices.ContainsFunc(l.warnings, func(w Warning) bool {
		return w.Code == SameDestination && w.Line == line && w.Col == col
	}) {
		return // for another bucket of the list
	}
	l.warn(line, col, c.rule.name, SameDestination, "different sources can have the same destination%s: both %s and "+
		"%s are copied to %s, so that %s; %s, unless that is intended",
		also, quote(a.String()), quote(b.String()), quote(to.String()), loss, fix)
}

// mayMeet reports whether the destination of a copy may be that of another source, as far as
// the names of its placeholders tell.
func mayMeet(c *copySpec) bool {
	whole := map[string]bool{}
	for _, p := range destinationParts(c) {
		if p.name == "etag" || p.name == "hash" && p.isWhole() { // no other source has it
			return false
		}
		whole[p.name] = whole[p.name] || p.isWhole()
	}
	several := len(c.rule.match.buckets) > 1 && c.bucket != nil && !whole["bucket"]
	return several || !whole["key"] && !(whole["dir"] && whole["base"])
}

// destinationParts are the parts of a copy's bucket and key.
func destinationParts(c *copySpec) []templatePart {
	parts := keyParts(c)
	if c.bucket != nil {
		parts = slices.Concat(c.bucket.parts, parts)
	}
	return parts
}

// exampleKeys are keys that are easy to read, those with a folder and an extension first, and
// any others without control characters. For many rules a search for the best ones would take
// too long.
func exampleKeys(rules int) []*keyset.Set {
	printable := keyset.Repeat(1, '!', '~', 0xA1, unicode.MaxRune)
	if rules > fewRules {
		return []*keyset.Set{printable}
	}
	return []*keyset.Set{
		keyset.Regexp(`^([a-z]+/)+[a-z]+(\.[a-z]+)+$`),
		keyset.Regexp(`^([0-9a-z]+/)+[0-9a-z_]+\.[0-9a-z]+$`),
		keyset.Regexp(`^([0-9A-Za-z=_-]+/)*[0-9A-Za-z=_.-]+$`),
		printable,
	}
}

// meeting finds two sources that a copy surely gives the same destination.
func (l *linter) meeting(c *copySpec) (a, b object, found bool) {
	r := c.rule
	keys := l.keysFor(r)
	bucket := l.firstBucket(r)
	for _, easy := range l.examples {
		key, ok := keys.Intersect(easy).Shortest()
		a = object{bucket, key}
		if !ok || !l.isCopied(c, a) {
			continue
		}
		for _, other := range r.match.buckets {
			if b = (object{other, key}); b != a && l.meet(c, a, c, b) {
				return a, b, true
			}
		}
		same := keys.Intersect(l.keysWithParts(c, key)).Minus(keyset.Literal(key))
		for _, easy := range l.examples {
			key, ok := same.Intersect(easy).Shortest()
			if b = (object{bucket, key}); ok && l.meet(c, a, c, b) {
				return a, b, true
			}
		}
	}
	return a, b, false
}

// meetingOf finds two different sources that two copies surely give the same destination.
// Both destinations are literals.
func (l *linter) meetingOf(one, other *copySpec) (a, b object, found bool) {
	a = object{l.firstBucket(one.rule), l.samples[one.rule]}
	keys := l.keysFor(other.rule)
	bucket := l.firstBucket(other.rule)
	if bucket == a.bucket {
		keys = keys.Minus(keyset.Literal(a.key))
	}
	for _, easy := range l.examples {
		key, ok := keys.Intersect(easy).Shortest()
		if b = (object{bucket, key}); ok && l.meet(one, a, other, b) {
			return a, b, true
		}
	}
	return a, b, false
}

// keysFor are the keys that a rule may take, without those that a rule with stop surely takes
// first.
func (l *linter) keysFor(r *rule) *keyset.Set {
	keys := l.keysTaken(r)
	for _, upper := range l.stopsAbove(r) {
		if upper.index < r.index && len(upper.except) == 0 {
			keys = l.keysLeftBy([]*block{&upper.match}, &r.match, keys)
		}
	}
	return keys
}

func (l *linter) firstBucket(r *rule) string {
	if r.match.given[byBucket] != 0 {
		return r.match.buckets[0]
	}
	return l.set.sources[0]
}

// literalDestination is where a copy writes, whatever its source.
func literalDestination(c *copySpec) (to object, ok bool) {
	if c.bucket == nil || c.key == nil {
		return object{}, false
	}
	bucket, fixed := c.bucket.constant()
	key, ok := c.key.constant()
	return object{bucket, key}, fixed && ok
}

// keysWithParts is the set of the keys for which every placeholder of a copy's destination
// that comes from the key has the value that it has for a certain key. All else may be the
// same for different sources.
func (l *linter) keysWithParts(c *copySpec, key string) *keyset.Set {
	keys := keyset.Any(1)
	groups := map[string][]string{}
	re := c.rule.match.regexp
	for _, p := range destinationParts(c) {
		switch p.name {
		case "key":
			keys = keys.Intersect(unionOf(p.valuesLike(key), keyset.Literal))
		case "dir", "base", "stem", "ext", "dir.base":
			part := keyset.Part(p.name)
			keys = keys.Intersect(unionOf(p.valuesLike(part.Of(key)), part.Keys))
		case "re":
			values := p.valuesLike(re.group(p.arg, re.find(key)))
			if had, again := groups[p.arg]; again {
				values = slices.DeleteFunc(values, func(v string) bool { return !slices.Contains(had, v) })
			}
			groups[p.arg] = values
		}
	}
	if len(groups) > 0 {
		keys = keys.Intersect(keyset.RegexpWith(re.String(), groups))
	}
	return keys.CountedBy(l.meter)
}

func unionOf(values []string, keys func(string) *keyset.Set) *keyset.Set {
	var all []*keyset.Set
	for _, v := range values {
		all = append(all, keys(v))
	}
	return keyset.Union(all...)
}

// valuesLike lists values of a placeholder for which its forms give the same text as for this
// one.
func (p *templatePart) valuesLike(value string) []string {
	values := []string{value}
	text := p.apply(value)
	add := func(v string) {
		if p.apply(v) == text && !slices.Contains(values, v) {
			values = append(values, v)
		}
	}
	switch p.cut.end {
	case '#':
		add(text)
		add(p.cut.text + text)
	case '%':
		add(text)
		add(text + p.cut.text)
	}
	if p.span != (span{}) {
		add("x" + value)
		add(value + "x")
	}
	for _, c := range []letterCase{lowerCase, upperCase} {
		add(c.apply(value))
	}
	return values
}

// meet reports whether two copies are made of two sources, and have the same destination,
// which is neither of the two.
func (l *linter) meet(one *copySpec, a object, other *copySpec, b object) bool {
	x, planned := l.destinationOf(one, a)
	y, too := l.destinationOf(other, b)
	return planned && too && x == y && x != a && x != b
}
