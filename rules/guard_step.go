package rules

import (
	"iter"
	"slices"

	"afterput/events"
	"afterput/rules/internal/keyset"
)

// objectSet is a set of objects that uploads or copies may have made: all keys of
// a language in one bucket, and what is known of every one of them.
type objectSet struct {
	bucket string
	keys   *keyset.Set
	known  *knownObject
	events eventMask
	// inPlace says that a copy changed the objects where they were.
	inPlace bool
}

// anyUpload is every object that may turn up in a bucket.
func anyUpload(bucket string) objectSet {
	return objectSet{bucket: bucket, keys: keyset.Any(1), known: &knownObject{}, events: 1<<(len(eventNames)+1) - 1}
}

// analysis computes what copies can trigger, and keeps what it computed.
type analysis struct {
	set           *Set
	stops         []*rule     // rules that keep what they match from those below
	inPlaceCopies []*copySpec // copies that may change their source in place
	blocks        map[*block]*blockKeys
}

// maxStops bounds how many rules with stop are taken into account.
const maxStops = 64

func newAnalysis(s *Set) *analysis {
	a := &analysis{set: s, blocks: map[*block]*blockKeys{}}
	for _, r := range s.rules {
		if r.stop && !r.disabled && len(r.except) == 0 && len(a.stops) < maxStops {
			a.stops = append(a.stops, r)
		}
		for _, c := range r.copies {
			if !r.disabled && (c.setsTagsOrACL() || c.rewrites() && c.rewriteInPlace) && s.mayBeInPlace(c) {
				a.inPlaceCopies = append(a.inPlaceCopies, c)
			}
		}
	}
	return a
}

// blockKeys is the keys that a block's conditions on the key accept.
type blockKeys struct {
	keys  *keyset.Set
	exact bool // false: it may hold keys too many
}

func (a *analysis) keysOf(b *block) *blockKeys {
	if k := a.blocks[b]; k != nil {
		return k
	}
	k := &blockKeys{keyset.Any(1), true}
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
	a.blocks[b] = k
	return k
}

// testBesidesKey tests every condition but those on the key.
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

func (o *objectSet) query() *query {
	return &query{object: &events.Object{Bucket: o.bucket}, events: o.events, facts: &factCache{}, predicted: o.known}
}

// takenBy is the objects among o that a rule may take; no keys if surely none.
func (a *analysis) takenBy(r *rule, o objectSet) objectSet {
	q := o.query()
	nothing := objectSet{keys: keyset.None()}
	if r.disabled || r.match.testBesidesKey(q) == no {
		return nothing
	}
	o.keys = o.keys.Intersect(a.keysOf(&r.match).keys)
	for _, b := range r.except {
		o.keys = a.keysWithout(o.keys, b, q)
	}
	for _, upper := range a.stops {
		if upper.index < r.index && !o.keys.IsEmpty() {
			o.keys = a.keysWithout(o.keys, &upper.match, q)
		}
	}
	if o.keys.IsEmpty() {
		return nothing
	}
	o.known = o.known.acceptedBy(&r.match)
	return o
}

// keysWithout takes the keys away that a block surely accepts.
func (a *analysis) keysWithout(keys *keyset.Set, b *block, q *query) *keyset.Set {
	if b.testBesidesKey(q) != yes {
		return keys
	}
	if k := a.keysOf(b); k.exact {
		return keys.Minus(k.keys)
	}
	return keys
}

// acceptedBy adds what is known of objects that a block accepts.
func (from *knownObject) acceptedBy(b *block) *knownObject {
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
	to.tags, to.meta = to.tags.acceptedBy(b.tags), to.meta.acceptedBy(b.meta)
	return &to
}

