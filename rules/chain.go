package rules

import (
	"fmt"
	"slices"

	"afterput/events"
)

// maxHops is how many copies may follow from one another.
const maxHops = 8

// Hop is a copy that follows from another: the event which the other raises
// comes back to the function, because its destination is a source too.
type Hop struct {
	Depth  int    `json:"depth"` // 1 follows from the plan's own copy
	Rule   string `json:"rule"`
	Line   int    `json:"line"` // of the copy
	Bucket string `json:"bucket"`
	Key    string `json:"key"`
	// Sure is false for a hop that hangs on what is not known before, such as
	// the event that the copy will raise, tags that were not read, or whether an
	// object in place was as wanted before.
	Sure bool `json:"sure"`
	// Unchanged says that this is the event of a rewrite in place, for which the
	// same copy finds the object as it wants it: the chain ends there.
	Unchanged bool `json:"unchanged,omitempty"`
}

// Chain is what follows from the plan's i-th copy, each hop before those that
// follow from it. It is worked out for copies that raise ObjectCreated:CopyObject
// or ObjectCreated:CompleteMultipartUpload, for which of the two it will be
// depends on the size and on the engine.
func (p *Plan) Chain(i int) []Hop { return p.made[i].hops }

// copyStep is a copy and the object it was made of.
type copyStep struct {
	bucket, key string
	spec        *copySpec
}

// followCopy works out what follows from a copy, and fails the copy if that never
// ends.
func (p *Plan) followCopy(i int) {
	c := &p.Copies[i]
	if c.Err != nil || !p.set.isSource(c.Bucket) {
		return
	}
	seen := []copyStep{{p.object.Bucket, p.object.Key, p.made[i].spec}}
	if err := p.followEvent(i, seen, 1, p.made[i].truth == yes, &p.made[i].hops); err != nil {
		c.Err = err
	}
}

// followEvent plans the event that copy i of the plan raises.
func (p *Plan) followEvent(i int, seen []copyStep, depth int, sure bool, hops *[]Hop) error {
	c, m := &p.Copies[i], &p.made[i]
	inPlace := p.isInPlace(c)
	switch {
	case c.Err != nil, !p.set.isSource(c.Bucket), len(m.pending) > 0 && m.destinationPending():
		return nil
	case inPlace && !m.spec.mayRaiseEvent(p.knownSource().acceptedBy(&m.spec.rule.match)):
		return nil
	}
	after := Plan{set: p.set, predicted: p.knownResult(i), object: events.Object{
		Event: "ObjectCreated:CopyObject", Region: p.object.Region, Bucket: c.Bucket, Key: c.Key,
		Size: p.object.Size, Time: p.object.Time,
	}}
	if inPlace { // it may be as wanted
		sure = sure && m.spec.surelyChanges(p.knownSource().acceptedBy(&m.spec.rule.match))
	}
	candidates, _ := p.set.index.candidates(c.Bucket, c.Key, nil)
	after.planCopies(candidates, copyEvents, nil)
	for j := range after.Copies {
		n := &after.Copies[j]
		here := copyStep{c.Bucket, c.Key, after.made[j].spec}
		sure := sure && after.made[j].truth == yes
		unchanged := after.isInPlace(n) && slices.Contains(after.predicted.settled, after.made[j].spec)
		switch {
		case unchanged:
			*hops = append(*hops, Hop{depth, n.Rule, n.Line, n.Bucket, n.Key, sure, true})
			continue
		case slices.Contains(seen, here) && !inPlace:
			return fmt.Errorf("copies would go round for ever: oss://%s/%s comes up again after %d copies", c.Bucket, c.Key, depth)
		case depth > maxHops:
			return fmt.Errorf("copies follow from one another more than %d times, to oss://%s/%s and on", maxHops, c.Bucket, c.Key)
		}
		*hops = append(*hops, Hop{depth, n.Rule, n.Line, n.Bucket, n.Key, sure, false})
		if err := after.followEvent(j, append(seen[:len(seen):len(seen)], here), depth+1, sure, hops); err != nil {
			return err
		}
	}
	return nil
}

func (m *copyDetails) destinationPending() bool {
	return slices.ContainsFunc(m.pending, func(w pendingValue) bool { return w.field == "bucket" || w.field == "key" })
}
