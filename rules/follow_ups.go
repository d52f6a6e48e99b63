package rules

import (
	"iter"
	"slices"

	"afterput/rules/internal/keyset"
)

// takenBy returns those of the objects that a rule may take. It has no keys if the rule
// surely takes none.
func (a *analysis) takenBy(r *rule, o objectSet) objectSet {
	ends, excluding := a.endsTaken(r, o)
	if len(ends) == 0 {
		return objectSet{keys: keyset.None()}
	}
	o.ends = ends
	o.keys = o.keys.Intersect(a.keysOf(&r.match))
	if len(excluding) > 0 {
		o.keys = o.keys.Minus(a.keysOfAll(excluding)...)
	}
	o.known = o.known.acceptedBy(&r.match)
	return o
}

// endsTaken is what literals tell of the objects that a rule may take: the ends of their
// keys, none if it surely takes no object; and the blocks that exclude the keys which they
// accept. It looks at no set of keys.
func (a *analysis) endsTaken(r *rule, o objectSet) (ends []keyEnds, excluding []*block) {
	a.meter.Spend(75 + len(r.match.meta)*len(r.match.meta)/4 + len(r.match.tags)*len(r.match.tags)/4)
	if r.disabled {
		return nil, nil
	}
	q := o.query()
	if ends = a.commonEnds(o.ends, a.endsOf(&r.match)); len(ends) == 0 || r.match.testBesidesKey(q) == no {
		return nil, nil
	}
	excluding = a.excluding(r, q, func(b *block) bool { return a.haveCommonEnds(ends, a.endsOf(b)) })
	a.meter.Spend(len(ends) * len(excluding) / 8)
	return slices.DeleteFunc(ends, func(e keyEnds) bool { return acceptAll(excluding, e) }), excluding
}

// excluding lists the blocks, of those that concern the keys, that exclude from a rule all keys which they accept:
// its except blocks, and what rules with stop above it match.
func (a *analysis) excluding(r *rule, q *query, concerns func(*block) bool) (blocks []*block) {
	excludes := func(b *block) {
		a.meter.Spend(15)
		if concerns(b) && b.testBesidesKey(q) == yes {
			blocks = append(blocks, b)
		}
	}
	for _, b := range r.except {
		excludes(b)
	}
	for _, upper := range a.stops {
		if upper.index < r.index {
			excludes(&upper.match)
		}
	}
	return blocks
}

// madeBy returns the objects that a copy makes of those its rule took: one set for each
// source bucket to which it may write. They have buckets and ends of keys only; the rest is
// left to [analysis.complete].
func (a *analysis) madeBy(c *copySpec, o objectSet) []objectSet {
	if !a.mayWriteSource(c) {
		return nil
	}
	buckets := []string{o.bucket}
	if c.bucket != nil {
		buckets = a.bucketsWritten(c, o)
	}
	var all []objectSet
	for _, b := range buckets {
		if b == o.bucket && surelyInPlace(c, b) {
			if c.mayRaiseEvent(o.known) {
				all = append(all, objectSet{bucket: b, ends: o.ends, known: &knownObject{}, events: copyEvents,
					inPlace: true, given: o.given})
			}
			continue // tags and ACL raise no event
		}
		made := objectSet{bucket: b, ends: o.ends, known: &knownObject{}, events: copyEvents, given: o.given}
		if c.key != nil {
			made.ends, made.given = o.endsOfTexts(c.key, c.rule), c.key
		}
		all = append(all, made)
	}
	return all
}

// bucketsWritten lists the source buckets that a copy names for some of the objects.
func (a *analysis) bucketsWritten(c *copySpec, o objectSet) []string {
	if name, constant := c.bucket.constant(); constant {
		return []string{name} // madeBy has seen that it is a source
	}
	names := a.possibleTexts(&o, c.bucket, c.rule)
	return slices.DeleteFunc(slices.Clone(a.set.sources),
		func(b string) bool { return names.Intersect(keyset.Literal(b)).IsEmpty() })
}

// complete adds the keys of objects that a copy makes, and what is known of them.
func (a *analysis) complete(c *copySpec, o objectSet, made *objectSet) {
	if made.keys = o.keys; !made.inPlace && c.key != nil {
		made.keys = a.keysMade(c, o, made.bucket)
	}
	known := func(e entry) (string, bool) {
		l := a.possibleTexts(&o, e.value, c.rule)
		s := l.Prefix()
		return s, l.Minus(keyset.Literal(s)).IsEmpty()
	}
	from := o.known
	if !made.inPlace {
		from = a.knownWhenRead(c, o)
	}
	made.known = from.afterCopy(c, made.inPlace, known, known)
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
				a.complete(c, taken, &made)
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
	found, steps := a.set.index.rulesNear([]string{o.bucket}, o.ends)
	a.meter.Spend(steps)
	rules := make([]*rule, len(found))
	for i, n := range found {
		rules[i] = a.set.rules[n]
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
			if r.match.given[byBucket] != 0 && !slices.Contains(r.match.buckets, bucket) {
				continue
			}
			taken := a.takenBy(r, anyUpload(bucket))
			if len(taken.ends) > 0 && !a.followTaken(copies, taken, yield) || a.meter.Exceeded() {
				return
			}
		}
	}
}

// rulesAfter lists the rules that make copies of what a copy makes, as far as the ends of keys tell. before are the
// steps that were spent until then.
func (a *analysis) rulesAfter(c *copySpec, made objectSet, before int) []*rule {
	return slices.DeleteFunc(a.rulesNear(made), func(to *rule) bool {
		if !to.makesCopies() {
			return true
		}
		ends, _ := a.endsTaken(to, made)
		a.note(c, to, before)
		return len(ends) == 0
	})
}

// followTaken yields what can follow if copies are made of objects. It returns false if
// yield did.
func (a *analysis) followTaken(copies []*copySpec, taken objectSet, yield func(followUp) bool) bool {
	for _, c := range copies {
		for _, made := range a.madeBy(c, taken) {
			before := a.meter.Spent()
			near := a.rulesAfter(c, made, before)
			if len(near) == 0 {
				continue
			}
			if taken.keys.IsEmpty() {
				return true
			}
			a.complete(c, taken, &made)
			for _, to := range near {
				next := a.takenBy(to, made)
				goOn := next.keys.IsEmpty() || yield(followUp{c, taken, made, to, next})
				a.note(c, to, before)
				if !goOn || a.meter.Exceeded() {
					return false
				}
				before = a.meter.Spent()
			}
		}
	}
	return true
}
