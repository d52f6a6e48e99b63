package rules

import "afterput/events"

// knownObject is what is known of an object before one of our copies makes it. The
// principal and the address of its event are never known.
type knownObject struct {
	atLeast, below int64 // the size; below 0 is no bound
	contentType    events.Opt[string]
	class          events.Opt[string]
	tags, meta     knownPairs
	settled        []*copySpec // rewrites in place that would find nothing to change
}

// afterCopy is what is known of the object that a copy makes of this one. In place, what
// the copy does not set stays as it is. tag and meta return the value of an entry, if it
// is known.
func (from *knownObject) afterCopy(spec *copySpec, inPlace bool, tag, meta func(entry) (string, bool)) *knownObject {
	if spec.followSymlinks && !inPlace {
		from = &knownObject{} // the source may be a link, and the copy is what it points to
	}
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
		to.meta = from.meta.replaced().withMeta(spec.meta, meta)
		to.contentType = events.Some(defaultContentType)
	case directiveMerge:
		to.meta = from.meta.withMeta(spec.meta, meta)
	}
	if t := spec.headers["content-type"]; t != nil {
		value, constant := t.constant()
		to.contentType = events.Opt[string]{Value: value, Known: constant}
	}
	return &to
}

// unknown is a value function that knows no value.
func unknown(entry) (string, bool) { return "", false }

// either is what is known of an object that is like one or like the other: another copy
// of its event may change the source in place before or after it is read.
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

// acceptedBy adds what follows from a block's accepting the object.
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
