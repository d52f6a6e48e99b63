package rules

import "slices"

// RequestPayer is what x-oss-request-payer says in requests that read a source
// bucket: "requester" if a rule that is enabled and may take objects of the bucket
// has a copy that asks for it, else "".
func (s *Set) RequestPayer(bucket string) string {
	for _, r := range s.rules {
		if r.disabled || !slices.Contains(s.bucketsOf(r), bucket) {
			continue
		}
		for _, c := range r.copies {
			if c.requestPayer != "" {
				return c.requestPayer
			}
		}
	}
	return ""
}
