package rules

import "slices"

// neverDeletes warns about deletions in a bucket into which no enabled rule copies, or only moves: nothing there
// carries the name of a source that can be removed.
func (l *linter) neverDeletes(r *rule) {
	for _, d := range r.deletes {
		buckets, known := l.set.bucketsWritten(d)
		if !known || l.copiesInto(buckets) {
			continue
		}
		line, col := d.position()
		l.warn(line, col, r.name, NeverDeletes, "no rule copies into %s without delete-source, so that nothing is "+
			"there to delete: only copies made by the rules of this file are deleted; correct the bucket, or add the "+
			"copy", andList(buckets))
	}
}

// copiesInto reports whether a copy of an enabled rule may go into one of the buckets, from a source that stays.
func (l *linter) copiesInto(buckets []string) bool {
	return slices.ContainsFunc(l.set.rules, func(r *rule) bool {
		return !r.disabled && slices.ContainsFunc(r.copies, func(c *copySpec) bool {
			into, known := l.set.bucketsWritten(c)
			return !c.deleteSource && (!known || slices.ContainsFunc(into, func(b string) bool {
				return slices.Contains(buckets, b)
			}))
		})
	})
}
