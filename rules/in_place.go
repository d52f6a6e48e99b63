package rules

import (
	"errors"
	"fmt"
	"slices"
)

// A copy whose destination is its source changes the object in place. Tags and ACL are
// set by requests of their own, which raise no event. Everything else rewrites the
// object, which raises the event of a copy, and could overwrite an upload made at the
// same time.

// rewritingFields are the fields of copy that, in place, take a rewrite. Content headers
// and metadata count through metadata-directive.
var rewritingFields = []string{"storage-class", "server-side-encryption", "metadata-directive"}

// conditionFields are the fields of copy for which PutObjectTagging and PutObjectACL have
// no headers.
var conditionFields = []string{"copy-source-if-match", "copy-source-if-none-match", "copy-source-if-modified-since",
	"copy-source-if-unmodified-since"}

// rewrites reports whether the copy, in place, sets something that takes a rewrite.
func (c *copySpec) rewrites() bool {
	return c.storageClass != "" || c.serverSideEncryption != "" || c.metadataDirective != DirectiveCopy
}

// setsTagsOrACL reports whether the copy, in place, sets tags or the ACL.
func (c *copySpec) setsTagsOrACL() bool {
	return c.taggingDirective != DirectiveCopy || c.objectACL != "" && c.objectACL != aclSource
}

// surelyInPlace reports whether a copy surely writes an object of the bucket onto itself.
func surelyInPlace(c *copySpec, bucket string) bool {
	if c.key != nil && c.key.text != "${key}" {
		return false
	}
	if c.bucket == nil || c.bucket.text == "${bucket}" {
		return true
	}
	name, constant := c.bucket.constant()
	return constant && name == bucket
}

// rewriting are the fields that make the copy a rewrite in place: those it gives
// itself, before those of the defaults.
func (c *copySpec) rewriting() (own, defaults []string) {
	for _, field := range rewritingFields {
		o := c.given(field)
		switch {
		case o == nil, field == "metadata-directive" && c.metadataDirective == DirectiveCopy,
			field == "server-side-encryption" && c.leavesEncryption():
		case o.defaults:
			defaults = append(defaults, field)
		default:
			own = append(own, field)
		}
	}
	return own, defaults
}

// mustAllow says what rewrites the object in place, and how to allow or avoid it.
func (c *copySpec) mustAllow() string {
	own, defaults := c.rewriting()
	fields := slices.Clone(own)
	for _, f := range defaults {
		fields = append(fields, c.named(f))
	}
	verb := "rewrites"
	if len(fields) > 1 {
		verb = "rewrite"
	}
	message := fmt.Sprintf("%s %s it in place, which could overwrite a new upload; write rewrite-in-place: true if "+
		"that is intended, preferably in a bucket with versioning",
		andList(fields), verb)
	if own != nil {
		return message
	}
	var fixes []string
	for _, undo := range [][2]string{{"metadata-directive", string(DirectiveCopy)},
		{"server-side-encryption", encryptionDefault}} {
		if i := slices.Index(defaults, undo[0]); i >= 0 {
			defaults = slices.Delete(defaults, i, i+1)
			fixes = append(fixes, "write "+undo[0]+": "+undo[1]+" here")
		}
	}
	if len(defaults) > 0 {
		fixes = append(fixes, "move "+andList(defaults)+" from the defaults to the copies that need it")
	}
	return message + "; to set tags and ACL alone, " + andList(fixes)
}

// howToDrop says how to remove a field from a copy.
func (c *copySpec) howToDrop(field string) string {
	if c.given(field).defaults {
		return "move it from the defaults to the copies that need it"
	}
	return "leave it out"
}

// refusedInPlace says why a copy whose destination is, for one object, the object itself
// must not be made. skip says that it would change nothing.
func (c *copySpec) refusedInPlace() (skip bool, err error) {
	const where = "for this object the destination is the source itself"
	switch {
	case !c.rewrites() && !c.setsTagsOrACL():
		return true, nil
	case c.forbidOverwrite:
		return false, errors.New(where + ", which already exists, so with forbid-overwrite the copy can never " +
			"succeed; leave it out, or use another key")
	case c.rewrites() && !c.rewriteInPlace:
		return false, fmt.Errorf("%s, and %s; or use another key", where, c.mustAllow())
	case !c.rewrites():
		i := slices.IndexFunc(conditionFields, func(field string) bool { return c.given(field) != nil })
		if i >= 0 {
			return false, fmt.Errorf("%s, and tags and ACL are set in place without conditions, so %s would be "+
				"ignored; %s, or use another key",
				where, c.named(conditionFields[i]), c.howToDrop(conditionFields[i]))
		}
	}
	return false, nil
}

// changingPlaceholder is a placeholder because of which the copy, made in place a second
// time, could set something else than the first time; "" if there is none, so that it
// finds the object as it left it.
func (c *copySpec) changingPlaceholder() (found string) {
	check := func(t *template) {
		for p := range t.placeholders() {
			if c.mayChange(p) {
				found = p.text
			}
		}
	}
	for _, e := range c.meta {
		check(e.value)
	}
	for _, h := range contentHeaders {
		check(c.headers[h.field])
	}
	check(c.serverSideEncryptionKeyID)
	return found
}

// mayChange reports whether the value of a placeholder may be another one after the copy
// was made in place.
func (c *copySpec) mayChange(p *templatePart) bool {
	mayChange := func(directive Directive, entries []entry) bool {
		sets := slices.ContainsFunc(entries, func(e entry) bool { return e.key == p.arg })
		return directive == DirectiveReplace || directive == directiveMerge && sets
	}
	switch p.name {
	case "etag", "event", "time":
		return true
	case "tag":
		return mayChange(c.taggingDirective, c.tagging)
	case "meta":
		return mayChange(c.metadataDirective, c.meta)
	}
	return false
}

// mayUndo reports whether a rewrite in place by c may undo what another copy has set, so
// that the other copy would rewrite the object again.
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
		for _, t := range other.headers {
			found = found || t.uses(name)
		}
		return found
	}
	switch {
	case differ(c.storageClass, other.storageClass),
		c.serverSideEncryption != "" && other.serverSideEncryption != "" &&
			(c.serverSideEncryption != other.serverSideEncryption ||
				c.serverSideDataEncryption != other.serverSideDataEncryption ||
				keyID(c.serverSideEncryptionKeyID) != keyID(other.serverSideEncryptionKeyID)),
		c.taggingDirective != DirectiveCopy && uses("tag"),
		c.metadataDirective != DirectiveCopy && uses("meta"):
		return true
	case c.metadataDirective == DirectiveCopy || other.metadataDirective == DirectiveCopy:
		return false
	case c.metadataDirective == DirectiveReplace || other.metadataDirective == DirectiveReplace:
		return true
	}
	return c.headers.setOtherwise(other.headers) ||
		slices.ContainsFunc(c.meta, func(e entry) bool {
			i := slices.IndexFunc(other.meta, func(o entry) bool { return o.key == e.key })
			return i >= 0 && !sameConstant(e.value, other.meta[i].value)
		})
}
