package rules

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"afterput/events"
	"afterput/rules/internal/keyset"
)

// query is an object against which rules are tested.
type query struct {
	object *events.Object
	events eventMask // the event; several if it is not known which of them
	facts  *factCache
	unsure Unsure // nil: everything about the event is known
	folded string // the key, folded; "" until it is needed
	// predicted is set for an event that one of our copies will raise.
	predicted *knownObject
}

// isUnsure reports whether it is not known who sent the request, or from where.
func (q *query) isUnsure(c condition) bool {
	return q.predicted != nil || q.object.Listed || q.object.Restored ||
		q.unsure != nil && q.unsure.NotKnown(conditionNames[c])
}

// key is the object's key as it is compared with the conditions of a block.
func (q *query) key(b *block) string {
	if !b.ignoreCase {
		return q.object.Key
	}
	if q.folded == "" {
		q.folded = keyset.Fold(q.object.Key)
	}
	return q.folded
}

// testResult is the result of testing a rule against an object, and what decided it.
type testResult struct {
	truth     truth
	block     *block    // the block that decided; nil for yes
	except    bool      // block is one of the rule's except blocks
	condition condition // the condition that decided
	err       error     // why the fact could not be read
}

// and combines two results of which both must hold: it keeps the one that decides.
func (f *testResult) and(other testResult) {
	if other.truth < f.truth {
		*f = other
	}
}

// test reports whether a rule takes the object. Conditions that cost a request are tested
// only if no free condition has decided, those of match before those of except.
func (r *rule) test(q *query) testResult {
	f := r.match.testFree(q)
	if f.truth == no {
		return f
	}
	for _, b := range r.except {
		if b.needsRequest(q) {
			continue
		}
		if f.and(b.asExcept(b.testFree(q))); f.truth == no {
			return f
		}
	}
	if f.and(r.match.testPaid(q)); f.truth == no {
		return f
	}
	for _, b := range r.except {
		if !b.needsRequest(q) {
			continue
		}
		inside := b.testFree(q)
		if inside.truth == no {
			continue
		}
		inside.and(b.testPaid(q))
		if f.and(b.asExcept(inside)); f.truth == no {
			return f
		}
	}
	return f
}

// asExcept turns the result of an except block into what it means for the rule.
func (b *block) asExcept(inside testResult) testResult {
	switch inside.truth {
	case yes:
		return testResult{truth: no, block: b, except: true}
	case no:
		return testResult{truth: yes}
	}
	inside.except = true
	return inside
}

// needsRequest reports whether testing the block can take a request for this object.
func (b *block) needsRequest(q *query) bool {
	return b.given[byStorageClass]|b.given[byMeta]|b.given[byTagging] != 0 || q.predicted == nil &&
		(b.given[byContentType] != 0 && !q.object.ContentType.Known ||
			b.given[bySize] != 0 && !q.object.Size.Known)
}

// testFree tests the conditions for which the event itself has the answer.
func (b *block) testFree(q *query) testResult {
	f := testResult{truth: yes}
	for c := byBucket; c <= byContentType; c++ {
		if b.given[c] == 0 {
			continue
		}
		if a := b.testFreeCondition(c, q); a < f.truth {
			f = testResult{truth: a, block: b, condition: c}
			if a == no {
				break
			}
		}
	}
	return f
}

func (b *block) testFreeCondition(c condition, q *query) truth {
	o := q.object
	switch c {
	case byBucket:
		return truthOf(slices.ContainsFunc(b.buckets, func(s string) bool { return o.Bucket == s }))
	case byEvent:
		switch q.events & b.events {
		case 0:
			return no
		case q.events:
			return yes
		}
		return depends
	case byPrefix:
		key := q.key(b)
		return truthOf(slices.ContainsFunc(b.heads, func(s string) bool { return strings.HasPrefix(key, s) }))
	case bySuffix:
		key := q.key(b)
		return truthOf(slices.ContainsFunc(b.tails, func(s string) bool { return strings.HasSuffix(key, s) }))
	case byGlob:
		key := q.key(b)
		return truthOf(slices.ContainsFunc(b.globs, func(g *keyset.Glob) bool { return g.Match(key) }))
	case byRegexp:
		return truthOf(b.regexp.MatchString(o.Key))
	case bySize:
		switch {
		case q.predicted != nil:
			return b.fitsSizes(q.predicted.atLeast, q.predicted.below)
		case o.Size.Known:
			return truthOf(b.fitsSize(o.Size.Value))
		}
	case byPrincipal:
		if q.isUnsure(c) {
			return depends
		}
		return truthOf(slices.ContainsFunc(b.principals, func(s string) bool { return matchStars(s, o.Principal) }))
	case bySourceIP:
		if q.isUnsure(c) {
			return depends
		}
		addr, err := netip.ParseAddr(o.SourceIP)
		return truthOf(err == nil &&
			slices.ContainsFunc(b.sourceIPs, func(p netip.Prefix) bool { return p.Contains(addr.Unmap()) }))
	case byContentType:
		t := o.ContentType
		if q.predicted != nil {
			t = q.predicted.contentType
		}
		switch {
		case t.Known:
			return truthOf(b.acceptsType(t.Value))
		case q.predicted != nil:
			return depends
		}
	}
	return yes // left to testPaid
}

// testPaid tests the conditions for which it takes a request to know the answer.
func (b *block) testPaid(q *query) testResult {
	f := testResult{truth: yes}
	for _, c := range [...]condition{bySize, byContentType, byStorageClass, byMeta, byTagging} {
		if b.given[c] == 0 {
			continue
		}
		a, err := b.testPaidCondition(c, q)
		if f.and(testResult{truth: a, block: b, condition: c, err: err}); a == no {
			break
		}
	}
	return f
}

func (b *block) testPaidCondition(c condition, q *query) (truth, error) {
	switch {
	case q.predicted != nil:
		return b.testPredicted(c, q.predicted), ErrNotKnown
	case c == byTagging:
		tags, err := q.facts.Tags()
		if err != nil {
			return truthAfter(err), fmt.Errorf("%s: %w", getObjectTagging, err)
		}
		return knownPairs{pairs: tags, complete: true}.meetsAll(b.tags), nil
	case c == bySize && q.object.Size.Known, c == byContentType && q.object.ContentType.Known:
		return yes, nil // tested for free
	}
	head, err := q.facts.Head()
	if err != nil {
		return truthAfter(err), fmt.Errorf("%s: %w", headObject, err)
	}
	switch c {
	case bySize:
		return truthOf(b.fitsSize(head.Size)), nil
	case byContentType:
		return truthOf(b.acceptsType(head.Headers.ContentType)), nil
	case byStorageClass:
		return truthOf(slices.Contains(b.classes, head.StorageClass)), nil
	}
	return knownPairs{pairs: head.Meta, complete: true}.meetsAll(b.meta), nil
}

// testPredicted tests a condition on an object that one of our copies will make.
func (b *block) testPredicted(c condition, r *knownObject) truth {
	switch c {
	case byStorageClass:
		if !r.class.Known {
			return depends
		}
		return truthOf(slices.Contains(b.classes, r.class.Value))
	case byMeta:
		return r.meta.meetsAll(b.meta)
	case byTagging:
		return r.tags.meetsAll(b.tags)
	}
	return yes // tested for free
}
