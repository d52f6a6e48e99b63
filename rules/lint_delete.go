package rules

import (
	"iter"
	"slices"

	"afterput/rules/internal/keyset"
)

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
	for c := range l.copiesNear(d, buckets) {
		for _, o := range l.examplesOfBoth(d.rule, c.rule, taken) {
			made, isMade := l.destinationOf(c, o)
			gone, isGone := l.destinationOf(d, o)
			if !isMade || !isGone || made == gone || l.meter.Exceeded() {
				return object{}, object{}, object{}
			}
			source, copied, deleted = o, made, gone
		}
	}
	key := l.easyKey(taken)
	switch {
	case l.meter.Exceeded():
		return object{}, object{}, object{}
	case source == object{} && key != "":
		return object{l.firstBucket(d.rule), key}, object{}, object{}
	}
	return source, copied, deleted
}

// examplesOfBoth are objects of one easy key that two rules may take, one of each bucket; taken are the keys that one
// of them may take.
func (l *linter) examplesOfBoth(one, other *rule, taken *keyset.Set) (all []object) {
	key := l.easyKey(taken.Intersect(l.keysTaken(other)))
	if key == "" {
		return nil
	}
	for _, bucket := range l.set.bucketsOf(one) {
		l.meter.Spend(stepsOfExample)
		if other.match.given[byBucket] == 0 || slices.Contains(other.match.buckets, bucket) {
			all = append(all, object{bucket, key})
		}
	}
	return all
}

// stepsOfExample is about how many steps it takes to plan the destinations of an example.
const stepsOfExample = 50

// copiesNear yields the copies of which a deletion may delete one, as far as literals tell: those from sources that
// stay into one of the buckets, by rules that may take what the rule of the deletion takes.
func (l *linter) copiesNear(d *copySpec, buckets []string) iter.Seq[*copySpec] {
	return func(yield func(*copySpec) bool) {
		near, steps := l.set.index.rulesNear(l.set.bucketsOf(d.rule), l.endsOf(&d.rule.match))
		l.meter.Spend(steps)
		for _, i := range near {
			for _, c := range l.set.rules[i].copies {
				if l.meter.Exceeded() || !c.deleteSource && l.mayGoInto(c, buckets) && !yield(c) {
					return
				}
			}
		}
	}
}

// mayGoInto reports whether a copy may go into one of the buckets.
func (l *linter) mayGoInto(c *copySpec, buckets []string) bool {
	into, known := l.set.bucketsWritten(c)
	l.meter.Spend(2 + len(into)*len(buckets)/16)
	return !known || slices.ContainsFunc(into, func(b string) bool { return slices.Contains(buckets, b) })
}

// mayDelete reports whether a copy of an enabled rule may go into a bucket of a deletion, from a source that stays.
func (l *linter) mayDelete(d *copySpec) bool {
	buckets, known := l.set.bucketsWritten(d)
	return !known || l.staying.into(buckets) != nil
}

// deletedEarly warns about deletions of copies, and of moved sources, that are billed for a time after it.
func (l *linter) deletedEarly(r *rule) {
	for _, d := range r.deletes {
		buckets, known := l.set.bucketsWritten(d)
		if c := l.billed.into(buckets); known && c != nil {
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