// acceptedBy adds entries whose value, or absence, is the only one wanted.
func (k knownPairs) acceptedBy(all []requirement) knownPairs {
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

// madeBy is the objects that a copy makes of those its rule took: one set for
// each source bucket it may write to.
func (a *analysis) madeBy(c *copySpec, o objectSet) []objectSet {
	known := func(e entry) (string, bool) {
		l := a.possibleTexts(e.value, c.rule, o)
		s := l.Prefix()
		return s, l.Minus(keyset.Literal(s)).IsEmpty()
	}
	if !a.mayWriteSource(c) {
		return nil
	}
	buckets := []string{o.bucket}
	if c.bucket != nil {
		names := a.possibleTexts(c.bucket, c.rule, o)
		buckets = slices.DeleteFunc(slices.Clone(a.set.sources), func(b string) bool { return names.Intersect(keyset.Literal(b)).IsEmpty() })
	}
	var all []objectSet
	for _, b := range buckets {
		if b == o.bucket && surelyInPlace(c, b) {
			if c.mayRaiseEvent(o.known) {
				all = append(all, objectSet{b, o.keys, o.known.afterCopy(c, true, known, known), copyEvents, true})
			}
			continue // tags and ACL raise no event
		}
		keys := o.keys
		if c.key != nil {
			keys = a.possibleTexts(c.key, c.rule, o)
		}
		all = append(all, objectSet{b, keys, a.knownWhenRead(c, o).afterCopy(c, false, known, known), copyEvents, false})
	}
	return all
}

// objectsMade yields what copies make of objects that their rule took: one set for each
// source bucket that a copy may write to.
func (a *analysis) objectsMade(copies []*copySpec, taken objectSet) iter.Seq2[*copySpec, objectSet] {
	return func(yield func(*copySpec, objectSet) bool) {
		for _, c := range copies {
			for _, made := range a.madeBy(c, taken) {
				if !yield(c, made) {
					return
				}
			}
		}
	}
}

// rulesNear lists the rules that may take some of the objects, as far as the index can
// tell.
func (a *analysis) rulesNear(o objectSet) []*rule {
	var rules []*rule
	for _, i := range a.set.index.rulesUnder(o.bucket, o.keys.Prefix()) {
		rules = append(rules, a.set.rules[i])
	}
	return rules
}

// followUp says that objects which a rule took come back to a rule after they were
// copied.
type followUp struct {
	spec        *copySpec
	taken, made objectSet
	rule        *rule     // the rule that takes what was made, possibly the same
	next        objectSet // what it takes of it
}

// followUps yields what can follow from some of a rule's copies, if it took any uploads
// that its source buckets may see.
func (a *analysis) followUps(r *rule, copies []*copySpec) iter.Seq[followUp] {
	return func(yield func(followUp) bool) {
		if !slices.ContainsFunc(copies, a.mayWriteSource) {
			return
		}
		for _, bucket := range a.set.sources {
			taken := a.takenBy(r, anyUpload(bucket))
			if taken.keys.IsEmpty() {
				continue
			}
			for c, made := range a.objectsMade(copies, taken) {
				for _, to := range a.rulesNear(made) {
					next := a.takenBy(to, made)
					if !next.keys.IsEmpty() && !yield(followUp{c, taken, made, to, next}) {
						return
					}
				}
			}
		}
	}
}

// mayWriteSource is whether a copy may write to a source bucket.
func (a *analysis) mayWriteSource(c *copySpec) bool {
	if c.bucket == nil {
		return true
	}
	bucket, constant := c.bucket.constant()
	return !constant || a.set.isSource(bucket)
}

// possibleTexts is every text that a template can give for objects.
func (a *analysis) possibleTexts(t *template, r *rule, o objectSet) *keyset.Set {
	var all []*keyset.Set
	for i := range t.parts {
		p := &t.parts[i]
		if p.name == "" {
			all = append(all, keyset.Literal(p.literal))
			continue
		}
		l := a.possibleValues(p, r, o)
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

// possibleValues is every text that a placeholder can stand for.
func (a *analysis) possibleValues(p *templatePart, r *rule, o objectSet) *keyset.Set {
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
		if value, known := o.known.tags.lookUp(p.arg); known {
			return keyset.Literal(value)
		}
	case "meta":
		if value, known := o.known.meta.lookUp(p.arg); known {
			return keyset.Literal(value)
		}
	}
	return keyset.Any(1)
}
