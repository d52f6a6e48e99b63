package rules

import (
	"slices"

	"go.yaml.in/yaml/v3"
)

// maxBuckets bounds the buckets of one copy: with a long list in the defaults, a small file would otherwise have
// millions of copies.
const maxBuckets = 100

// readBuckets reads the destination bucket of a copy, or a list of them.
func (l *loader) readBuckets(c *copyReader, n *yaml.Node) {
	if len(n.Content) > maxBuckets {
		l.problem(n, "bucket lists %d buckets, the limit is %d: write a copy of its own for the others",
			len(n.Content), maxBuckets)
		return
	}
	l.each("bucket", n, func(item *yaml.Node) {
		t := l.template("bucket", item)
		if t == nil {
			return
		}
		if s, constant := t.constant(); constant {
			if err := CheckBucket(s); err != nil {
				l.problem(item, "bucket: %s", err)
				return
			}
		}
		if slices.ContainsFunc(c.buckets, func(b listedBucket) bool {
			return b.bucket.text == t.text || sameConstant(b.bucket, t)
		}) {
			l.problem(item, "bucket: %s is named twice", quote(t.text))
			return
		}
		c.buckets = append(c.buckets, listedBucket{t, item.Line, item.Column})
	})
}

// copies are the copies that were read: one for each bucket, alike in everything else.
func (c *copyReader) copies() []*copySpec {
	if len(c.buckets) == 0 {
		return []*copySpec{c.copySpec}
	}
	all := make([]*copySpec, len(c.buckets))
	for i, b := range c.buckets {
		one := *c.copySpec
		one.bucket, one.listed = b.bucket, len(c.buckets) > 1
		one.fieldPlaces = slices.Clone(c.fieldPlaces)
		o := one.given("bucket")
		o.line, o.col = b.line, b.col
		all[i] = &one
	}
	return all
}
