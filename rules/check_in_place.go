package rules

import (
	"fmt"
	"slices"
)

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
		elsewhere = "list under match only the buckets that are meant"
	}
	if o := c.given("forbid-overwrite"); c.forbidOverwrite {
		fix := "leave it out"
		if o.defaults {
			fix = "write forbid-overwrite: false here"
		}
		l.problemInPlace(c, "forbid-overwrite",
			"%s, which already exists, so with %s the copy can never succeed; %s, or %s",
			where, c.named("forbid-overwrite"), fix, elsewhere)
	}
	if o := c.given("follow-symlinks"); c.followSymlinks && !o.defaults {
		l.problemInPlace(c, "follow-symlinks", "%s, and no link is followed in place; leave follow-symlinks out, or %s",
			where, elsewhere)
	}
	if o := c.given("delete-source"); c.deleteSource && !o.defaults {
		l.problemInPlace(c, "delete-source", "%s, so delete-source would delete the copy; leave it out, or %s", where,
			elsewhere)
	}
	switch {
	case !c.rewrites() && !c.setsTagsOrACL():
		line, col := c.position()
		l.problemAt(line, col, "rule %s: %s, and %s; say what to set (tagging, object-acl), or %s", c.rule.name, where,
			c.whyNoChange(), elsewhere)
	case l.changesNothingOf(c, bucket):
		line, col := c.position()
		l.problemAt(line, col, "rule %s: %s, and every object that match accepts is already as the copy would make "+
			"it; remove the copy, or %s", c.rule.name, where, elsewhere)
	case c.rewrites() && !c.rewriteInPlace:
		field := "key"
		if own, _ := c.rewriting(); own != nil {
			field = own[0]
		}
		l.problemInPlace(c, field, "%s, and %s; or %s", where, c.mustAllow(), elsewhere)
	case !c.rewrites():
		for _, field := range conditionFields {
			if c.given(field) != nil {
				l.problemInPlace(c, field,
					"%s, and tags and ACL are set in place without conditions, so %s would be ignored; %s, or %s",
					where, c.named(field), c.howToDrop(field), elsewhere)
			}
		}
	}
}

// changesNothingOf reports whether the copy surely changes no object of a bucket, and there
// are some that its rule takes.
func (l *loopChecker) changesNothingOf(c *copySpec, bucket string) bool {
	taken := l.takenBy(c.rule, anyUpload(bucket))
	return c.changesNothing(taken.known) && !taken.keys.IsEmpty()
}

// problemInPlace reports a problem with a field: at the field if the copy gives it, at the
// copy if the defaults do.
func (l *loopChecker) problemInPlace(c *copySpec, field, format string, args ...any) {
	line, col := c.position()
	if o := c.given(field); o != nil && !o.defaults {
		line, col = o.line, o.col
	}
	l.problemAt(line, col, "rule %s: %s", c.rule.name, fmt.Sprintf(format, args...))
}

// whyNoChange says why a copy in place that sets nothing changes nothing.
func (c *copySpec) whyNoChange() string {
	switch o := c.given("server-side-encryption"); {
	case c.objectACL == aclSource:
		return "object-acl: source keeps its ACL, so the copy changes nothing"
	case c.leavesEncryption() && !o.defaults:
		return "server-side-encryption: default keeps its encryption, so the copy changes nothing"
	}
	return "the copy changes nothing"
}
