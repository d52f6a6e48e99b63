package rules

import (
	"slices"

	"go.yaml.in/yaml/v3"
)

// deleteBlock is an entry under a rule's delete. It is read as the destination of a copy is.
var deleteBlock = blockTable[copySpec]{"delete", []fieldSpec[copySpec]{
	deleteField("bucket", shape{template: true}, "The bucket of the copy to delete. Default: the source's.",
		func(l *loader, d *copySpec, n *yaml.Node) {
			if d.bucket = l.template("bucket", n); d.bucket == nil {
				return
			}
			if s, constant := d.bucket.constant(); constant {
				if err := CheckBucket(s); err != nil {
					l.problem(n, "bucket: %s", err)
				}
			}
		}),
	deleteField("key", shape{template: true}, "The key of the copy to delete. Default: the source's.",
		func(l *loader, d *copySpec, n *yaml.Node) {
			if d.key = l.template("key", n); d.key != nil {
				if err := d.key.checkKey(); err != nil {
					l.problem(n, "key: %s", err)
				}
			}
		}),
	deleteField("without-versioning", shape{kind: kindBoolean},
		"true also deletes in a bucket without versioning, where nothing brings the object back.",
		func(l *loader, d *copySpec, n *yaml.Node) {
			d.withoutVersioning, _ = l.boolean("without-versioning", n)
		}),
}}

// deleteField makes a field of delete. Reading it records where it was given.
func deleteField(name string, s shape, doc string, fill func(*loader, *copySpec, *yaml.Node)) fieldSpec[copySpec] {
	return fieldSpec[copySpec]{name, false, s, doc, func(l *loader, d *copySpec, line int, n *yaml.Node) {
		d.fieldPlaces = append(d.fieldPlaces, fieldPlace{name, line, n.Column, false})
		fill(l, d, n)
	}}
}

// readDeletes reads a rule's delete.
func (l *loader) readDeletes(r *rule, n *yaml.Node) {
	if l.exceeds("delete", n, maxCopies, "write several rules") {
		return
	}
	l.list("delete", n, func(item *yaml.Node) {
		d := &copySpec{rule: r, line: item.Line, col: item.Column}
		if item.Kind == yaml.MappingNode && len(item.Content) == 0 {
			l.problem(item, "the entry under delete is empty: give the bucket or the key of the copy to delete")
			return
		}
		if !readBlock(l, &deleteBlock, item, d) {
			return
		}
		l.checkGroups(d, false)
		d.templates(func(field string, t *template) { l.checkNamesOnly(d, field, t) })
		r.deletes = append(r.deletes, d)
	})
}

// notOfRemoved are the placeholders whose values are not known of a removed object. The time of a removal is not that
// of the upload by which the copy was named.
var notOfRemoved = []string{"size", "etag", "event", "time", "tag", "meta"}

// checkNamesOnly refuses placeholders that a removed object has no value for.
func (l *loader) checkNamesOnly(d *copySpec, field string, t *template) {
	for p := range t.placeholders() {
		if slices.Contains(notOfRemoved, p.name) {
			l.problemFor(d.given(field), "%s: ${%s} is not known of an object that was removed: under delete use only "+
				"what follows from its bucket and key, such as ${key}, ${dir}, ${base}, ${re.GROUP} and ${hash}",
				field, p.fullName())
			return
		}
	}
}

// checkDelete refuses conditions that a removed object does not decide, and to move what is deleted too.
func (l *loader) checkDelete(r *rule) {
	if len(r.deletes) == 0 {
		return
	}
	for _, b := range r.blocks() {
		if b.defaults {
			continue
		}
		for _, c := range b.beyondName() {
			l.problemAt(b.given[c], b.col, "rule %s has delete, and whether %s holds is not known of an object that "+
				"was removed: write delete in a rule of its own, which matches by bucket and key alone; of what it "+
				"finds only copies of the removed object are deleted", r.name, conditionNames[c])
		}
	}
	for _, c := range r.copies {
		if c.deleteSource {
			l.problemFor(c.given("delete-source"), "rule %s has delete-source and delete: after a move no source is "+
				"left whose removal could be followed; remove one of the two", r.name)
			return
		}
	}
}

// checkMove refuses without-versioning where no source is deleted.
func (l *loader) checkMove(c *copySpec) {
	o := c.given("without-versioning")
	switch {
	case c.deleteSource || o == nil:
	case o.defaults:
		c.dropDefault("without-versioning")
		c.withoutVersioning = false
	case c.withoutVersioning:
		l.problemFor(o, "without-versioning needs delete-source: true, which it allows in a bucket without versioning")
	}
}
