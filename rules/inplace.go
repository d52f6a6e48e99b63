package rules

import (
	"fmt"
	"slices"
)

// inPlaceMend ends every message about a copy onto its own source.
const inPlaceMend = "in-place changes are not supported yet: give another bucket or key"

// inPlace is whether a copy surely writes an object of the bucket onto itself.
func inPlace(c *copySpec, bucket string) bool {
	if c.key != nil && c.key.text != "${key}" {
		return false
	}
	if c.bucket == nil || c.bucket.text == "${bucket}" {
		return true
	}
	name, constant := c.bucket.constant()
	return constant && name == bucket
}

// inPlace refuses a copy that would write onto its own source.
func (l *loader) inPlace(s *Set, c *copySpec) {
	var buckets []string
	for _, b := range s.sources {
		if inPlace(c, b) && (c.rule.match.given[byBucket] == 0 || slices.Contains(c.rule.match.buckets, b)) {
			buckets = append(buckets, b)
		}
	}
	if len(buckets) == 0 {
		return
	}
	line, col := c.place()
	if c.bucket == nil || c.bucket.text == "${bucket}" {
		l.problemAt(line, col, "rule %s: the destination is the source itself; %s", c.rule.name, inPlaceMend)
		return
	}
	l.problemAt(line, col, "rule %s: for objects of bucket %s the destination is the source itself; %s, or name under match the buckets that are meant",
		c.rule.name, buckets[0], inPlaceMend)
}

// checkInPlace fails a planned copy whose templates came out as the source
// itself.
func checkInPlace(q *query, c *Copy) error {
	if c.Bucket == q.object.Bucket && c.Key == q.object.Key {
		return fmt.Errorf("the destination is the source itself; %s", inPlaceMend)
	}
	return nil
}
