package rules

import "slices"

// checkDeletesItself refuses an entry under delete that surely names the removed object itself.
func (l *loopChecker) checkDeletesItself(r *rule) {
	for _, d := range r.deletes {
		buckets := l.set.bucketsOf(r)
		if i := slices.IndexFunc(buckets, func(b string) bool { return surelyInPlace(d, b) }); i >= 0 {
			line, col := d.position()
			l.problemAt(line, col, "rule %s: for objects of bucket %s this is the removed object itself; give another "+
				"bucket or key", r.name, buckets[i])
		}
	}
}
