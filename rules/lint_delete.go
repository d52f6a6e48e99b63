package rules

import "slices"

// neverDeletes warns about deletions where nothing stands that carries the name of a removed source: no enabled rule
// copies into the bucket, or only moves, or none copies there what the rule takes, or under another key.
func (l *linter) neverDeletes(r *rule) {
	for _, d := range r.deletes {
		line, col := d.position()
		buckets, known := l.set.bucketsWritten(d)
		if !l.mayDelete(d) {
			l.warn(line, col, r.name, NeverDeletes, "no rule copies into %s without delete-source, so that nothing is "+
				"there to delete: only copies made by the rules of this file are deleted; correct the bucket, or add "+
				"the copy", andList(buckets))
			continue
		}
		if !known {
			continue
		}
		switch source, copied, deleted := l.missed(d, buckets); {
		case source == object{}:
		case copied == object{}:
			l.warn(line, col, r.name, NeverDeletes, "no rule copies into %s what this rule takes, such as %s, so that "+
				"nothing is there to delete; correct match, or add the copy", andList(buckets), quote(source.key))
		default:
			l.warn(line, col, r.name, NeverDeletes, "the copy of %s is %s, and this deletes %s, which is not there; "+
				"write the key of the copy here", quote(source.key), copied, deleted)
		}
	}
}

// missed is an example of a removed object of which a deletion deletes no copy, with where its copy is, if there is
// one, and what would be deleted; the zero object if a copy of another example is deleted, or if it is not known.
func (l *linter) missed(d *copySpec, buckets []string) (source, copied, deleted object) {
	taken := l.keysTaken(d.rule)
	for _, c := range l.copiesInto(buckets) {
		key := l.easyKey(taken.Intersect(l.keysTaken(c.rule)))
		for _, bucket := range l.set.bucketsOf(d.rule) {
			if key == "" || !slices.Contains(l.set.bucketsOf(c.rule), bucket) {
				continue
			}
			o := object{bucket, key}
			made, isMade := l.destinationOf(c, o)
			gone, isGone := l.destinationOf(d, o)
			if !isMade || !isGone || made == gone {
				return object{}, object{}, object{}
			}
			source, copied, deleted = o, made, gone
		}
	}
	if key := l.easyKey(taken); source == (object{}) && key != "" {
		return object{l.firstBucket(d.rule), key}, object{}, object{}
	}
	return source, copied, deleted
}

// copiesInto are the copies of enabled rules that may go into one of the buckets, from sources that stay.
func (l *linter) copiesInto(buckets []string) (copies []*copySpec) {
	for _, r := range l.set.rules {
		for _, c := range r.copies {
			if !r.disabled && !c.deleteSource && l.mayGoInto(c, buckets) {
				copies = append(copies, c)
			}
		}
	}
	return copies
}

// mayDelete reports whether a copy of an enabled rule may go into a bucket of a deletion, from a source that stays.
func (l *linter) mayDelete(d *copySpec) bool {
	buckets, known := l.set.bucketsWritten(d)
	return !known || slices.ContainsFunc(l.set.rules, func(r *rule) bool {
		return !r.disabled && slices.ContainsFunc(r.copies, func(c *copySpec) bool {
			return !c.deleteSource && l.mayGoInto(c, buckets)
		})
	})
}

// mayGoInto reports whether a copy may go into one of the buckets.
func (l *linter) mayGoInto(c *copySpec, buckets []string) bool {
	into, known := l.set.bucketsWritten(c)
	return !known || slices.ContainsFunc(into, func(b string) bool { return slices.Contains(buckets, b) })
}

// deletedEarly warns about deletions of copies, and of moved sources, that are billed for a time after it.
func (l *linter) deletedEarly(r *rule) {
	for _, d := range r.deletes {
		if c := l.billedForDays(d); c != nil {
			line, col := d.position()
			l.warn(line, col, r.name, ClassMinimumDays, "storage-class %s (line %d) bills every copy for at least %d "+
				"days, also one that is deleted sooner: leave the class out, or copy only what is not removed so soon",
				c.storageClass, c.given("storage-class").line, minimumDays[c.storageClass])
		}
	}
	for _, c := range r.copies {
		for _, class := range r.match.classes {
			if days := minimumDays[class]; c.deleteSource && days > 0 {
				l.warnCopy(c, "delete-source", ClassMinimumDays, "%s bills every object for at least %d days, also a "+
					"source that is deleted sooner: have it uploaded as Standard", class, days)
			}
		}
	}
}

// billedForDays is a copy that a deletion may delete, of a class with a minimum time; nil for none.
func (l *linter) billedForDays(d *copySpec) *copySpec {
	buckets, known := l.set.bucketsWritten(d)
	for _, r := range l.set.rules {
		for _, c := range r.copies {
			if known && !r.disabled && !c.deleteSource && minimumDays[c.storageClass] > 0 && l.mayGoInto(c, buckets) {
				return c
			}
		}
	}
	return nil
}

// deleteCosts says once what following removals takes, and once what moves take.
func (l *linter) deleteCosts() {
	var deletions, moves []*copySpec
	for _, r := range l.live {
		for _, d := range r.deletes {
			if l.mayDelete(d) {
				deletions = append(deletions, d)
			}
		}
		for _, c := range r.copies {
			if c.deleteSource {
				moves = append(moves, c)
			}
		}
	}
	l.noteFirst(deletions, DeleteCost, "delete: when an object is removed, it is looked at twice (HeadObject), and "+
		"each copy is looked at and deleted (HeadObject, DeleteObject), which is 4 requests for one copy; where the "+
		"bucket of the copy has versioning, OSS keeps and bills the deleted version until a lifecycle rule deletes it")
	l.noteFirst(moves, DeleteCost, "delete-source: when the copies are made, the source is looked at (HeadObject), "+
		"each copy is compared (HeadObject), versions are listed (ListObjectVersions) and the source is deleted "+
		"(DeleteObject), which is 4 requests for one copy, beside the copy")
}
