package rules

import "afterput/rules/internal/keyset"

// failsInPlace warns about a copy that fails for ordinary objects of its rule because its destination is the object
// itself, which it may not rewrite.
func (l *linter) failsInPlace(c *copySpec) {
	skip, refused := c.refusedInPlace()
	if skip || refused == nil || c.key == nil || l.keysKept(c, objectSet{}) == nil {
		return
	}
	for _, bucket := range l.set.bucketsOf(c.rule) {
		if surelyInPlace(c, bucket) {
			continue // the loader has refused it, if there is reason to
		}
		for _, easy := range append([]*keyset.Set{namedKeys()}, l.examples...) {
			key, ok := l.keysTaken(c.rule).Intersect(easy).Shortest()
			o := object{bucket, key}
			if to, copied := l.destinationOf(c, o); ok && copied && to == o {
				line, col := c.position()
				l.warn(line, col, c.rule.name, FailsInPlace, "the copy fails for some objects, such as %s: %s, or "+
					"exclude such objects", quote(o.String()), refused)
				return
			}
		}
	}
}
