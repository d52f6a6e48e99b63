package rules

import (
	"fmt"
	"slices"

	"afterput/events"
)

// Plan says which copies to make of one object, and why. Copies are in the file's order;
// no two write the same destination.
type Plan struct {
	Copies []Copy

	set       *Set
	object    events.Object
	facts     *factCache     // nil if none was asked for
	unsure    Unsure         // nil: everything about the event is known
	shadowed  []shadowedCopy // copies whose destination an earlier one writes
	needless  []*copySpec    // copies of the object onto itself that would change nothing
	predicted *knownObject   // set for the plan of an event that a copy will raise
}

// happened is the set of the events that the object's may have been.
func (p *Plan) happened() eventMask {
	if p.object.Restored {
		return anyEvent
	}
	return maskOf(p.object.Event)
}

// shadowedCopy is a copy that is not made.
type shadowedCopy struct {
	spec        *copySpec
	bucket, key string
	by          int // the plan's copy that writes there
}

// isInPlace reports whether the destination of a planned copy is the plan's own object. That of a named version
// never is: its copy becomes another version.
func (p *Plan) isInPlace(c *Copy) bool {
	return c.Bucket == p.object.Bucket && c.Key == p.object.Key && p.object.VersionID == ""
}

// knownSource is what the plan knows of its own object.
func (p *Plan) knownSource() *knownObject {
	if p.predicted != nil {
		return p.predicted
	}
	known := &knownObject{contentType: p.object.ContentType}
	if p.object.Size.Known {
		known.atLeast, known.below = p.object.Size.Value, p.object.Size.Value+1
	}
	if f := p.facts; f != nil && f.head != nil && f.headErr == nil {
		known.atLeast, known.below = f.head.Size, f.head.Size+1
		known.contentType = events.Some(f.head.Headers.ContentType)
		known.class = events.Some(f.head.StorageClass)
		known.meta = knownPairs{pairs: f.head.Meta, complete: true}
	}
	if f := p.facts; f != nil && f.tagsGot && f.tagsErr == nil {
		known.tags = knownPairs{pairs: f.tags, complete: true}
	}
	return known
}

// planCopies tests the candidates and adds the copies of those that match.
func (p *Plan) planCopies(candidates []int32, happened eventMask, f Facts) {
	m := factCache{source: f}
	q := query{object: &p.object, events: happened, facts: &m, unsure: p.unsure, predicted: p.predicted}
	var undecided error // why it is not known whether an earlier rule stops the object
	for _, i := range candidates {
		r := p.set.rules[i]
		found := r.test(&q)
		if found.truth == no {
			continue
		}
		failed := undecided
		if failed == nil && found.truth == unread {
			failed = fmt.Errorf("cannot tell whether rule %s takes the object: %w", r.name, found.err)
		}
		fill := copyPlanner{templateFiller: templateFiller{query: &q, rule: r,
			zone: p.set.zone.location, failed: failed}, truth: found.truth}
		p.Copies = slices.Grow(p.Copies, len(r.copies))
		for _, c := range r.copies {
			p.planCopy(c, &fill)
		}
		if r.stop && found.truth == yes {
			break
		}
		if r.stop && found.truth == unread && undecided == nil {
			undecided = fmt.Errorf("cannot tell whether rule %s (stop) takes the object first: %w", r.name, found.err)
		}
	}
	if len(p.Copies) > 0 || m.asked() {
		p.facts = &m
	}
}

// planCopy plans one copy and adds it, unless an earlier one writes the same destination, or nothing would change.
func (p *Plan) planCopy(spec *copySpec, f *copyPlanner) {
	earlier := p.Copies
	p.Copies = append(earlier, Copy{Rule: f.rule.name, Line: spec.line, Err: f.failed})
	if !p.fill(&p.Copies[len(earlier)], earlier, spec, f) {
		p.Copies = earlier
	}
}

// fill plans a copy; false if it is not made.
func (p *Plan) fill(c *Copy, earlier []Copy, spec *copySpec, f *copyPlanner) bool {
	f.pending = nil
	f.destination(spec, c)
	for i := range earlier {
		if earlier[i].Bucket == c.Bucket && earlier[i].Key == c.Key && c.Bucket != "" && c.Key != "" {
			p.shadowed = append(p.shadowed, shadowedCopy{spec, c.Bucket, c.Key, i})
			return false
		}
	}
	f.inPlace = p.isInPlace(c)
	if c.Err == nil && f.inPlace {
		var skip bool
		if skip, c.Err = spec.refusedInPlace(); skip {
			p.needless = append(p.needless, spec)
			return false
		}
	}
	if c.Err == nil {
		f.request(spec, c)
	}
	c.details = copyDetails{spec: spec, truth: f.truth, pending: f.pending, inPlace: f.inPlace,
		zone: p.set.zone, ofLink: p.object.Event == "ObjectCreated:PutSymlink"}
	return true
}

// markMove makes it known to all copies of the plan that the object is moved. None of them carries the name of the
// source then: the removal of the source is ours, and no copy is deleted after it.
func (p *Plan) markMove() {
	moves := slices.ContainsFunc(p.Copies, func(c Copy) bool { return c.DeleteSource })
	for i := range p.Copies {
		c := &p.Copies[i]
		c.Moves, c.NamesSource = moves, c.NamesSource && !moves
	}
}
