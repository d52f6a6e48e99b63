package rules

// firstCopies has the first of some copies into each bucket, in the file's order.
type firstCopies struct {
	buckets  map[string]*copySpec
	anywhere *copySpec // the first into a bucket whose name depends on more than the source's bucket
}

// firstCopies picks the first of some copies of enabled rules, of those from sources that stay.
func (s *Set) firstCopies(counts func(*copySpec) bool) firstCopies {
	first := firstCopies{buckets: map[string]*copySpec{}}
	for _, r := range s.rules {
		for _, c := range r.copies {
			if r.disabled || c.deleteSource || !counts(c) {
				continue
			}
			buckets, known := s.bucketsWritten(c)
			if !known && first.anywhere == nil {
				first.anywhere = c
			}
			for _, b := range buckets {
				if first.buckets[b] == nil {
					first.buckets[b] = c
				}
			}
		}
	}
	return first
}

// into is the first copy that may go into one of the buckets; nil for none.
func (f *firstCopies) into(buckets []string) *copySpec {
	first := f.anywhere
	for _, b := range buckets {
		if c := f.buckets[b]; c != nil && (first == nil || c.rule.index < first.rule.index) {
			first = c
		}
	}
	return first
}
