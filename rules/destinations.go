package rules

import "slices"

// Destinations are the buckets that copies are written to, sorted, as far as
// the file names them: a bucket whose name hangs on the object is not among
// them, nor are the copies of disabled rules.
func (s *Set) Destinations() []string {
	var buckets []string
	for _, r := range s.rules {
		if r.disabled {
			continue
		}
		for _, c := range r.copies {
			if c.bucket == nil {
				continue
			}
			if name, ok := c.bucket.constant(); ok {
				buckets = append(buckets, name)
			}
		}
	}
	slices.Sort(buckets)
	return slices.Compact(buckets)
}
