package rules

import "slices"

// shadowedCopies warns about copies whose destination an earlier copy writes for every
// object.
func (l *linter) shadowedCopies() {
	sameKey := map[string][]*copySpec{} // the copies of the rules so far, by their keys
	for _, r := range l.live {
		var above []*copySpec
		looked := false
		for i, c := range r.copies {
			key := keySignature(c)
			if l.compared > maxCompared {
				return
			}
			uppers := sameKey[key]
			if len(uppers) > fewRules {
				if !looked {
					above, looked = l.copiesAbove(r), true
				}
				uppers = above
			}
			if upper := l.shadowing(uppers, r.copies[:i], c); upper != nil {
				l.warnShadowed(c, upper)
			}
		}
		for _, c := range r.copies {
			sameKey[keySignature(c)] = append(sameKey[keySignature(c)], c)
		}
	}
}

// warnShadowed warns that a copy is never made, since an upper one always writes its destination.
func (l *linter) warnShadowed(c, upper *copySpec) {
	what, fix := "the copy", "give it another key or bucket, or remove it"
	if c.listed {
		what += " to " + quote(c.bucket.text)
	}
	if l.set.isAlwaysInPlace(c) {
		fix = "combine the two into one copy"
	}
	l.warn(c.line, c.col, c.rule.name, ShadowedCopy, "%s is never made: %s on line %d writes the same destination for "+
		"every object of this rule; %s", what, copyName(upper, c.rule), upper.line, fix)
}

// shadowing is the first copy that shadows another: one of those of earlier rules, or one
// of those above it in its own rule.
func (l *linter) shadowing(uppers, own []*copySpec, c *copySpec) *copySpec {
	if i := slices.IndexFunc(uppers, func(upper *copySpec) bool { return l.shadows(upper, c) }); i >= 0 {
		return uppers[i]
	}
	if i := slices.IndexFunc(own, func(upper *copySpec) bool { return l.shadows(upper, c) }); i >= 0 {
		return own[i]
	}
	return nil
}

// copiesAbove lists the copies of the rules above a rule that may take an object which it
// takes.
func (l *linter) copiesAbove(r *rule) (copies []*copySpec) {
	for _, upper := range l.above(r) {
		copies = append(copies, upper.copies...)
	}
	return copies
}

// keySignature is the destination key of a copy as a text that is the same for the same key.
func keySignature(c *copySpec) string { return signature(keyParts(c)) }

func copyName(upper *copySpec, r *rule) string {
	if upper.rule == r {
		return "the copy"
	}
	return "the copy of rule " + upper.rule.name
}

// shadows reports whether an earlier copy surely writes the destination of a later one.
func (l *linter) shadows(upper, lower *copySpec) bool {
	if l.compared++; l.compared > maxCompared {
		return false
	}
	a, b := l.bucketOf(upper, lower.rule), l.bucketOf(lower, lower.rule)
	if signature(a) != signature(b) || keySignature(upper) != keySignature(lower) || usesRule(upper, lower) ||
		l.mayBeNeedless(upper) {
		return false
	}
	if upper.rule == lower.rule {
		return true
	}
	if upper.key.uses("re") || upper.bucket.uses("re") {
		u, o := upper.rule.match.regexp, lower.rule.match.regexp
		if o == nil || u.String() != o.String() {
			return false
		}
	}
	return l.covers(upper.rule, lower.rule)
}

// mayBeNeedless reports whether the destination of a copy may be the source itself with
// nothing to change, so that the copy is not made.
func (l *linter) mayBeNeedless(c *copySpec) bool {
	return !c.rewrites() && !c.setsTagsOrACL() && l.set.mayBeInPlace(c)
}

// usesRule reports whether the destinations contain the names of different rules.
func usesRule(a, b *copySpec) bool {
	return a.rule != b.rule && (a.key.uses("rule") || a.bucket.uses("rule"))
}

// bucketOf is the destination bucket of a copy for objects of a rule; the bucket of the
// source is a literal if there is only one.
func (l *linter) bucketOf(c *copySpec, r *rule) []templatePart {
	if c.bucket != nil && c.bucket.text != "${bucket}" {
		return c.bucket.parts
	}
	buckets := r.match.buckets
	if r.match.given[byBucket] == 0 {
		buckets = l.set.sources
	}
	if len(buckets) == 1 {
		return []templatePart{{literal: buckets[0]}}
	}
	return []templatePart{{name: "bucket"}}
}

// keyParts is the destination key of a copy.
func keyParts(c *copySpec) []templatePart {
	if c.key == nil {
		return []templatePart{{name: "key"}}
	}
	return c.key.parts
}
