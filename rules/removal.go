package rules

import (
	"afterput/events"
)

// Deletion is one object that a rule wants deleted when a source was removed, if it is the copy of that source.
type Deletion struct {
	Rule string // name of the rule that asks for it
	Line int    // of the entry under delete

	Remote // that of the copies into the bucket
	Bucket string
	Key    string

	// WithoutVersioning allows a deletion that cannot be undone.
	WithoutVersioning bool
	// Err says why it is not known what to delete: a template gives an empty text, or a key that OSS refuses.
	Err error
}

// Removal returns what to delete when an object was removed, in the file's order, each destination once. Of a removed
// object no more is known than its name, so only conditions on bucket and key decide, and nothing is asked for. It is
// an error if the object's bucket is not one of the sources.
func (s *Set) Removal(o events.Object) ([]Deletion, error) {
	if !s.deletes {
		return nil, nil
	}
	candidates, ok := s.index.candidates(o.Bucket, o.Key, nil)
	if !ok {
		return nil, s.notASource(o.Bucket)
	}
	var all []Deletion
	q := query{object: &o, facts: &factCache{}}
	for _, i := range candidates {
		r := s.rules[i]
		takes := r.takesRemoved(&q)
		if takes == no {
			continue
		}
		all = r.addDeletions(all, s, &q)
		if r.stop && takes == yes {
			break
		}
	}
	return all, nil
}

// addDeletions adds what a rule that takes the object deletes.
func (r *rule) addDeletions(all []Deletion, s *Set, q *query) []Deletion {
	fill := copyPlanner{templateFiller: templateFiller{query: q, rule: r}}
	for _, spec := range r.deletes {
		to := Copy{}
		fill.destination(spec, &to)
		itself := to.Bucket == q.object.Bucket && to.Key == q.object.Key
		known := to.Err == nil
		twice := false
		for _, d := range all {
			twice = twice || known && d.Bucket == to.Bucket && d.Key == to.Key
		}
		if itself || twice {
			continue
		}
		all = append(all, Deletion{Rule: r.name, Line: spec.line, Bucket: to.Bucket, Key: to.Key,
			Remote: s.remoteOfDeletion(r, spec, to.Bucket), WithoutVersioning: spec.withoutVersioning, Err: to.Err})
	}
	return all
}

// remoteOfDeletion is how a copy to delete is reached: as the rule itself makes it, if it does.
func (s *Set) remoteOfDeletion(r *rule, spec *copySpec, bucket string) Remote {
	for _, c := range r.copies {
		if c.bucket != nil && spec.bucket != nil && c.bucket.text == spec.bucket.text {
			return c.remote
		}
	}
	return s.RemoteOf(bucket)
}

// takesRemoved reports whether the rule takes a removed object. It depends if a condition is about more than its name;
// such a rule has no delete, and only its stop matters. An except block of the defaults that asks for more is left
// out: it keeps objects from every rule, so one of which there is a copy was not kept.
func (r *rule) takesRemoved(q *query) truth {
	found := r.match.testName(q)
	for _, b := range r.except {
		if found == no {
			break
		}
		switch inside := b.testName(q); {
		case inside == yes:
			return no
		case inside == depends && !b.defaults:
			found = depends
		}
	}
	return found
}

// nameSources marks the copies that carry the name of their source: those into a bucket in which an enabled rule may
// delete, whichever rule makes them.
func (s *Set) nameSources() {
	deleting, anywhere := map[string]bool{}, false
	for _, r := range s.rules {
		if r.disabled {
			continue
		}
		for _, d := range r.deletes {
			s.deletes = true
			buckets, known := s.bucketsWritten(d)
			anywhere = anywhere || !known
			for _, b := range buckets {
				deleting[b] = true
			}
		}
	}
	if !s.deletes {
		return
	}
	for _, r := range s.rules {
		for _, c := range r.copies {
			buckets, known := s.bucketsWritten(c)
			c.namesSource = anywhere || !known
			for _, b := range buckets {
				c.namesSource = c.namesSource || deleting[b]
			}
		}
	}
}

// bucketsWritten lists the buckets into which a copy, or a deletion, goes; known is false if the name depends on more
// than the source's bucket.
func (s *Set) bucketsWritten(c *copySpec) (buckets []string, known bool) {
	if c.bucket == nil || c.bucket.text == "${bucket}" {
		return s.bucketsOf(c.rule), true
	}
	name, constant := c.bucket.constant()
	if !constant {
		return nil, false
	}
	return []string{name}, true
}
