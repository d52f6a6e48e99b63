package rules

import (
	"math"
	"slices"
)

// edge says that a copy of one rule can make an object that another rule takes.
type edge struct {
	spec *copySpec
	made written
	to   *rule
	// grows is by how many bytes the key becomes longer at most; negative if
	// every such copy shortens it.
	grows int
	// last says that nothing follows from what the other rule's copies make of it.
	last bool
}

// unbounded is the growth of a copy whose key does not come from the source's.
const unbounded = math.MaxInt32

// edges are, by rule, what its copies can trigger.
func (g *guardian) edges() [][]edge {
	all := make([][]edge, len(g.set.rules))
	for i, r := range g.set.rules {
		if r.disabled || !slices.ContainsFunc(r.copies, g.mayWriteSource) {
			continue
		}
		for _, bucket := range g.set.sources {
			taken := g.taken(r, anyUpload(bucket))
			if taken.keys.IsEmpty() {
				continue
			}
			for _, c := range r.copies {
				for _, made := range g.copied(c, taken) {
					for _, j := range g.set.index.near(made.bucket, made.keys.Prefix()) {
						to := g.set.rules[j]
						next := g.taken(to, made)
						if next.keys.IsEmpty() || made.inPlace && g.idle(to, next) {
							continue
						}
						all[i] = append(all[i], edge{c, made, to, c.grows(taken.keys), made.inPlace && g.ends(to, next)})
					}
				}
			}
		}
	}
	return all
}

// circles are the groups of rules that can trigger one another, or themselves.
func circles(edges [][]edge) [][]*rule {
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
				if edges[v][f.edge-1].last {
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
				if i := slices.IndexFunc(edges[w], func(e edge) bool { return !e.last && slices.Contains(members, int(e.to.index)) }); i >= 0 {
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

// shrinking is whether every way round a circle makes the key shorter: then no
// chain of copies goes on for ever, for a key cannot become shorter for ever.
func shrinking(circle []*rule, edges [][]edge) bool {
	n := len(circle)
	if n > maxCircle {
		return false
	}
	const never = math.MinInt32
	grows := make([][]int, n) // the most a key can grow from one rule to another
	for i, r := range circle {
		grows[i] = slices.Repeat([]int{never}, n)
		for _, e := range edges[r.index] {
			if j := slices.Index(circle, e.to); j >= 0 && !e.last {
				grows[i][j] = max(grows[i][j], e.grows)
			}
		}
	}
	for via := range n {
		for i := range n {
			for j := range n {
				if grows[i][via] > never && grows[via][j] > never {
					grows[i][j] = min(max(grows[i][j], grows[i][via]+grows[via][j]), unbounded)
				}
			}
			if grows[i][i] >= 0 {
				return false
			}
		}
	}
	return true
}

// longest is the longest chain of copies by which rules can trigger one another,
// circles aside; its length is the number of hops.
func longest(edges [][]edge, circles [][]*rule) []edge {
	inCircle := map[*rule]int{}
	for i, c := range circles {
		for _, r := range c {
			inCircle[r] = i + 1
		}
	}
	known := make([][]edge, len(edges))
	done := make([]bool, len(edges))
	var from func(i int) []edge
	from = func(i int) []edge {
		if done[i] {
			return known[i]
		}
		done[i] = true
		var best []edge
		for _, e := range edges[i] {
			var rest []edge
			if c := inCircle[e.to]; e.last {
			} else if c > 0 && c == inCircle[e.spec.rule] {
				continue
			} else {
				rest = from(int(e.to.index))
			}
			if len(rest)+1 > len(best) {
				best = append([]edge{e}, rest...)
			}
		}
		known[i] = best
		return best
	}
	var best []edge
	for i := range edges {
		if path := from(i); len(path) > len(best) {
			best = path
		}
	}
	return best
}
