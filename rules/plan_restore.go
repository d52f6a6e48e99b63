package rules

import (
	"slices"
)

// uniteRestores has all copies of a plan that restore its object ask for the same: the fastest tier and
// the most days that any of them wants.
func (p *Plan) uniteRestores() {
	var all *Restore
	for i := range p.Copies {
		r := p.Copies[i].Restore
		switch {
		case r == nil:
		case all == nil:
			all = &Restore{r.Days, r.Tier}
		default:
			all.Days = max(all.Days, r.Days)
			if slices.Index(restoreTiers, r.Tier) < slices.Index(restoreTiers, all.Tier) {
				all.Tier = r.Tier
			}
		}
	}
	for i := range p.Copies {
		if p.Copies[i].Restore != nil {
			p.Copies[i].Restore = all
		}
	}
}

// onlyRestoring leaves the copies that restore their source: of the event that a restore has ended, no
// others are made. If there are others, the source is not deleted: it is theirs too.
func (p *Plan) onlyRestoring() {
	planned := len(p.Copies)
	p.Copies = slices.DeleteFunc(p.Copies, func(c Copy) bool { return c.details.spec.restore == nil })
	if len(p.Copies) < planned {
		for i := range p.Copies {
			p.Copies[i].DeleteSource = false
		}
	}
	p.shadowed = nil // has indexes of the copies
}
