package rules

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"afterput/events"
	"afterput/rules/internal/keyset"
)

// query is an object that rules are tested against.
type query struct {
	object *events.Object
	events eventMask // what happened; several when it is not known which
	facts  *memo
	// raised is set for the event that a copy of ours will raise.
	raised *raised
}

// test is whether a rule takes the object. Conditions that cost a request are
// tested only when no free condition has decided, those of match before those
// of except.
func (r *rule) test(q *query) finding {
	f := r.match.free(q)
	if f.answer == no {
		return f
	}
	for _, b := range r.except {
		if b.costs(q) {
			continue
		}
		if f.worse(b.refuses(b.free(q))); f.answer == no {
			return f
		}
	}
	if f.worse(r.match.paid(q)); f.answer == no {
		return f
	}
	for _, b := range r.except {
		if !b.costs(q) {
			continue
		}
		inside := b.free(q)
		if inside.answer == no {
			continue
		}
		inside.worse(b.paid(q))
		if f.worse(b.refuses(inside)); f.answer == no {
			return f
		}
	}
	return f
}

// refuses turns what an except block found into what it means for the rule.
func (b *block) refuses(inside finding) finding {
	switch inside.answer {
	case yes:
		return finding{answer: no, block: b, except: true}
	case no:
		return finding{answer: yes}
	}
	inside.except = true
	return inside
}

// costs is whether testing the block can take a request for this object.
func (b *block) costs(q *query) bool {
	return b.given[byStorageClass]|b.given[byMeta]|b.given[byTagging] != 0 || q.raised == nil &&
		(b.given[byContentType] != 0 && !q.object.ContentType.Known ||
			b.given[bySize] != 0 && !q.object.Size.Known)
}

// free tests what the event itself tells.
func (b *block) free(q *query) finding {
	f := finding{answer: yes}
	for c := byBucket; c <= byContentType; c++ {
		if b.given[c] == 0 {
			continue
		}
		if a := b.freeCondition(c, q); a < f.answer {
			f = finding{answer: a, block: b, by: c}
			if a == no {
				break
			}
		}
	}
	return f
}

func (b *block) freeCondition(c condition, q *query) answer {
	o := q.object
	switch c {
	case byBucket:
		return answerOf(slices.ContainsFunc(b.buckets, func(s string) bool { return o.Bucket == s }))
	case byEvent:
		switch q.events & b.events {
		case 0:
			return no
		case q.events:
			return yes
		}
		return depends
	case byPrefix:
		return answerOf(slices.ContainsFunc(b.prefixes, func(s string) bool { return strings.HasPrefix(o.Key, s) }))
	case bySuffix:
		return answerOf(slices.ContainsFunc(b.suffixes, func(s string) bool { return strings.HasSuffix(o.Key, s) }))
	case byGlob:
		return answerOf(slices.ContainsFunc(b.globs, func(g *keyset.Glob) bool { return g.Match(o.Key) }))
	case byRegexp:
		return answerOf(b.regexp.MatchString(o.Key))
	case bySize:
		switch {
		case q.raised != nil:
			return b.fitsRange(q.raised.atLeast, q.raised.below)
		case o.Size.Known:
			return answerOf(b.fits(o.Size.Value))
		}
	case byPrincipal:
		if q.raised != nil {
			return depends
		}
		return answerOf(slices.ContainsFunc(b.principals, func(s string) bool { return matchStars(s, o.Principal) }))
	case bySourceIP:
		if q.raised != nil {
			return depends
		}
		addr, err := netip.ParseAddr(o.SourceIP)
		return answerOf(err == nil && slices.ContainsFunc(b.sourceIPs, func(p netip.Prefix) bool { return p.Contains(addr.Unmap()) }))
	case byContentType:
		t := o.ContentType
		if q.raised != nil {
			t = q.raised.contentType
		}
		switch {
		case t.Known:
			return answerOf(b.acceptsType(t.Value))
		case q.raised != nil:
			return depends
		}
	}
	return yes // left to paid
}

// paid tests what takes a request to know.
func (b *block) paid(q *query) finding {
	f := finding{answer: yes}
	for _, c := range [...]condition{bySize, byContentType, byStorageClass, byMeta, byTagging} {
		if b.given[c] == 0 {
			continue
		}
		a, err := b.paidCondition(c, q)
		if f.worse(finding{answer: a, block: b, by: c, err: err}); a == no {
			break
		}
	}
	return f
}

func (b *block) paidCondition(c condition, q *query) (answer, error) {
	switch {
	case q.raised != nil:
		return b.raisedCondition(c, q.raised), ErrNotKnown
	case c == byTagging:
		tags, err := q.facts.Tags()
		if err != nil {
			return answerTo(err), fmt.Errorf("%s: %w", getObjectTagging, err)
		}
		return pairsKnown{pairs: tags, complete: true}.has(b.tags), nil
	case c == bySize && q.object.Size.Known, c == byContentType && q.object.ContentType.Known:
		return yes, nil // tested for free
	}
	head, err := q.facts.Head()
	if err != nil {
		return answerTo(err), fmt.Errorf("%s: %w", headObject, err)
	}
	switch c {
	case bySize:
		return answerOf(b.fits(head.Size)), nil
	case byContentType:
		return answerOf(b.acceptsType(head.Headers.ContentType)), nil
	case byStorageClass:
		return answerOf(slices.Contains(b.classes, head.StorageClass)), nil
	}
	return pairsKnown{pairs: head.Meta, complete: true}.has(b.meta), nil
}

// raisedCondition tests what an object made by a copy of ours will be like.
func (b *block) raisedCondition(c condition, r *raised) answer {
	switch c {
	case byStorageClass:
		if !r.class.Known {
			return depends
		}
		return answerOf(slices.Contains(b.classes, r.class.Value))
	case byMeta:
		return r.meta.has(b.meta)
	case byTagging:
		return r.tags.has(b.tags)
	}
	return yes // tested for free
}

// fitsRange tests a size that is only known to lie between two bounds.
func (b *block) fitsRange(atLeast, below int64) answer {
	switch {
	case b.below > 0 && atLeast >= b.below, below > 0 && below <= b.atLeast:
		return no
	case atLeast >= b.atLeast && (b.below == 0 || below > 0 && below <= b.below):
		return yes
	}
	return depends
}

func (b *block) fits(size int64) bool {
	return size >= b.atLeast && (b.below == 0 || size < b.below)
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
