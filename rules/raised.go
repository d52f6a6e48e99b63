package rules

import (
	"slices"
	"strings"

	"afterput/events"
)

// raised is what can be told of an object that a copy of ours will have made,
// before it is made. Who will be the event's principal, and from which address
// it will come, cannot.
type raised struct {
	atLeast, below int64 // the size; below 0 is no bound
	contentType    events.Opt[string]
	class          events.Opt[string]
	tags, meta     pairsKnown
	settled        []*copySpec // rewrites in place that would find nothing to do
}

// pairsKnown is what is known of an object's tags or metadata.
type pairsKnown struct {
	pairs    []Pair
	open     []string // present, their values not known
	absent   []string
	complete bool // whatever is not named above is absent
	// sealed says that complete does not hold for the metadata of client-side
	// encryption, which copies keep.
	sealed bool
}

// lacks reports whether an entry that is not named as present is surely absent.
func (k pairsKnown) lacks(key string) bool {
	return slices.Contains(k.absent, key) || k.complete && !(k.sealed && strings.HasPrefix(key, clientEncryption))
}

// replaced is what metadata-directive REPLACE leaves of an object's metadata.
func (k pairsKnown) replaced() pairsKnown {
	kept := pairsKnown{complete: true, sealed: !k.complete || k.sealed}
	client := func(key string) bool { return strings.HasPrefix(key, clientEncryption) }
	for _, p := range k.pairs {
		if client(p.Key) {
			kept.pairs = append(kept.pairs, p)
		}
	}
	kept.open = slices.DeleteFunc(slices.Clone(k.open), func(key string) bool { return !client(key) })
	kept.absent = slices.DeleteFunc(slices.Clone(k.absent), func(key string) bool { return !client(key) })
	return kept
}

// has is whether everything wanted is there.
func (k pairsKnown) has(all []wanted) answer {
	result := yes
	for i := range all {
		result = min(result, k.hasOne(&all[i]))
	}
	return result
}

func (k pairsKnown) hasOne(w *wanted) answer {
	for _, p := range k.pairs {
		if p.Key == w.key {
			return answerOf(slices.Contains(w.values, p.Value))
		}
	}
	switch {
	case slices.Contains(k.open, w.key):
		if len(w.values) == 0 {
			return no
		}
		return depends
	case k.lacks(w.key):
		return answerOf(w.absent)
	}
	return depends
}

// lookUp is a value, "" if it is absent, false if it is not known.
func (k pairsKnown) lookUp(key string) (string, bool) {
	for _, p := range k.pairs {
		if p.Key == key {
			return p.Value, true
		}
	}
	return "", !slices.Contains(k.open, key) && k.lacks(key)
}

// with sets entries over what is known. value tells what an entry will be.
func (k pairsKnown) with(entries []entry, value func(entry) (string, bool)) pairsKnown {
	result := pairsKnown{complete: k.complete, sealed: k.sealed}
	set := func(key string) bool {
		return slices.ContainsFunc(entries, func(e entry) bool { return e.key == key })
	}
	for _, p := range k.pairs {
		if !set(p.Key) {
			result.pairs = append(result.pairs, p)
		}
	}
	for _, key := range k.open {
		if !set(key) {
			result.open = append(result.open, key)
		}
	}
	for _, key := range k.absent {
		if !set(key) {
			result.absent = append(result.absent, key)
		}
	}
	for _, e := range entries {
		if e.value == nil {
			result.absent = append(result.absent, e.key)
		} else if v, known := value(e); known {
			result.pairs = append(result.pairs, Pair{e.key, v})
		} else {
			result.open = append(result.open, e.key)
		}
	}
	return result
}

