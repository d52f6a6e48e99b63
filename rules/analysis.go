package rules

import (
	"afterput/rules/internal/keyset"
)

// analysis computes with sets of objects: which of them a rule takes, and which a copy
// makes of them. Results are upper bounds: what cannot be ruled out counts as possible.
// It is not safe for concurrent use, since it keeps what it computed.
//
// Most rules of a large file have nothing to do with each other, and literals show it: the
// prefixes and suffixes of keys are compared first, and sets of keys are built only where
// those leave something open.
type analysis struct {
	set           *Set
	meter         *keyset.Meter
	earlier       int         // steps of the analyses before it, see forRule
	stops         []*rule     // rules with stop; the first few
	inPlaceCopies []*copySpec // copies that may change their source in place
	blocks        map[*block]*blockKeys
	sets          map[string]*keyset.Set // what blocks and groups of regular expressions match
	kept          map[*copySpec]*keyset.Set
	costliest     rulePair
}

// maxAnalysis bounds the steps of one analysis. 10,000 rules of which few can feed each
// other take less than a tenth of it.
const maxAnalysis = 20_000_000

// stepsOfRule is how many steps a rule has in [analysis.forRule].
const stepsOfRule = maxAnalysis / 1000

// maxForRules bounds the steps of all analyses by forRule. 10,000 rules of two buckets take a third of it.
const maxForRules = 10 * maxAnalysis

// forRule is the analysis, or another one that has enough steps for one more rule: for what is computed of each rule by
// itself, and would be less exact of the last rules of a large file.
func (a *analysis) forRule() *analysis {
	earlier := a.earlier + a.meter.Spent()
	if a.meter.Left() >= stepsOfRule || earlier > maxForRules {
		return a
	}
	other := newAnalysis(a.set)
	other.earlier = earlier
	other.meter = keyset.NewMeter(stepsOfRule)
	other.stops, other.inPlaceCopies = a.stops, a.inPlaceCopies
	return other
}

// rulePair is a copy and a rule that may take what it makes, with the steps that it took
// to find out.
type rulePair struct {
	spec  *copySpec
	to    *rule
	steps int
}

// note remembers the pair of rules for which most steps were taken; before are the steps
// until then.
func (a *analysis) note(c *copySpec, to *rule, before int) {
	if steps := a.meter.Spent() - before; steps > a.costliest.steps {
		a.costliest = rulePair{c, to, steps}
	}
}

// maxStops bounds how many rules with stop are taken into account.
const maxStops = 64

// newAnalysis is an analysis without rules that stop others, and without copies in place.
func newAnalysis(s *Set) *analysis {
	return &analysis{set: s, meter: keyset.NewMeter(maxAnalysis), blocks: map[*block]*blockKeys{},
		sets: map[string]*keyset.Set{}, kept: map[*copySpec]*keyset.Set{}}
}

// newFullAnalysis is an analysis that takes into account how rules act on each other.
func newFullAnalysis(s *Set) *analysis {
	a := newAnalysis(s)
	for _, r := range s.rules {
		// What the defaults exclude from it they exclude from the rules below too.
		if r.stop && !r.disabled && len(r.ownBlocks()) == 1 && len(a.stops) < maxStops {
			a.stops = append(a.stops, r)
		}
		for _, c := range r.copies {
			if !r.disabled && (c.setsTagsOrACL() || c.rewrites() && c.rewriteInPlace) && s.mayBeInPlace(c) {
				a.inPlaceCopies = append(a.inPlaceCopies, c)
			}
		}
	}
	return a
}

// blockKeys is what the conditions of a block on the key accept.
type blockKeys struct {
	keys *keyset.Set // nil until it is needed
	ends []keyEnds   // see [block.keyEnds]; nil until they are needed
}

func (a *analysis) of(b *block) *blockKeys {
	k := a.blocks[b]
	if k == nil {
		k = &blockKeys{}
		a.blocks[b] = k
	}
	return k
}

// maxKept bounds the sets that an analysis keeps, and with them its memory.
const maxKept = 2000

// keep keeps a set. When there are too many, those so far are dropped: they are computed
// again if they are needed.
func (a *analysis) keep(id string, s *keyset.Set) {
	if len(a.sets) >= maxKept {
		clear(a.sets)
		clear(a.blocks)
	}
	a.sets[id] = s
}
