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
	g := newGuardian(s)
	for _, r := range s.rules {
		for _, c := range r.copies {
			l.inPlace(g, c)
		}
	}
	edges := g.edges()
	circles := circles(edges)
	for _, circle := range circles {
		if shrinking(circle, edges) {
			continue
		}
		if found := g.around(circle); found != nil {
			l.tellLoop(g, circle, found.loop())
		}
	}
	if len(l.problems) == 0 {
		if path := longest(edges, circles); len(path) > maxHops {
			l.tellLong(path)
		}
	}
}

// link is one copy of a chain, and what it makes.
type link struct {
	spec *copySpec
	made written
}

// chain is copies that follow from one another.
type chain []link

// maxSteps bounds the following of sets. What is left then is taken to go round.
const maxSteps = 5000

// around follows the copies of rules that can trigger one another, and gives a
// chain that comes to a copy for the second time and goes on for more than
// maxHops; nil if every chain ends before.
func (g *guardian) around(circle []*rule) chain {
	g.work = 0
	most := 1
	for _, r := range circle {
		most += len(r.copies)
	}
	most = max(most, maxHops+2)
	for _, r := range circle {
		for _, bucket := range g.set.sources {
			if found := g.follow(r, anyUpload(bucket), circle, most, nil); found != nil {
				return found
			}
		}
	}
	return nil
}

// follow gives the first chain of that many copies behind before.
func (g *guardian) follow(r *rule, o written, circle []*rule, most int, before chain) chain {
	g.work++
	taken := g.taken(r, o)
	if taken.keys.IsEmpty() {
		return nil
	}
	for _, c := range r.copies {
		for _, made := range g.copied(c, taken) {
			longer := append(before[:len(before):len(before)], link{c, made})
			if len(longer) >= most || g.work > maxSteps {
				return longer
			}
			for _, i := range g.set.index.near(made.bucket, made.keys.Prefix()) {
				if next := g.set.rules[i]; slices.Contains(circle, next) {
					if found := g.follow(next, made, circle, most, longer); found != nil {
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
func (c chain) loop() chain {
	for length := 1; length < len(c); length++ {
		for from := 0; from+length < len(c); from++ {
			if c[from].spec == c[from+length].spec {
				return c[from : from+length]
			}
		}
	}
	return nil
}
