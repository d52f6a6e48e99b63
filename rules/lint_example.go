package rules

import (
	"slices"
	"time"

	"afterput/events"
)

// object is the name of an object.
type object struct{ bucket, key string }

func (o object) String() string { return "oss://" + o.bucket + "/" + o.key }

// isCopied reports whether a copy is made of a source, if the source has what the rule asks
// for beside its name.
func (l *linter) isCopied(c *copySpec, o object) bool {
	_, ok := l.destinationOf(c, o)
	return ok
}

// destinationOf plans a copy of a source; see planner for when it is not ok.
func (l *linter) destinationOf(c *copySpec, o object) (to object, ok bool) {
	fill, ok := l.planner(c, o)
	if !ok {
		return object{}, false
	}
	var planned Copy
	fill.destination(c, &planned)
	return object{planned.Bucket, planned.Key}, planned.Err == nil
}

// exampleTime is when the sources of warnings were uploaded.
var exampleTime = time.Date(2026, 11, 20, 8, 30, 0, 0, time.UTC)

// stoppedBefore reports whether a rule with stop above a rule may take the object first.
func (l *linter) stoppedBefore(r *rule, q *query) bool {
	if len(l.stopping) == 0 {
		return false
	}
	candidates, _ := l.set.index.candidates(q.object.Bucket, q.object.Key, nil)
	return slices.ContainsFunc(candidates, func(i int32) bool {
		upper := l.set.rules[i]
		return i < r.index && upper.stop && !upper.disabled && upper.test(q).truth == yes
	})
}

// planner plans copies of a source of which only the name is known, and which has what the rule asks for beside it. It
// is not ok if the rule does not take the source, or a rule with stop takes it first.
func (l *linter) planner(c *copySpec, o object) (p copyPlanner, ok bool) {
	r := c.rule
	q := &query{object: &events.Object{Bucket: o.bucket, Key: o.key, Region: "cn-hangzhou", Time: exampleTime},
		events: r.match.events, facts: &factCache{}, predicted: (&knownObject{}).acceptedBy(&r.match)}
	p = copyPlanner{templateFiller: templateFiller{query: q, rule: r, zone: l.set.zone.location}}
	return p, r.test(q).truth != no && !l.stoppedBefore(r, q)
}
