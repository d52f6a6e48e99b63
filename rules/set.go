package rules

import (
	"fmt"
	"slices"
	"strings"
)

// Set is a loaded rules file. It is never changed, so that any number of
// goroutines may plan with it.
type Set struct {
	name    string
	sources []string
	rules   []*rule
	except  []*block // defaults.except, which every rule has too
	zone    timeZone
	index   *index
	payers  map[string]string // see RequestPayer
	ignored []ignored         // warnings that are not to be given
	deletes bool              // an enabled rule has delete
	cycles  [][]*rule         // rules that can trigger each other, in chains that end
}

// Sources returns the buckets whose triggers run the function, in the file's order.
func (s *Set) Sources() []string { return slices.Clone(s.sources) }

func (s *Set) isSource(bucket string) bool { return slices.Contains(s.sources, bucket) }

// bucketsOf lists the source buckets from which a rule may take objects.
func (s *Set) bucketsOf(r *rule) []string {
	if r.match.given[byBucket] == 0 {
		return s.sources
	}
	return slices.DeleteFunc(s.Sources(), func(b string) bool { return !slices.Contains(r.match.buckets, b) })
}

// isAlwaysInPlace reports whether a copy surely writes every object onto itself.
func (s *Set) isAlwaysInPlace(c *copySpec) bool {
	return !slices.ContainsFunc(s.bucketsOf(c.rule), func(b string) bool { return !surelyInPlace(c, b) })
}

// mayBeInPlace reports whether the destination of a copy may be its own source.
func (s *Set) mayBeInPlace(c *copySpec) bool {
	if c.bucket != nil {
		if name, constant := c.bucket.constant(); constant && !slices.Contains(s.bucketsOf(c.rule), name) {
			return false
		}
	}
	longer := c.key != nil && c.key.literalLength() > 0 &&
		slices.ContainsFunc(c.key.parts, func(p templatePart) bool { return p.name == "key" && p.isPlain() })
	return !longer
}

// RequestPayer returns the value of x-oss-request-payer for requests that read from a
// source bucket: "requester" if an enabled rule that may take objects of the bucket has a
// copy that says so, else "".
func (s *Set) RequestPayer(bucket string) string { return s.payers[bucket] }

// requestPayers returns the x-oss-request-payer by source bucket, for those that have one.
func (s *Set) requestPayers() map[string]string {
	payers := map[string]string{}
	for _, r := range s.rules {
		for _, c := range r.copies {
			if r.disabled || c.requestPayer == "" {
				continue
			}
			for _, bucket := range s.bucketsOf(r) {
				payers[bucket] = c.requestPayer
			}
		}
	}
	return payers
}

// Remotes returns how the copies of enabled rules reach destinations that are not the function's own, each with those
// of its buckets that [Set.Destinations] returns, sorted.
func (s *Set) Remotes() map[Remote][]string {
	remotes := map[Remote][]string{}
	for _, r := range s.rules {
		for _, c := range r.copies {
			if r.disabled || c.remote == (Remote{}) {
				continue
			}
			buckets := remotes[c.remote]
			if name, ok := c.bucket.constant(); ok && !slices.Contains(buckets, name) {
				buckets = append(buckets, name)
			}
			slices.Sort(buckets)
			remotes[c.remote] = buckets
		}
	}
	return remotes
}

// RemoteOf returns how copies reach a destination bucket. Of buckets whose names depend on the object it goes by how
// their names begin, and of several that fit by the longest beginning; a name that ends with * is only the beginning of
// one.
func (s *Set) RemoteOf(bucket string) Remote {
	longest, begins := -1, Remote{}
	for _, r := range s.rules {
		for _, c := range r.copies {
			if r.disabled || c.bucket == nil {
				continue
			}
			name, constant := c.bucket.constant()
			b := c.bucket.beginning()
			switch {
			case constant && name == bucket:
				return c.remote
			case !constant && strings.HasPrefix(bucket, b) && len(b) > longest:
				longest, begins = len(b), c.remote
			}
		}
	}
	return begins
}

// Destinations returns the buckets that the copies of enabled rules name as their
// destination, sorted. Buckets whose names depend on the object are not among them.
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

// notASource is the error of an object of a bucket that is not one of the sources.
func (s *Set) notASource(bucket string) error {
	return fmt.Errorf("bucket %s is not one of the sources of %s (%s): add it there, or remove the "+
		"trigger that sent its event", bucket, s.name, strings.Join(s.sources, ", "))
}
