package rules

import "slices"

// guard refuses a set whose copies could go round for ever. A copy into a
// source bucket raises an event that runs the function again; that this ends is
// made sure of before the first object. The guard computes with sets of objects
// instead of objects: all uploads that a rule may take, all that its copies can
// make of them, which rules may take those, and so on. Whatever cannot be ruled
// out counts as possible.
//
// Rules that can trigger one another in a circle are let pass only if every way
// round makes the key shorter, or if following the sets round shows that none
// is left in the end.
func (l *loader) guard(s *Set) {
	g := newAnalysis(s)
	for _, r := range s.rules {
		for _, c := range r.copies {
			l.checkInPlace(g, c)
		}
	}
	edges := g.triggers()
	circles := triggerCycles(edges)
	for _, circle := range circles {
		if keysShrink(circle, edges) {
			continue
		}
		if found := g.endlessChain(circle); found != nil {
			l.reportLoop(g, circle, found.loop())
		}
	}
	if len(l.problems) == 0 {
		if path := longestChain(edges, circles); len(path) > maxHops {
			l.reportLongChain(path)
		}
	}
}

// chainLink is one copy of a chain, and what it makes.
type chainLink struct {
	spec    *copySpec
	objects objectSet
}

// copyChain is copies that follow from one another.
type copyChain []chainLink

// maxSteps bounds the following of sets. What is left then is taken to go round.
const maxSteps = 5000

// endlessChain follows the copies of rules that can trigger one another, and gives a
// chain that comes to a copy for the second time and goes on for more than
// maxHops; nil if every chain ends before.
func (g *analysis) endlessChain(circle []*rule) copyChain {
	g.steps = 0
	most := 1
	for _, r := range circle {
		most += len(r.copies)
	}
	most = max(most, maxHops+2)
	for _, r := range circle {
		for _, bucket := range g.set.sources {
			if found := g.followCopies(r, anyUpload(bucket), circle, most, nil); found != nil {
				return found
			}
		}
	}
	return nil
}

// followCopies gives the first chain of that many copies behind before.
func (g *analysis) followCopies(r *rule, o objectSet, circle []*rule, most int, before copyChain) copyChain {
	g.steps++
	taken := g.takenBy(r, o)
	if taken.keys.IsEmpty() {
		return nil
	}
	for _, c := range r.copies {
		for _, made := range g.madeBy(c, taken) {
			longer := append(before[:len(before):len(before)], chainLink{c, made})
			if len(longer) >= most || g.steps > maxSteps {
				return longer
			}
			for _, i := range g.set.index.rulesUnder(made.bucket, made.keys.Prefix()) {
				if next := g.set.rules[i]; slices.Contains(circle, next) {
					if found := g.followCopies(next, made, circle, most, longer); found != nil {
						return found
					}
				}
			}
		}
	}
	return nil
}

// loop is the part of a chain that comes round to where it began: from a copy
// to the one before it comes again. It is nil if none does.
func (c copyChain) loop() copyChain {
	for length := 1; length < len(c); length++ {
		for from := 0; from+length < len(c); from++ {
			if c[from].spec == c[from+length].spec {
				return c[from : from+length]
			}
		}
	}
	return nil
}