// after is the object that a copy makes of another one, or of itself. In place,
// what the copy does not set stays as it is.
func (from *raised) after(spec *copySpec, inPlace bool, tag, meta func(entry) (string, bool)) *raised {
	to := *from
	to.settled = nil
	if !inPlace {
		to.class = events.Opt[string]{}
	} else {
		for _, s := range from.settled {
			if s != spec && !spec.disturbs(s) {
				to.settled = append(to.settled, s)
			}
		}
		if spec.unsteady() == "" {
			to.settled = append(to.settled, spec)
		}
	}
	if spec.storageClass != "" {
		to.class = events.Some(spec.storageClass)
	}
	switch spec.taggingDirective {
	case DirectiveReplace:
		to.tags = pairsKnown{complete: true}.with(spec.tagging, tag)
	case directiveMerge:
		to.tags = from.tags.with(spec.tagging, tag)
	}
	switch spec.metadataDirective {
	case DirectiveReplace:
		to.meta = from.meta.replaced().with(spec.meta, meta)
		to.contentType = events.Some(defaultContentType)
	case directiveMerge:
		to.meta = from.meta.with(spec.meta, meta)
	}
	if spec.metadataDirective != DirectiveCopy && spec.headers.ContentType != "" {
		to.contentType = events.Some(spec.headers.ContentType)
	}
	return &to
}

// now is what the plan knows of its own object.
func (p *Plan) now() *raised {
	if p.raised != nil {
		return p.raised
	}
	known := &raised{contentType: p.object.ContentType}
	if p.object.Size.Known {
		known.atLeast, known.below = p.object.Size.Value, p.object.Size.Value+1
	}
	if f := p.facts; f != nil && f.head != nil && f.headErr == nil {
		known.atLeast, known.below = f.head.Size, f.head.Size+1
		known.contentType = events.Some(f.head.Headers.ContentType)
		known.class = events.Some(f.head.StorageClass)
		known.meta = pairsKnown{pairs: f.head.Meta, complete: true}
	}
	if f := p.facts; f != nil && f.tagsGot && f.tagsErr == nil {
		known.tags = pairsKnown{pairs: f.tags, complete: true}
	}
	return known
}

// raises is the object that the plan's i-th copy makes.
func (p *Plan) raises(i int) *raised {
	c, m := &p.Copies[i], &p.made[i]
	filled := func(field string, pairs []Pair) func(entry) (string, bool) {
		return func(e entry) (string, bool) {
			if slices.Contains(m.waits, wait{field, e.key, getObjectTagging}) || slices.Contains(m.waits, wait{field, e.key, headObject}) {
				return "", false
			}
			return lookUp(pairs, e.key), true
		}
	}
	from := p.now().narrowed(&m.spec.rule.match)
	if p.onItself(c) {
		return from.after(m.spec, true, filled("tagging", c.Tags), filled("meta", c.Meta))
	}
	for j := range p.Copies {
		if p.Copies[j].Err == nil && p.onItself(&p.Copies[j]) {
			from = from.or(from.after(p.made[j].spec, true, unknown, unknown))
		}
	}
	return from.after(m.spec, false, filled("tagging", c.Tags), filled("meta", c.Meta))
}

// unknown stands for a value that is not worked out.
func unknown(entry) (string, bool) { return "", false }

// or is what is known of an object that is like one or like the other: another
// copy of its event may change the source in place before or after it is read.
func (from *raised) or(other *raised) *raised {
	to := *from
	to.settled = nil
	if from.class != other.class {
		to.class = events.Opt[string]{}
	}
	if from.contentType != other.contentType {
		to.contentType = events.Opt[string]{}
	}
	to.tags, to.meta = from.tags.or(other.tags), from.meta.or(other.meta)
	return &to
}

func (k pairsKnown) or(other pairsKnown) pairsKnown {
	both := pairsKnown{complete: k.complete && other.complete, sealed: k.sealed || other.sealed}
	present := func(k pairsKnown, key string) bool {
		return slices.Contains(k.open, key) || slices.ContainsFunc(k.pairs, func(p Pair) bool { return p.Key == key })
	}
	keys := append(append(slices.Clone(k.open), k.absent...), append(other.open, other.absent...)...)
	for _, p := range append(slices.Clone(k.pairs), other.pairs...) {
		keys = append(keys, p.Key)
	}
	slices.Sort(keys)
	for _, key := range slices.Compact(keys) {
		one, known := k.lookUp(key)
		two, also := other.lookUp(key)
		switch here, there := present(k, key), present(other, key); {
		case here && there && known && also && one == two:
			both.pairs = append(both.pairs, Pair{key, one})
		case here && there:
			both.open = append(both.open, key)
		case !here && !there && known && also:
			both.absent = append(both.absent, key)
		default:
			both.complete = false // what of it there is, is not known
		}
	}
	return both
}
