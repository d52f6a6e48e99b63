package rules

import (
	"fmt"
	"slices"
	"strings"
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

// changingPlaceholder is a placeholder by which a copy that is made in place again could
// want something else than it set the time before; "" if there is none, so that
// it finds the object as it left it.
func (c *copySpec) changingPlaceholder() string {
	found := ""
	check := func(t *template) {
		for i := range t.parts {
			p := &t.parts[i]
			sets := func(entries []entry) bool {
				return slices.ContainsFunc(entries, func(e entry) bool { return e.key == p.arg })
			}
			switch p.name {
			case "etag", "event", "time":
			case "tag":
				if c.taggingDirective == DirectiveCopy || c.taggingDirective == directiveMerge && !sets(c.tagging) {
					continue
				}
			case "meta":
				if c.metadataDirective == DirectiveCopy || c.metadataDirective == directiveMerge && !sets(c.meta) {
					continue
				}
			default:
				continue
			}
			found = p.text
		}
	}
	for _, e := range c.meta {
		if e.value != nil {
			check(e.value)
		}
	}
	if c.serverSideEncryptionKeyID != nil {
		check(c.serverSideEncryptionKeyID)
	}
	return found
}

// mayUndo is whether a rewrite in place by c may undo what one by other has
// set, so that other would rewrite the object again.
func (c *copySpec) mayUndo(other *copySpec) bool {
	differ := func(a, b string) bool { return a != "" && b != "" && a != b }
	keyID := func(t *template) string {
		if t == nil {
			return ""
		}
		return t.text
	}
	uses := func(name string) bool {
		found := other.serverSideEncryptionKeyID.uses(name)
		for _, e := range other.meta {
			found = found || e.value.uses(name)
		}
		return found
	}
	switch {
	case differ(c.storageClass, other.storageClass),
		c.serverSideEncryption != "" && other.serverSideEncryption != "" && (c.serverSideEncryption != other.serverSideEncryption ||
			c.serverSideDataEncryption != other.serverSideDataEncryption || keyID(c.serverSideEncryptionKeyID) != keyID(other.serverSideEncryptionKeyID)),
		c.taggingDirective != DirectiveCopy && uses("tag"),
		c.metadataDirective != DirectiveCopy && uses("meta"):
		return true
	case c.metadataDirective == DirectiveCopy || other.metadataDirective == DirectiveCopy:
		return false
	case c.metadataDirective == DirectiveReplace || other.metadataDirective == DirectiveReplace:
		return true
	}
	a, b := c.headers, other.headers
	return differ(a.CacheControl, b.CacheControl) || differ(a.ContentDisposition, b.ContentDisposition) || differ(a.ContentEncoding, b.ContentEncoding) ||
		differ(a.ContentType, b.ContentType) || differ(a.Expires, b.Expires) ||
		slices.ContainsFunc(c.meta, func(e entry) bool {
			i := slices.IndexFunc(other.meta, func(o entry) bool { return o.key == e.key })
			return i >= 0 && !sameConstant(e.value, other.meta[i].value)
		})
}

// sameConstant is whether two entries surely set the same.
func sameConstant(a, b *template) bool {
	if a == nil || b == nil {
		return a == b
	}
	one, constant := a.constant()
	two, also := b.constant()
	return constant && also && one == two
}

// howToEndInPlace names a change that ends a loop of rewrites in place alone.
func howToEndInPlace(loop copyChain) string {
	c := loop[0].spec
	if p := c.changingPlaceholder(); len(loop) == 1 && p != "" {
		mend := "write server-side-encryption-key-id without it"
		for _, e := range c.meta {
			if e.value != nil && strings.Contains(e.value.text, p) {
				mend = fmt.Sprintf("let match of rule %s ask for objects that lack what it sets, meta: {%s: null}", c.rule.name, e.key)
			}
		}
		return fmt.Sprintf("%s may come out otherwise each time; to end it, %s", p, mend)
	}
	return "what one sets the other undoes; to end it, drop one of them, or let their match blocks take different objects, such as different prefixes"
}
