package rules

import (
	"errors"
	"fmt"
	"slices"
)

// A copy whose destination is its source changes the object where it is. Tags
// and ACL are set by operations of their own, which raise no event. Everything
// else rewrites the object, which raises the event of a copy, and could
// overwrite an upload made at that moment.

// rewritingFields are the fields of copy that rewrite the object in place. The
// metadata's own fields count through their directive.
var rewritingFields = []string{"storage-class", "server-side-encryption", "metadata-directive"}

// conditionFields are the fields of copy that PutObjectTagging and PutObjectACL
// have no headers for.
var conditionFields = []string{"copy-source-if-match", "copy-source-if-none-match", "copy-source-if-modified-since", "copy-source-if-unmodified-since"}

// rewrites is whether the copy, in place, sets what takes a rewrite.
func (c *copySpec) rewrites() bool {
	return c.storageClass != "" || c.serverSideEncryption != "" || c.metadataDirective != DirectiveCopy
}

// setsTagsOrACL is whether the copy, in place, sets tags or the ACL.
func (c *copySpec) setsTagsOrACL() bool {
	return c.taggingDirective != DirectiveCopy || c.objectACL != "" && c.objectACL != aclSource
}

// surelyInPlace is whether a copy surely writes an object of the bucket onto itself.
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

// isInPlace is whether a planned copy came out as the plan's own object.
func (p *Plan) isInPlace(c *Copy) bool {
	return c.Bucket == p.object.Bucket && c.Key == p.object.Key
}

// bucketsOf are the source buckets that a rule may take objects of.
func (s *Set) bucketsOf(r *rule) []string {
	return slices.DeleteFunc(s.Sources(), func(b string) bool { return r.match.given[byBucket] != 0 && !slices.Contains(r.match.buckets, b) })
}

// isAlwaysInPlace is whether a copy surely writes every object onto itself.
func (s *Set) isAlwaysInPlace(c *copySpec) bool {
	return !slices.ContainsFunc(s.bucketsOf(c.rule), func(b string) bool { return !surelyInPlace(c, b) })
}

// checkInPlace refuses what a copy must not do to its own source.
func (l *loopChecker) checkInPlace(c *copySpec) {
	i := slices.IndexFunc(l.set.bucketsOf(c.rule), func(b string) bool { return surelyInPlace(c, b) })
	if i < 0 {
		return
	}
	bucket := l.set.bucketsOf(c.rule)[i]
	where, elsewhere := "the destination is the source itself", "give another bucket or key"
	if !l.set.isAlwaysInPlace(c) {
		where = "for objects of bucket " + bucket + " " + where
		elsewhere = "name under match the buckets that are meant"
	}
	if o := c.given("forbid-overwrite"); c.forbidOverwrite {
		mend := "leave it out"
		if o.defaults {
			mend = "write forbid-overwrite: false here"
		}
		l.inPlaceProblem(c, "forbid-overwrite", "%s, which is there already, so that %s can never succeed; %s, or %s",
			where, c.named("forbid-overwrite"), mend, elsewhere)
	}
	switch {
	case !c.rewrites() && !c.setsTagsOrACL():
		why := "nothing would change"
		if c.objectACL == aclSource {
			why = "its ACL is the one it has, so that nothing would change"
		}
		line, col := c.position()
		l.problemAt(line, col, "rule %s: %s, and %s; say what to set (tagging, object-acl), or %s", c.rule.name, where, why, elsewhere)
	case c.changesNothing(l.takenBy(c.rule, anyUpload(bucket)).known):
		line, col := c.position()
		l.problemAt(line, col, "rule %s: %s, and whatever match accepts is already as the copy would make it; drop the copy, or %s", c.rule.name, where, elsewhere)
	case c.rewrites() && !c.rewriteInPlace:
		field := "key"
		if own, _ := c.rewriting(); own != nil {
			field = own[0]
		}
		l.inPlaceProblem(c, field, "%s, and %s; or %s", where, c.mustAllow(), elsewhere)
	case !c.rewrites():
		for _, field := range conditionFields {
			if c.given(field) != nil {
				l.inPlaceProblem(c, field, "%s, and tags and ACL are set there without conditions, so that %s would be ignored; %s, or %s",
					where, c.named(field), c.howToDrop(field), elsewhere)
			}
		}
	}
}

// inPlaceProblem tells of a field where the copy gives it, of the copy if the
// defaults do.
func (l *loopChecker) inPlaceProblem(c *copySpec, field, format string, args ...any) {
	line, col := c.position()
	if o := c.given(field); o != nil && !o.defaults {
		line, col = o.line, o.col
	}
	l.problemAt(line, col, "rule %s: %s", c.rule.name, fmt.Sprintf(format, args...))
}

// named is a field in a message, with the line of the defaults it comes from.
func (c *copySpec) named(field string) string {
	if o := c.given(field); o != nil && o.defaults {
		return fmt.Sprintf("%s (defaults, line %d)", field, o.line)
	}
	return field
}

// rewriting are the fields that make the copy a rewrite in place: those it gives
// itself, before those of the defaults.
func (c *copySpec) rewriting() (own, defaults []string) {
	for _, field := range rewritingFields {
		o := c.given(field)
		switch {
		case o == nil, field == "metadata-directive" && c.metadataDirective == DirectiveCopy:
		case o.defaults:
			defaults = append(defaults, field)
		default:
			own = append(own, field)
		}
	}
	return own, defaults
}

// mustAllow says what rewrites the object in place, and how that is made right.
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
	message := fmt.Sprintf("%s %s it there, which could overwrite a new upload; write rewrite-in-place: true if that is meant, best in a bucket with versioning",
		andList(fields), verb)
	if own != nil {
		return message
	}
	var mends []string
	if i := slices.Index(defaults, "metadata-directive"); i >= 0 {
		defaults = slices.Delete(defaults, i, i+1)
		mends = append(mends, "write metadata-directive: COPY here")
	}
	if len(defaults) > 0 {
		mends = append(mends, "move "+andList(defaults)+" from the defaults to the copies that want it")
	}
	return message + "; to set tags and ACL alone, " + andList(mends)
}

// howToDrop is how a field that has no place in a copy is got rid of.
func (c *copySpec) howToDrop(field string) string {
	if c.given(field).defaults {
		return "move it from the defaults to the copies that want it"
	}
	return "leave it out"
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

// checkInPlace says why a copy whose templates came out as the source itself
// must not be made. skip says that it would change nothing.
func (c *copySpec) checkInPlace() (skip bool, err error) {
	const where = "the destination comes out as the source itself"
	switch {
	case !c.rewrites() && !c.setsTagsOrACL():
		return true, nil
	case c.forbidOverwrite:
		return false, errors.New(where + ", which is there already, so that forbid-overwrite can never succeed; leave it out, or let the key come out otherwise")
	case c.rewrites() && !c.rewriteInPlace:
		return false, fmt.Errorf("%s, and %s; or let the key come out otherwise", where, c.mustAllow())
	case !c.rewrites():
		i := slices.IndexFunc(conditionFields, func(field string) bool { return c.given(field) != nil })
		if i >= 0 {
			return false, fmt.Errorf("%s, and tags and ACL are set there without conditions, so that %s would be ignored; %s, or let the key come out otherwise",
				where, c.named(conditionFields[i]), c.howToDrop(conditionFields[i]))
		}
	}
	return false, nil
}
