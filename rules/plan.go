package rules

import (
	"fmt"
	"strings"

	"afterput/events"
)

// Plan is what a set of rules asks to be done about one object. Copies are in
// the file's order; two never write the same destination.
type Plan struct {
	Copies []Copy

	set      *Set
	object   events.Object
	facts    *memo       // what was learned; nil if nothing was asked
	made     []made      // beside Copies
	shadowed []shadow    // copies that an upper one has taken the destination of
	needless []*copySpec // copies of the object onto itself that would change nothing
	raised   *raised     // set for the plan of an event that a copy will raise
}

// made is what the plan remembers of a copy beyond the request.
type made struct {
	spec   *copySpec
	answer answer // whether its rule takes the object
	waits  []wait // values that are not known yet
	hops   []Hop
}

// wait is a value that is shown as its template, because a request has to be
// made to know it.
type wait struct{ field, key, request string }

// shadow is a copy that is not made.
type shadow struct {
	spec        *copySpec
	bucket, key string
	by          int // the plan's copy that writes there
}

// Plan matches the object against every rule and gives the copies to make.
// Facts are asked for one by one, only when the free conditions of a rule have
// passed; f may be nil, which is as good as [ErrNotKnown] for every fact. An
// object whose event is ignored gets no copies. The error says that the
// object's bucket is none of the rules' sources.
func (s *Set) Plan(o events.Object, f Facts) (Plan, error) {
	var some [48]int32
	candidates, ok := s.index.candidates(o.Bucket, o.Key, some[:0])
	if !ok {
		return Plan{}, fmt.Errorf("bucket %s is not one of the sources of %s (%s): add it there, or remove the trigger that sent its event",
			o.Bucket, s.name, strings.Join(s.sources, ", "))
	}
	if len(candidates) == 0 || o.Ignored != "" {
		return Plan{set: s, object: o}, nil
	}
	return *s.plan(o, candidates, f), nil
}

// plan is Plan for an object that some rule may want. It stands apart so that
// the many that no rule wants take no memory.
func (s *Set) plan(o events.Object, candidates []int32, f Facts) *Plan {
	p := &Plan{set: s, object: o}
	p.fill(candidates, maskOf(o.Event), f)
	for i := range p.Copies {
		p.follow(i)
	}
	return p
}

// fill tests the candidates and adds the copies of those that match.
func (p *Plan) fill(candidates []int32, happened eventMask, f Facts) {
	m := memo{source: f}
	q := query{object: &p.object, events: happened, facts: &m, raised: p.raised}
	var undecided error // why an upper rule may or may not stop the object
	for _, i := range candidates {
		r := p.set.rules[i]
		found := r.test(&q)
		if found.answer == no {
			continue
		}
		failed := undecided
		if failed == nil && found.answer == unread {
			failed = fmt.Errorf("whether rule %s takes the object: %w", r.name, found.err)
		}
		fill := filler{query: &q, rule: r, answer: found.answer, failed: failed}
		for _, c := range r.copies {
			p.add(c, &fill)
		}
		if r.stop && found.answer == yes {
			break
		}
		if r.stop && found.answer == unread && undecided == nil {
			undecided = fmt.Errorf("whether rule %s (stop) takes the object before: %w", r.name, found.err)
		}
	}
	if len(p.Copies) > 0 || m.asked() {
		p.facts = &m
	}
}

// add plans one copy, unless an upper one writes the same destination.
func (p *Plan) add(spec *copySpec, f *filler) {
	f.waits = nil
	c := Copy{Rule: f.rule.name, Line: spec.line, Err: f.failed}
	f.destination(spec, &c)
	for i := range p.Copies {
		if p.Copies[i].Bucket == c.Bucket && p.Copies[i].Key == c.Key && c.Bucket != "" && c.Key != "" {
			p.shadowed = append(p.shadowed, shadow{spec, c.Bucket, c.Key, i})
			return
		}
	}
	if c.Err == nil && p.onItself(&c) {
		var skip bool
		if skip, c.Err = spec.checkInPlace(); skip {
			p.needless = append(p.needless, spec)
			return
		}
	}
	if c.Err == nil {
		f.request(spec, &c)
	}
	p.Copies = append(p.Copies, c)
	p.made = append(p.made, made{spec: spec, answer: f.answer, waits: f.waits})
}
