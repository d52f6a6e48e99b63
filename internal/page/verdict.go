package page

import (
	"slices"

	"afterput/events"
	"afterput/rules"
)

// verdict is what a rule makes of an object.
type verdict struct {
	rules.Verdict
	Near  bool `json:"near,omitempty"`  // none came nearer to taking the object, and none takes it
	Other bool `json:"other,omitempty"` // the rule is about other buckets
}

// verdicts are those of a plan, the rules that are nearest to taking the object first.
func verdicts(p *rules.Plan) []verdict {
	all := p.Verdicts()
	slices.SortStableFunc(all, func(a, b rules.Verdict) int { return a.Distance - b.Distance })
	list := make([]verdict, len(all))
	for i, v := range all {
		near := len(p.Copies) == 0 && v.Distance == all[0].Distance && !v.IsAboutOtherBuckets()
		list[i] = verdict{v, near, v.IsAboutOtherBuckets()}
	}
	return list
}

// nearest are the verdicts of the rules that came nearest to taking an object of which there is no copy: at least one.
func nearest(set *rules.Set, o *events.Object, f rules.Facts) []verdict {
	plan, err := set.Plan(*o, f)
	if err != nil {
		return []verdict{{Verdict: rules.Verdict{Reason: err.Error()}}}
	}
	all := verdicts(&plan)
	if len(all) == 0 {
		return make([]verdict, 1)
	}
	n := slices.IndexFunc(all, func(v verdict) bool { return !v.Near })
	if n < 0 {
		n = len(all)
	}
	return all[:max(n, 1)]
}
