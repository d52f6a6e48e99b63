package rules

import (
	"iter"
	"slices"
	"strconv"

	"afterput/rules/internal/keyset"
)

// analysis computes with sets of objects: which of them a rule takes, and which a copy
// makes of them. Results are upper bounds: what cannot be ruled out counts as possible.
// It is not safe for concurrent use, since it keeps what it computed.
//
// Most rules of a large file have nothing to do with each other, and literals show it: the
// prefixes and suffixes of keys are compared first, and sets of keys are built only where
// those leave something open.
type analysis struct {
	set           *Set
	meter         *keyset.Meter
	stops         []*rule     // rules with stop; the first few
	inPlaceCopies []*copySpec // copies that may change their source in place
	blocks        map[*block]*blockKeys
	sets          map[string]*keyset.Set // what blocks and groups of regular expressions match
	kept          map[*copySpec]*keyset.Set
	costliest     rulePair
}

// maxAnalysis bounds the steps of one analysis. 10,000 rules of which few can feed each
// other take less than a tenth of it.
const maxAnalysis = 20_000_000

// rulePair is a copy and a rule that may take what it makes, with the steps that it took
// to find out.
type rulePair struct {
	spec  *copySpec
	to    *rule
	steps int
}

// note remembers the pair of rules for which most steps were taken; before are the steps
// until then.
func (a *analysis) note(c *copySpec, to *rule, before int) {
	if steps := a.meter.Spent() - before; steps > a.costliest.steps {
		a.costliest = rulePair{c, to, steps}
	}
}

// maxStops bounds how many rules with stop are taken into account.
const maxStops = 64

// newAnalysis is an analysis without rules that stop others, and without copies in place.
func newAnalysis(s *Set) *analysis {
	return &analysis{set: s, meter: keyset.NewMeter(maxAnalysis), blocks: map[*block]*blockKeys{},
		sets: map[string]*keyset.Set{}, kept: map[*copySpec]*keyset.Set{}}
}

// newFullAnalysis is an analysis that takes into account how rules act on each other.
func newFullAnalysis(s *Set) *analysis {
	a := newAnalysis(s)
	for _, r := range s.rules {
		// What the defaults exclude from it they exclude from the rules below too.
		if r.stop && !r.disabled && len(r.ownBlocks()) == 1 && len(a.stops) < maxStops {
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
	excluding = a.excluding(r, q, func(b *block) bool { return len(a.commonEnds(ends, a.endsOf(b))) > 0 })
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

// blockKeys is what the conditions of a block on the key accept.
type blockKeys struct {
	keys *keyset.Set // nil until it is needed
	ends []keyEnds   // see [block.keyEnds]; nil until they are needed
}

func (a *analysis) of(b *block) *blockKeys {
	k := a.blocks[b]
	if k == nil {
		k = &blockKeys{}
		a.blocks[b] = k
	}
	return k
}

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

// maxKept bounds the sets that an analysis keeps, and with them its memory.
const maxKept = 2000

// keep keeps a set. When there are too many, those so far are dropped: they are computed
// again if they are needed.
func (a *analysis) keep(id string, s *keyset.Set) {
	if len(a.sets) >= maxKept {
		clear(a.sets)
		clear(a.blocks)
	}
	a.sets[id] = s
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
					inPlace: true})
			}
			continue // tags and ACL raise no event
		}
		made := objectSet{bucket: b, ends: o.ends, known: &knownObject{}, events: copyEvents}
		if c.key != nil {
			made.ends = o.endsOfTexts(c.key, c.rule)
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
	found, steps := a.set.index.rulesNear(o.bucket, o.ends)
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
