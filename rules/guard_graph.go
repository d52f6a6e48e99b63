package rules

import (
	"math"
	"slices"
)

// trigger says that a copy of one rule can make an object that another rule takes.
type trigger struct {
	spec    *copySpec
	objects objectSet
	to      *rule
	// growth is by how many bytes the key becomes longer at most; negative if
	// every such copy shortens it.
	growth int
	// endsThere says that nothing follows from what the other rule's copies make of it.
	endsThere bool
}

// unboundedGrowth is the growth of a copy whose key does not come from the source's.
const unboundedGrowth = math.MaxInt32

// triggers are, by rule, what its copies can trigger.
func (g *analysis) triggers() [][]trigger {
	all := make([][]trigger, len(g.set.rules))
	for i, r := range g.set.rules {
		if r.disabled || !slices.ContainsFunc(r.copies, g.mayWriteSource) {
			continue
		}
		for _, bucket := range g.set.sources {
			taken := g.takenBy(r, anyUpload(bucket))
			if taken.keys.IsEmpty() {
				continue
			}
			for _, c := range r.copies {
				for _, made := range g.madeBy(c, taken) {
					for _, j := range g.set.index.rulesUnder(made.bucket, made.keys.Prefix()) {
						to := g.set.rules[j]
						next := g.takenBy(to, made)
						if next.keys.IsEmpty() || made.inPlace && g.changesNothing(to, next) {
							continue
						}
						all[i] = append(all[i], trigger{c, made, to, c.keyGrowth(taken.keys), made.inPlace && g.triggersNothing(to, next)})
					}
				}
			}
		}
	}
	return all
}

// triggerCycles are the groups of rules that can trigger one another, or themselves.
func triggerCycles(edges [][]trigger) [][]*rule {
	// Tarjan's strongly connected components, without recursion.
	n := len(edges)
	order, low, onStack := make([]int, n), make([]int, n), make([]bool, n)
	var stack []int
	var found [][]*rule
	count := 0
	type frame struct{ node, edge int }
	for root := range n {
		if order[root] > 0 || len(edges[root]) == 0 {
			continue
		}
		calls := []frame{{root, 0}}
		for len(calls) > 0 {
			f := &calls[len(calls)-1]
			v := f.node
			if f.edge == 0 && order[v] == 0 {
				count++
				order[v], low[v] = count, count
				stack, onStack[v] = append(stack, v), true
			}
			if f.edge < len(edges[v]) {
				w := int(edges[v][f.edge].to.index)
				f.edge++
				if edges[v][f.edge-1].endsThere {
					continue
				}
				if order[w] == 0 {
					calls = append(calls, frame{w, 0})
				} else if onStack[w] {
					low[v] = min(low[v], order[w])
				}
				continue
			}
			calls = calls[:len(calls)-1]
			if len(calls) > 0 {
				parent := calls[len(calls)-1].node
				low[parent] = min(low[parent], low[v])
			}
			if low[v] != order[v] {
				continue
			}
			from := slices.Index(stack, v)
			members := slices.Clone(stack[from:])
			stack = stack[:from]
			slices.Sort(members)
			var circle []*rule
			for _, w := range members {
				onStack[w] = false
				if i := slices.IndexFunc(edges[w], func(e trigger) bool { return !e.endsThere && slices.Contains(members, int(e.to.index)) }); i >= 0 {
					circle = append(circle, edges[w][i].spec.rule)
				}
			}
			if len(circle) > 0 {
				found = append(found, circle)
			}
		}
	}
	return found
}

// maxCircle bounds the circles whose growth is worked out.
const maxCircle = 100

// keysShrink is whether every way round a circle makes the key shorter: then no
// chain of copies goes on for ever, for a key cannot become shorter for ever.
func keysShrink(circle []*rule, edges [][]trigger) bool {
	n := len(circle)
	if n > maxCircle {
		return false
	}
	const never = math.MinInt32
	grows := make([][]int, n) // the most a key can grow from one rule to another
	for i, r := range circle {
		grows[i] = slices.Repeat([]int{never}, n)
		for _, e := range edges[r.index] {
			if j := slices.Index(circle, e.to); j >= 0 && !e.endsThere {
				grows[i][j] = max(grows[i][j], e.growth)
			}
		}
	}
	for via := range n {
		for i := range n {
			for j := range n {
				if grows[i][via] > never && grows[via][j] > never {
					grows[i][j] = min(max(grows[i][j], grows[i][via]+grows[via][j]), unboundedGrowth)
				}
			}
			if grows[i][i] >= 0 {
				return false
			}
		}
	}
	return true
}

// longestChain is the longest chain of copies by which rules can trigger one another,
// circles aside; its length is the number of hops.
func longestChain(edges [][]trigger, circles [][]*rule) []trigger {
	inCircle := map[*rule]int{}
	for i, c := range circles {
		for _, r := range c {
			inCircle[r] = i + 1
		}
	}
	known := make([][]trigger, len(edges))
	done := make([]bool, len(edges))
	var from func(i int) []trigger
	from = func(i int) []trigger {
		if done[i] {
			return known[i]
		}
		done[i] = true
		var best []trigger
		for _, e := range edges[i] {
			var rest []trigger
			if c := inCircle[e.to]; e.endsThere {
			} else if c > 0 && c == inCircle[e.spec.rule] {
				continue
			} else {
				rest = from(int(e.to.index))
			}
			if len(rest)+1 > len(best) {
				best = append([]trigger{e}, rest...)
			}
		}
		known[i] = best
		return best
	}
	var best []trigger
	for i := range edges {
		if path := from(i); len(path) > len(best) {
			best = path
		}
	}
	return best
}
