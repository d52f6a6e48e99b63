package rules

import (
	"fmt"
	"reflect"
	"slices"

	"afterput/events"
)

// MaxHops is how many copies may follow from the first one, each from the one before.
const MaxHops = 8

// errLongChain says that more copies would follow from a copy than may.
var errLongChain = fmt.Errorf("more than %d copies trigger each other in a chain", MaxHops)

// copyStep is a copy and the object it was made of.
type copyStep struct {
	bucket, key string
	spec        *copySpec
	known       *knownObject // what was known of the object
}

// repeats reports whether a copy was made before of the same object, of which no more was known then: what follows,
// follows again. An object that came back with other tags, metadata or another class may lead elsewhere.
func (s *copyStep) repeats(before []copyStep) bool {
	return slices.ContainsFunc(before, func(b copyStep) bool {
		return b.bucket == s.bucket && b.key == s.key && b.spec == s.spec && reflect.DeepEqual(b.known, s.known)
	})
}

// uploadOnly are the events that no copy raises.
var uploadOnly = maskOf("ObjectCreated:PutObject") | maskOf("ObjectCreated:PostObject") |
	maskOf("ObjectCreated:AppendObject") | maskOf("ObjectCreated:PutSymlink")

// mayContinueChain reports whether the object may be a copy made by a rule, and what copy i
// writes may be taken by one. Nothing is predicted for this: the event and the index of the
// rules decide.
func (p *Plan) mayContinueChain(i int) bool {
	c := &p.Copies[i]
	if c.Err != nil || maskOf(p.object.Event)&uploadOnly != 0 || !p.set.isSource(c.Bucket) ||
		c.details.inPlace && !c.details.spec.rewrites() {
		return false
	}
	var some [48]int32
	candidates, _ := p.set.index.candidates(c.Bucket, c.Key, some[:0])
	return slices.ContainsFunc(candidates, func(i int32) bool { return p.set.rules[i].makesCopies() })
}

// followCopy finds out which copies follow from a copy, and fails the copy if there is no
// end to them.
func (p *Plan) followCopy(i int) {
	c := &p.Copies[i]
	if c.Err != nil || !p.set.isSource(c.Bucket) {
		return
	}
	d := &c.details
	seen := []copyStep{{p.object.Bucket, p.object.Key, d.spec, p.knownSource()}}
	if err := p.followEvent(i, seen, 1, d.truth == yes, &d.hops); err != nil {
		c.Err = err
	}
}

// followEvent plans the event that copy i of the plan raises.
func (p *Plan) followEvent(i int, seen []copyStep, depth int, sure bool, hops *[]Hop) error {
	c := &p.Copies[i]
	d := &c.details
	switch {
	case c.Err != nil, !p.set.isSource(c.Bucket), d.destinationPending():
		return nil
	case d.inPlace && !d.spec.mayRaiseEvent(p.knownSource().acceptedBy(&d.spec.rule.match)):
		return nil
	}
	after := Plan{set: p.set, predicted: p.knownResult(i), object: events.Object{
		Event: "ObjectCreated:CopyObject", Region: p.object.Region, Bucket: c.Bucket, Key: c.Key,
		Size: p.object.Size, Time: p.object.Time,
	}}
	if d.inPlace { // the object may already be as the rule wants it
		sure = sure && d.spec.surelyChanges(p.knownSource().acceptedBy(&d.spec.rule.match))
	}
	for _, next := range after.followers() {
		after, j := next.plan, next.copy
		n := &after.Copies[j]
		here := copyStep{c.Bucket, c.Key, n.details.spec, after.predicted}
		sure := sure && next.sure && n.details.truth == yes
		unchanged := n.details.inPlace && slices.Contains(after.predicted.settled, n.details.spec)
		switch {
		case unchanged:
			*hops = append(*hops, Hop{depth, n.Rule, n.Line, n.Bucket, n.Key, sure, true})
			continue
		case here.repeats(seen) && !d.inPlace:
			return fmt.Errorf("the copies are an endless loop: oss://%s/%s is written again after %d copies", c.Bucket,
				c.Key, depth)
		case depth > MaxHops:
			return fmt.Errorf("%w, up to oss://%s/%s and further", errLongChain, c.Bucket, c.Key)
		}
		*hops = append(*hops, Hop{depth, n.Rule, n.Line, n.Bucket, n.Key, sure, false})
		if err := after.followEvent(j, append(seen[:len(seen):len(seen)], here), depth+1, sure, hops); err != nil {
			return err
		}
	}
	return nil
}

// follower is a copy of a predicted plan. It is not sure if it is made after one of the events
// only that the copy before it may raise.
type follower struct {
	plan *Plan
	copy int
	sure bool
}

// followers plans the event that a copy raises. Which of two it is depends on the copy engine,
// so a copy whose destination names the event is planned for each.
func (p *Plan) followers() (all []follower) {
	candidates, _ := p.set.index.candidates(p.object.Bucket, p.object.Key, nil)
	p.planCopies(candidates, copyEvents, nil)
	for i := range p.Copies {
		spec := p.Copies[i].details.spec
		if !spec.bucket.uses("event") && !spec.key.uses("event") {
			all = append(all, follower{p, i, true})
			continue
		}
		for _, event := range copyEvents.names() {
			one := &Plan{set: p.set, predicted: p.predicted, object: p.object}
			one.object.Event = event
			one.planCopies(candidates, maskOf(event), nil)
			for j := range one.Copies {
				if one.Copies[j].details.spec == spec {
					all = append(all, follower{one, j, false})
				}
			}
		}
	}
	return all
}

// knownResult is what is known of the object that copy i of the plan makes.
func (p *Plan) knownResult(i int) *knownObject {
	c := &p.Copies[i]
	d := &c.details
	value := func(field string, pairs []Pair) func(entry) (string, bool) {
		return func(e entry) (string, bool) {
			waits := func(p pendingValue) bool { return p.field == field && p.key == e.key }
			if slices.ContainsFunc(d.pending, waits) {
				return "", false
			}
			return pairValue(pairs, e.key), true
		}
	}
	from := p.knownSource().acceptedBy(&d.spec.rule.match)
	if !d.inPlace {
		for j := range p.Copies {
			if other := &p.Copies[j]; other.Err == nil && other.details.inPlace {
				from = from.either(from.afterCopy(other.details.spec, true, unknown, unknown))
			}
		}
	}
	return from.afterCopy(d.spec, d.inPlace, value("tagging", c.Tags), value("meta", c.Meta))
}
