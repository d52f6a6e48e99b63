package rules

// Distances of a [Verdict] that do not count conditions.
const (
	takes       = iota // the rule takes the object
	mayTake            // a fact or another rule is not known
	wouldTake          // only that the rule is disabled is in the way
	otherBucket = 1000 // the rule is about other buckets
)

// setDistance says how far a rule is from taking the object.
func (v *Verdict) setDistance(r *rule, f testResult, q *query) {
	switch {
	case v.Answer == Matched:
		v.Distance = takes
	case v.Answer != NotMatched, r.disabled && f.truth != no && f.truth != yes:
		v.Distance = mayTake
	default:
		v.Distance = wouldTake + r.missed(q)
		if r.disabled && f.truth == no {
			v.Distance++
		}
	}
}

// missed counts the conditions of a rule that keep it from taking the object, as far as they are known. That of the
// bucket counts as many.
func (r *rule) missed(q *query) int {
	n := 0
	for c := range conditions {
		if r.match.given[c] != 0 && r.match.misses(c, q) {
			if c == byBucket {
				n += otherBucket
			}
			n++
		}
	}
	for _, b := range r.except {
		inside := b.testFree(q)
		inside.and(b.testPaid(q))
		if b.asExcept(inside).truth == no {
			n++
		}
	}
	return n
}

// misses reports whether the object is known to fail a condition of the block.
func (b *block) misses(c condition, q *query) bool {
	if c <= byContentType && b.testFreeCondition(c, q) == no {
		return true
	}
	if c < bySize || c == byPrincipal || c == bySourceIP {
		return false
	}
	paid, _ := b.testPaidCondition(c, q) // what cannot be read is not known to fail
	return paid == no
}

// IsAboutOtherBuckets reports whether the rule does not take the object because of its bucket.
func (v *Verdict) IsAboutOtherBuckets() bool { return v.Distance >= otherBucket }
