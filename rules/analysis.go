package rules

import (
	"iter"
	"slices"

	"afterput/rules/internal/keyset"
)

// analysis computes with sets of objects: which of them a rule takes, and which a copy
// makes of them. Results are upper bounds: what cannot be ruled out counts as possible.
// It is not safe for concurrent use, since it keeps what it computed.
type analysis struct {
	set           *Set
	stops         []*rule     // rules with stop; the first few
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

// takenBy returns those of the objects that a rule may take. It has no keys if the rule
// surely takes none.
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

// keysWithout removes the keys that a block surely accepts.
func (a *analysis) keysWithout(keys *keyset.Set, b *block, q *query) *keyset.Set {
	if b.testBesidesKey(q) != yes {
		return keys
	}
	if k := a.keysOf(b); k.exact {
		return keys.Minus(k.keys)
	}
	return keys
}

// blockKeys is the set of the keys that a block's conditions on the key accept.
type blockKeys struct {
	keys  *keyset.Set
	exact bool // false: the set may contain too many keys
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
		// An intersection that is too large to compute returns its receiver.
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

// madeBy returns the objects that a copy makes of those its rule took: one set for each
// source bucket to which it may write.
func (a *analysis) madeBy(c *copySpec, o objectSet) []objectSet {
	known := func(e entry) (string, bool) {
		l := o.possibleTexts(e.value, c.rule)
		s := l.Prefix()
		return s, l.Minus(keyset.Literal(s)).IsEmpty()
	}
	if !a.mayWriteSource(c) {
		return nil
	}
	buckets := []string{o.bucket}
	if c.bucket != nil {
		names := o.possibleTexts(c.bucket, c.rule)
		buckets = slices.DeleteFunc(slices.Clone(a.set.sources),
			func(b string) bool { return names.Intersect(keyset.Literal(b)).IsEmpty() })
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
			keys = o.possibleTexts(c.key, c.rule)
		}
		result := a.knownWhenRead(c, o).afterCopy(c, false, known, known)
		all = append(all, objectSet{b, keys, result, copyEvents, false})
	}
	return all
}

// mayWriteSource reports whether a copy may write to a source bucket.
func (a *analysis) mayWriteSource(c *copySpec) bool {
	if c.bucket == nil {
		return true
	}
	bucket, constant := c.bucket.constant()
	return !constant || a.set.isSource(bucket)
}

// maxOwn bounds how many copies in place are considered one by one.
const maxOwn = 64

// knownWhenRead is what is known of objects when a copy reads them: by then, other copies
// of the same event may have changed them in place.
func (a *analysis) knownWhenRead(c *copySpec, o objectSet) *knownObject {
	like := o.known
	if len(a.inPlaceCopies) > maxOwn {
		return &knownObject{atLeast: like.atLeast, below: like.below}
	}
	for _, other := range a.inPlaceCopies {
		if other != c && !a.takenBy(other.rule, o).keys.IsEmpty() {
			like = like.either(like.afterCopy(other, true, unknown, unknown))
		}
	}
	return like
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

// followUps yields what can follow from some of a rule's copies, whatever was uploaded.
func (a *analysis) followUps(r *rule, copies []*copySpec) iter.Seq[followUp] {
	return func(yield func(followUp) bool) {
		if !slices.ContainsFunc(copies, a.mayWriteSource) {
			return
		}
		for _, bucket := range a.set.sources {
			if taken := a.takenBy(r, anyUpload(bucket)); !taken.keys.IsEmpty() && !a.followTaken(copies, taken, yield) {
				return
			}
		}
	}
}

// followTaken yields what can follow if copies are made of objects. It returns false if
// yield did.
func (a *analysis) followTaken(copies []*copySpec, taken objectSet, yield func(followUp) bool) bool {
	for c, made := range a.objectsMade(copies, taken) {
		for _, to := range a.rulesNear(made) {
			next := a.takenBy(to, made)
			if !next.keys.IsEmpty() && !yield(followUp{c, taken, made, to, next}) {
				return false
			}
		}
	}
	return true
}
