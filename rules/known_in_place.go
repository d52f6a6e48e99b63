package rules

import (
	"slices"
)

// A rewrite in place raises an event, for which its rule takes the object again.
// The chain ends there if the copy then finds the object as it wants it.

// surelyChanges is whether a rewrite in place surely changes an object of which so much
// is known.
func (c *copySpec) surelyChanges(like *knownObject) bool {
	if c.storageClass != "" && like.class.Known && like.class.Value != c.storageClass {
		return true
	}
	return c.metadataDirective == directiveMerge && slices.ContainsFunc(c.meta, func(e entry) bool {
		return e.isIn(like.meta) == no
	})
}

// isIn is whether what an entry sets is there already.
func (e entry) isIn(known knownPairs) truth {
	w := requirement{key: e.key, absent: e.value == nil}
	if e.value != nil {
		value, constant := e.value.constant()
		if !constant {
			return depends
		}
		w.values = []string{value}
	}
	return known.meets(&w)
}

// changesNothing is whether objects of which so much is known are surely as the copy
// would make them in place.
func (c *copySpec) changesNothing(like *knownObject) bool {
	return like != nil && c.rewriteChangesNothing(like) && (c.objectACL == "" || c.objectACL == aclSource) &&
		(c.taggingDirective == DirectiveCopy || c.taggingDirective == directiveMerge && allIn(c.tagging, like.tags))
}

// rewriteChangesNothing is whether objects surely have the class and the metadata that
// the copy would give them.
func (c *copySpec) rewriteChangesNothing(like *knownObject) bool {
	return (c.storageClass == "" || like.class.Known && like.class.Value == c.storageClass) && c.serverSideEncryption == "" &&
		(c.metadataDirective == DirectiveCopy || c.metadataDirective == directiveMerge && c.headers == ContentHeaders{} && allIn(c.meta, like.meta))
}

// allIn is whether all that entries set is surely there.
func allIn(entries []entry, known knownPairs) bool {
	return !slices.ContainsFunc(entries, func(e entry) bool { return e.isIn(known) != yes })
}

// mayRaiseEvent is whether a copy in place rewrites objects of which so much is
// known, or may.
func (c *copySpec) mayRaiseEvent(like *knownObject) bool {
	return c.rewrites() && c.rewriteInPlace && !slices.Contains(like.settled, c) && !c.rewriteChangesNothing(like)
}
