package rules

import (
	"slices"

	"afterput/events"
	"afterput/rules/internal/keyset"
)

// written is a set of objects that uploads or copies may have made: all keys of
// a language in one bucket, and what is known of every one of them.
type written struct {
	bucket string
	keys   *keyset.Set
	like   *raised
	events eventMask
	// inPlace says that a copy changed the objects where they were.
	inPlace bool
}

// anyUpload is every object that may turn up in a bucket.
func anyUpload(bucket string) written {
	return written{bucket: bucket, keys: keyset.Any(1), like: &raised{}, events: 1<<(len(eventNames)+1) - 1}
}

// guardian computes what copies can trigger, and keeps what it computed.
type guardian struct {
	set    *Set
	stops  []*rule     // rules that keep what they match from those below
	own    []*copySpec // copies that may change their source in place
	blocks map[*block]*keySet
	work   int // steps taken
}

// maxStops bounds how many rules with stop are taken into account.
const maxStops = 64

func newGuardian(s *Set) *guardian {
	g := &guardian{set: s, blocks: map[*block]*keySet{}}
	for _, r := range s.rules {
		if r.stop && !r.disabled && len(r.except) == 0 && len(g.stops) < maxStops {
			g.stops = append(g.stops, r)
		}
		for _, c := range r.copies {
			if !r.disabled && (c.retouches() || c.rewrites() && c.rewriteInPlace) && s.mayStay(c) {
				g.own = append(g.own, c)
			}
		}
	}
	return g
}

// keySet is the keys that a block's conditions on the key accept.
type keySet struct {
	keys  *keyset.Set
	exact bool // false: it may hold keys too many
}

func (g *guardian) keysOf(b *block) *keySet {
	if k := g.blocks[b]; k != nil {
		return k
	}
	k := &keySet{keyset.Any(1), true}
	narrow := func(c condition, alternatives ...*keyset.Set) {
		if b.given[c] == 0 {
			return
		}
		// What is too large to work out comes back as it was.
		narrower := k.keys.Intersect(keyset.Union(alternatives...))
		k.keys, k.exact = narrower, k.exact && narrower != k.keys
	}
	var prefixes, suffixes, globs []*keyset.Set
	for _, s := range b.prefixes {
		prefixes = append(prefixes, keyset.StartingWith(s))
	}
	for _, s := range b.suffixes {
		suffixes = append(suffixes, keyset.EndingWith(s))
	}
	for _, glob := range b.globs {
		l, exact := glob.Set()
		globs, k.exact = append(globs, l), k.exact && exact
	}
	narrow(byPrefix, prefixes...)
	narrow(bySuffix, suffixes...)
	narrow(byGlob, globs...)
	if b.regexp != nil {
		l, exact := keyset.Regexp(b.regexp.String())
		k.exact = k.exact && exact
		narrow(byRegexp, l)
	}
	g.blocks[b] = k
	return k
}

// besidesKey tests every condition but those on the key.
func (b *block) besidesKey(q *query) answer {
	result := yes
	for c := range conditions {
		if b.given[c] == 0 || c >= byPrefix && c <= byRegexp {
			continue
		}
		a := b.freeCondition(c, q)
		if c >= byStorageClass {
			a, _ = b.paidCondition(c, q)
		}
		result = min(result, a)
	}
	return result
}

func (o *written) query() *query {
	return &query{object: &events.Object{Bucket: o.bucket}, events: o.events, facts: &memo{}, raised: o.like}
}

// taken is the objects among o that a rule may take; no keys if surely none.
func (g *guardian) taken(r *rule, o written) written {
	q := o.query()
	nothing := written{keys: keyset.None()}
	if r.disabled || r.match.besidesKey(q) == no {
		return nothing
	}
	o.keys = o.keys.Intersect(g.keysOf(&r.match).keys)
	for _, b := range r.except {
		o.keys = g.leave(o.keys, b, q)
	}
	for _, upper := range g.stops {
		if upper.index < r.index && !o.keys.IsEmpty() {
			o.keys = g.leave(o.keys, &upper.match, q)
		}
	}
	if o.keys.IsEmpty() {
		return nothing
	}
	o.like = o.like.narrowed(&r.match)
	return o
}

// leave takes the keys away that a block surely accepts.
func (g *guardian) leave(keys *keyset.Set, b *block, q *query) *keyset.Set {
	if b.besidesKey(q) != yes {
		return keys
	}
	if k := g.keysOf(b); k.exact {
		return keys.Minus(k.keys)
	}
	return keys
}

