package rules

import (
	"slices"
	"strings"

	"afterput/events"
)

// knownObject is what can be told of an object that a copy of ours will have made,
// before it is made. Who will be the event's principal, and from which address
// it will come, cannot.
type knownObject struct {
	atLeast, below int64 // the size; below 0 is no bound
	contentType    events.Opt[string]
	class          events.Opt[string]
	tags, meta     knownPairs
	settled        []*copySpec // rewrites in place that would find nothing to do
}

// knownPairs is what is known of an object's tags or metadata.
type knownPairs struct {
	pairs    []Pair
	open     []string // present, their values not known
	absent   []string
	complete bool // whatever is not named above is absent
	// sealed says that complete does not hold for the metadata of client-side
	// encryption, which copies keep.
	sealed bool
}

// lacks reports whether an entry that is not named as present is surely absent.
func (k knownPairs) lacks(key string) bool {
	return slices.Contains(k.absent, key) || k.complete && !(k.sealed && strings.HasPrefix(key, clientEncryption))
}

// replaced is what metadata-directive REPLACE leaves of an object's metadata.
func (k knownPairs) replaced() knownPairs {
	kept := knownPairs{complete: true, sealed: !k.complete || k.sealed}
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

// meetsAll is whether everything wanted is there.
func (k knownPairs) meetsAll(all []requirement) truth {
	result := yes
	for i := range all {
		result = min(result, k.meets(&all[i]))
	}
	return result
}

func (k knownPairs) meets(w *requirement) truth {
	for _, p := range k.pairs {
		if p.Key == w.key {
			return truthOf(slices.Contains(w.values, p.Value))
		}
	}
	switch {
	case slices.Contains(k.open, w.key):
		if len(w.values) == 0 {
			return no
		}
		return depends
	case k.lacks(w.key):
		return truthOf(w.absent)
	}
	return depends
}

// lookUp is a value, "" if it is absent, false if it is not known.
func (k knownPairs) lookUp(key string) (string, bool) {
	for _, p := range k.pairs {
		if p.Key == key {
			return p.Value, true
		}
	}
	return "", !slices.Contains(k.open, key) && k.lacks(key)
}

// with sets entries over what is known. value tells what an entry will be.
func (k knownPairs) with(entries []entry, value func(entry) (string, bool)) knownPairs {
	result := knownPairs{complete: k.complete, sealed: k.sealed}
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

// afterCopy is the object that a copy makes of another one, or of itself. In place,
// what the copy does not set stays as it is.
func (from *knownObject) afterCopy(spec *copySpec, inPlace bool, tag, meta func(entry) (string, bool)) *knownObject {
	to := *from
	to.settled = nil
	if !inPlace {
		to.class = events.Opt[string]{}
	} else {
		for _, s := range from.settled {
			if s != spec && !spec.mayUndo(s) {
				to.settled = append(to.settled, s)
			}
		}
		if spec.changingPlaceholder() == "" {
			to.settled = append(to.settled, spec)
		}
	}
	if spec.storageClass != "" {
		to.class = events.Some(spec.storageClass)
	}
	switch spec.taggingDirective {
	case DirectiveReplace:
		to.tags = knownPairs{complete: true}.with(spec.tagging, tag)
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

// knownSource is what the plan knows of its own object.
func (p *Plan) knownSource() *knownObject {
	if p.predicted != nil {
		return p.predicted
	}
	known := &knownObject{contentType: p.object.ContentType}
	if p.object.Size.Known {
		known.atLeast, known.below = p.object.Size.Value, p.object.Size.Value+1
	}
	if f := p.facts; f != nil && f.head != nil && f.headErr == nil {
		known.atLeast, known.below = f.head.Size, f.head.Size+1
		known.contentType = events.Some(f.head.Headers.ContentType)
		known.class = events.Some(f.head.StorageClass)
		known.meta = knownPairs{pairs: f.head.Meta, complete: true}
	}
	if f := p.facts; f != nil && f.tagsGot && f.tagsErr == nil {
		known.tags = knownPairs{pairs: f.tags, complete: true}
	}
	return known
}

// knownResult is what is known of the object that the plan's i-th copy makes.
func (p *Plan) knownResult(i int) *knownObject {
	c := &p.Copies[i]
	d := &c.details
	value := func(field string, pairs []Pair) func(entry) (string, bool) {
		return func(e entry) (string, bool) {
			if slices.Contains(d.pending, pendingValue{field, e.key, getObjectTagging}) ||
				slices.Contains(d.pending, pendingValue{field, e.key, headObject}) {
				return "", false
			}
			return pairValue(pairs, e.key), true
		}
	}
	from := p.knownSource().acceptedBy(&d.spec.rule.match)
	if !d.inPlace {
		for j := range p.Copies {
			if other := &p.Copies[j]; other.Err == nil && other.details.inPlace {
				from = from.either(from.afterCopy(other.details.spec, true, unknown, unknown))
			}
		}
	}
	return from.afterCopy(d.spec, d.inPlace, value("tagging", c.Tags), value("meta", c.Meta))
}

// unknown stands for a value that is not worked out.
func unknown(entry) (string, bool) { return "", false }

// either is what is known of an object that is like one or like the other: another
// copy of its event may change the source in place before or after it is read.
func (from *knownObject) either(other *knownObject) *knownObject {
	to := *from
	to.settled = nil
	if from.class != other.class {
		to.class = events.Opt[string]{}
	}
	if from.contentType != other.contentType {
		to.contentType = events.Opt[string]{}
	}
	to.tags, to.meta = from.tags.either(other.tags), from.meta.either(other.meta)
	return &to
}

func (k knownPairs) either(other knownPairs) knownPairs {
	both := knownPairs{complete: k.complete && other.complete, sealed: k.sealed || other.sealed}
	present := func(k knownPairs, key string) bool {
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
