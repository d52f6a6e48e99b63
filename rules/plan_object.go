package rules

import (
	"afterput/events"
)

// Plan matches the object against every rule and returns the copies to make. Facts are
// asked for one by one, and only if the free conditions of a rule hold; a nil f means
// [ErrNotKnown] for every fact. An object whose event is ignored gets no copies. It is an
// error if the object's bucket is not one of the sources.
func (s *Set) Plan(o events.Object, f Facts) (Plan, error) {
	var some [48]int32
	candidates, ok := s.index.candidates(o.Bucket, o.Key, some[:0])
	if !ok {
		return Plan{}, s.notASource(o.Bucket)
	}
	if len(candidates) == 0 || o.Ignored != "" {
		unsure, _ := f.(Unsure)
		return Plan{set: s, object: o, unsure: unsure}, nil
	}
	return *s.plan(o, candidates, f), nil
}

// plan is Plan for an object that some rule may take. It is a function of its own so that
// objects which no rule takes cost no allocation.
func (s *Set) plan(o events.Object, candidates []int32, f Facts) *Plan {
	p := &Plan{set: s, object: o}
	p.unsure, _ = f.(Unsure)
	p.planCopies(candidates, p.happened(), f)
	p.markMove()
	if o.Restored {
		p.onlyRestoring()
	}
	p.uniteRestores()
	for i := range p.Copies {
		p.Copies[i].MayContinueChain = p.mayContinueChain(i)
		p.followCopy(i)
	}
	return p
}
