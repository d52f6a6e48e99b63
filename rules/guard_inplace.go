package rules

import "slices"

// mayBeInPlace is whether a copy may come out as its own source.
func (s *Set) mayBeInPlace(c *copySpec) bool {
	if c.bucket != nil {
		if name, constant := c.bucket.constant(); constant && !slices.Contains(s.bucketsOf(c.rule), name) {
			return false
		}
	}
	longer := c.key != nil && c.key.literalLength() > 0 &&
		slices.ContainsFunc(c.key.parts, func(p templatePart) bool { return p.name == "key" && p.form == formPlain })
	return !longer
}

// maxOwn bounds how many copies in place are looked at one by one.
const maxOwn = 64

// knownWhenRead is what is known of objects when a copy reads them: other copies of
// the same event may have changed them in place by then.
func (a *analysis) knownWhenRead(c *copySpec, o objectSet) *knownObject {
	like := o.known
	if len(a.inPlaceCopies) > maxOwn {
		return &knownObject{atLeast: like.atLeast, below: like.below}
	}
	for _, other := range a.inPlaceCopies {
		if other != c && !a.takenBy(other.rule, o).keys.IsEmpty() {
			like = like.either(like.afterCopy(other, true, unknown, unknown))
		}
	}
	return like
}

// mayRaiseEvent is whether a copy in place rewrites objects of which so much is
// known, or may.
func (c *copySpec) mayRaiseEvent(like *knownObject) bool {
	return c.rewrites() && c.rewriteInPlace && !slices.Contains(like.settled, c) && !c.rewriteChangesNothing(like)
}
