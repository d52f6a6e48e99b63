package rules

// guard refuses a set whose copies could go round for ever.
func (l *loader) guard(s *Set) {
	for _, r := range s.rules {
		for _, c := range r.copies {
			l.inPlace(s, c)
		}
	}
}

// inPlace refuses a copy that would write onto its own source.
func (l *loader) inPlace(s *Set, c *copySpec) {
	if c.key != nil && c.key.text != "${key}" {
		return
	}
	line, col := c.line, 1
	if o := c.given("bucket"); o != nil {
		line, col = o.line, o.col
	}
	const mend = "in-place changes are not supported yet: give another bucket or key"
	if c.bucket == nil || c.bucket.text == "${bucket}" {
		l.problemAt(line, col, "rule %s: the destination is the source itself; %s", c.rule.name, mend)
		return
	}
	bucket, constant := c.bucket.constant()
	if !constant || !s.isSource(bucket) || !c.rule.match.mayBeIn(bucket) {
		return
	}
	l.problemAt(line, col, "rule %s: for objects of bucket %s the destination is the source itself; %s, or leave that bucket out under match", c.rule.name, bucket, mend)
}

// mayBeIn is whether the block accepts objects of a bucket.
func (b *block) mayBeIn(bucket string) bool {
	if b.given[byBucket] == 0 {
		return true
	}
	for _, name := range b.buckets {
		if name == bucket {
			return true
		}
	}
	return false
}
