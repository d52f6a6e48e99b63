package rules

import "slices"

// mayStay is whether a copy may come out as its own source.
func (s *Set) mayStay(c *copySpec) bool {
	if c.bucket != nil {
		if name, constant := c.bucket.constant(); constant && !slices.Contains(s.bucketsOf(c.rule), name) {
			return false
		}
	}
	longer := c.key != nil && c.key.literalLength() > 0 &&
		slices.ContainsFunc(c.key.parts, func(p part) bool { return p.name == "key" && p.form == formPlain })
	return !longer
}

// maxOwn bounds how many copies in place are looked at one by one.
const maxOwn = 64

// meanwhile is what is known of objects when a copy reads them: other copies of
// the same event may have changed them in place by then.
func (g *guardian) meanwhile(c *copySpec, o written) *raised {
	like := o.like
	if len(g.own) > maxOwn {
		return &raised{atLeast: like.atLeast, below: like.below}
	}
	for _, other := range g.own {
		if other != c && !g.taken(other.rule, o).keys.IsEmpty() {
			like = like.or(like.after(other, true, unknown, unknown))
		}
	}
	return like
}

// idle is whether a rule's copies would find objects as they want them.
func (g *guardian) idle(r *rule, taken written) bool {
	return !slices.ContainsFunc(r.copies, func(c *copySpec) bool {
		return !inPlace(c, taken.bucket) || !slices.Contains(taken.like.settled, c)
	})
}

// ends is whether nothing follows from what a rule's copies make of objects.
func (g *guardian) ends(r *rule, taken written) bool {
	return !slices.ContainsFunc(r.copies, func(c *copySpec) bool {
		if inPlace(c, taken.bucket) {
			return c.raisesEvent(taken.like)
		}
		return g.mayWriteSource(c)
	})
}

// raisesEvent is whether a copy in place rewrites objects of which so much is
// known, or may.
func (c *copySpec) raisesEvent(like *raised) bool {
	return c.rewrites() && c.rewriteInPlace && !slices.Contains(like.settled, c) && !c.rewritesNothing(like)
}
