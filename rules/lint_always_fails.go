package rules

import (
	"slices"

	"afterput/events"
)

// alwaysFails warns about a copy whose key cannot be one for any object that its rule takes.
func (l *linter) alwaysFails(r *rule) {
	for _, c := range r.copies {
		if c.key == nil || !c.key.mayFail() || l.meter.Exceeded() {
			continue
		}
		for _, bucket := range l.set.bucketsOf(r) {
			o := l.takenBy(r, anyUpload(bucket))
			if o.keys = o.keys.Intersect(l.keysTaken(r)); o.keys.IsEmpty() {
				continue
			}
			if texts := l.possibleTexts(&o, c.key, r); l.meter.Exceeded() || !texts.Intersect(l.possible).IsEmpty() {
				return
			}
		}
		l.warnCopy(c, "key", AlwaysFails, "the copy fails for every object of the rule: %s; correct the key or the "+
			"rule", l.whyItFails(c))
	}
}

// mayFail reports whether the template can give a text that is no key for objects whose own key is one.
func (t *template) mayFail() bool {
	return slices.ContainsFunc(t.parts, func(p templatePart) bool {
		return p.cut != (cut{}) || p.span != (span{}) ||
			slices.Contains([]string{"dir", "ext", "stem", "re"}, p.name)
	}) || len(t.parts) > 0 && t.parts[0].name == ""
}

// whyItFails is what planning a copy of one of the rule's objects says.
func (l *linter) whyItFails(c *copySpec) string {
	sample := l.samples[c.rule]
	for _, bucket := range l.set.bucketsOf(c.rule) {
		o := events.Object{Event: eventNames[0], Bucket: bucket, Key: sample, Size: events.Some[int64](1)}
		plan, err := l.set.Plan(o, nil)
		if err != nil {
			continue
		}
		for i := range plan.Copies {
			if p := &plan.Copies[i]; p.details.spec == c && p.Err != nil {
				return "of " + quote(sample) + ", " + p.Err.Error()
			}
		}
	}
	return "its key would be none that OSS allows, such as for " + quote(sample)
}
