package rules

import "slices"

// A rewrite in place raises an event, with which its rule takes the object again. The
// chain ends there if the object is then already as the copy would make it.

// surelyChanges reports whether a rewrite in place surely changes such an object.
func (c *copySpec) surelyChanges(like *knownObject) bool {
	if c.storageClass != "" && like.class.Known && like.class.Value != c.storageClass {
		return true
	}
	return c.metadataDirective == directiveMerge && slices.ContainsFunc(c.meta, func(e entry) bool {
		return e.isIn(like.meta) == no
	})
}

// isIn reports whether an object already has what an entry sets.
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

// changesNothing reports whether such objects surely are already as the copy, in place,
// would make them.
func (c *copySpec) changesNothing(like *knownObject) bool {
	return like != nil && c.rewriteChangesNothing(like) && (c.objectACL == "" || c.objectACL == aclSource) &&
		(c.taggingDirective == DirectiveCopy || c.taggingDirective == directiveMerge && allIn(c.tagging, like.tags))
}

// rewriteChangesNothing reports whether such objects surely have the class and the
// metadata that the copy would give them.
func (c *copySpec) rewriteChangesNothing(like *knownObject) bool {
	return (c.storageClass == "" || like.class.Known && like.class.Value == c.storageClass) &&
		c.serverSideEncryption == "" &&
		(c.metadataDirective == DirectiveCopy || c.metadataDirective == directiveMerge &&
			len(c.headers) == 0 && allIn(c.meta, like.meta))
}

// allIn reports whether an object surely has all that entries set.
func allIn(entries []entry, known knownPairs) bool {
	return !slices.ContainsFunc(entries, func(e entry) bool { return e.isIn(known) != yes })
}

// mayRaiseEvent reports whether a copy in place may rewrite such objects.
func (c *copySpec) mayRaiseEvent(like *knownObject) bool {
	return c.rewrites() && c.rewriteInPlace && !slices.Contains(like.settled, c) && !c.rewriteChangesNothing(like)
}