// narrowed adds what is known of objects that a block accepts.
func (from *raised) narrowed(b *block) *raised {
	to := *from
	if b.given[bySize] != 0 {
		to.atLeast = max(to.atLeast, b.atLeast)
		if b.below > 0 && (to.below == 0 || b.below < to.below) {
			to.below = b.below
		}
	}
	if len(b.classes) == 1 {
		to.class = events.Some(b.classes[0])
	}
	to.tags, to.meta = to.tags.narrowed(b.tags), to.meta.narrowed(b.meta)
	return &to
}

// narrowed adds entries whose value, or absence, is the only one wanted.
func (k pairsKnown) narrowed(all []wanted) pairsKnown {
	for i := range all {
		w := &all[i]
		value := entry{key: w.key}
		switch {
		case len(w.values) == 1 && !w.absent:
			value.value = &template{}
		case len(w.values) > 0:
			continue
		}
		k = k.with([]entry{value}, func(entry) (string, bool) { return w.values[0], true })
	}
	return k
}

// copied is the objects that a copy makes of those its rule took: one set for
// each source bucket it may write to.
func (g *guardian) copied(c *copySpec, o written) []written {
	known := func(e entry) (string, bool) {
		l := g.filled(e.value, c.rule, o)
		s := l.Prefix()
		return s, l.Minus(keyset.Literal(s)).IsEmpty()
	}
	if !g.mayWriteSource(c) {
		return nil
	}
	buckets := []string{o.bucket}
	if c.bucket != nil {
		names := g.filled(c.bucket, c.rule, o)
		buckets = slices.DeleteFunc(slices.Clone(g.set.sources), func(b string) bool { return names.Intersect(keyset.Literal(b)).IsEmpty() })
	}
	var all []written
	for _, b := range buckets {
		if b == o.bucket && inPlace(c, b) {
			if c.raisesEvent(o.like) {
				all = append(all, written{b, o.keys, o.like.after(c, true, known, known), copyEvents, true})
			}
			continue // tags and ACL raise no event
		}
		keys := o.keys
		if c.key != nil {
			keys = g.filled(c.key, c.rule, o)
		}
		all = append(all, written{b, keys, g.meanwhile(c, o).after(c, false, known, known), copyEvents, false})
	}
	return all
}

// mayWriteSource is whether a copy may write to a source bucket.
func (g *guardian) mayWriteSource(c *copySpec) bool {
	if c.bucket == nil {
		return true
	}
	bucket, constant := c.bucket.constant()
	return !constant || g.set.isSource(bucket)
}

// filled is every text that a template can give for objects.
func (g *guardian) filled(t *template, r *rule, o written) *keyset.Set {
	var all []*keyset.Set
	for i := range t.parts {
		p := &t.parts[i]
		if p.name == "" {
			all = append(all, keyset.Literal(p.literal))
			continue
		}
		l := g.valuesOf(p, r, o)
		switch p.form {
		case formPrefix:
			l = l.CutPrefix(p.operand)
		case formSuffix:
			l = l.CutSuffix(p.operand)
		}
		l = l.Intersect(keyset.Any(1)) // an empty value without a default fails the copy
		if p.form == formDefault {
			l = keyset.Union(l, keyset.Literal(p.operand))
		}
		all = append(all, l)
	}
	return keyset.Concat(all...)
}

// valuesOf is every text that a placeholder can stand for.
func (g *guardian) valuesOf(p *part, r *rule, o written) *keyset.Set {
	digits := func(n int) *keyset.Set {
		return keyset.Concat(slices.Repeat([]*keyset.Set{keyset.AnyOf('0', '9')}, n)...)
	}
	switch p.name {
	case "key":
		return o.keys
	case "dir", "base", "stem", "ext":
		return o.keys.Part(keyset.Part(p.name))
	case "bucket":
		return keyset.Literal(o.bucket)
	case "rule":
		return keyset.Literal(r.name)
	case "region":
		return keyset.Repeat(1, 'a', 'z', '0', '9', '-', '-')
	case "size":
		return keyset.Repeat(1, '0', '9')
	case "etag":
		return keyset.Repeat(1, '0', '9', 'A', 'Z', 'a', 'z', '-', '-')
	case "event":
		return keyset.Repeat(1, 'A', 'Z', 'a', 'z', ':', ':')
	case "time":
		switch p.arg {
		case "year":
			return digits(4)
		case "date":
			return keyset.Concat(digits(4), keyset.Literal("-"), digits(2), keyset.Literal("-"), digits(2))
		}
		return digits(2)
	case "re":
		return keyset.RegexpGroup(r.match.regexp.String(), p.arg)
	case "tag":
		if value, known := o.like.tags.lookUp(p.arg); known {
			return keyset.Literal(value)
		}
	case "meta":
		if value, known := o.like.meta.lookUp(p.arg); known {
			return keyset.Literal(value)
		}
	}
	return keyset.Any(1)
}
