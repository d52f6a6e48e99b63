package rules

import "slices"

// cyclesOf returns the strongly connected components of a directed graph: the groups of
// nodes each of which can be reached from every node of its group, itself included. next
// lists, by node, the nodes to which its edges lead. A node that is in no cycle is in no
// group. A group comes after those that can be reached from it.
//
// The algorithm is Tarjan's: one depth-first search, linear in nodes and edges.
func cyclesOf(next [][]int) [][]int {
	t := &tarjan{
		next: next, order: make([]int, len(next)), low: make([]int, len(next)), onStack: make([]bool, len(next)),
	}
	for node := range next {
		if t.order[node] == 0 && len(next[node]) > 0 {
			t.visit(node)
		}
	}
	return t.groups
}

// tarjan is the state of one search.
type tarjan struct {
	next    [][]int
	visited int    // nodes so far
	order   []int  // when a node was visited, from 1; 0 if it was not yet
	low     []int  // the earliest node on the stack that is known to be reachable
	stack   []int  // visited nodes whose group is not complete
	onStack []bool // by node
	groups  [][]int
}

// visit searches from a node. A file has at most tens of thousands of rules, for which
// Go's stack is large enough.
func (t *tarjan) visit(node int) {
	t.visited++
	t.order[node], t.low[node] = t.visited, t.visited
	t.stack, t.onStack[node] = append(t.stack, node), true
	for _, to := range t.next[node] {
		if t.order[to] == 0 {
			t.visit(to)
			t.low[node] = min(t.low[node], t.low[to])
		} else if t.onStack[to] {
			t.low[node] = min(t.low[node], t.order[to])
		}
	}
	if t.low[node] < t.order[node] {
		return
	}
	first := slices.Index(t.stack, node)
	group := t.stack[first:]
	t.stack = t.stack[:first]
	for _, member := range group {
		t.onStack[member] = false
	}
	if len(group) > 1 || slices.Contains(t.next[node], node) {
		t.groups = append(t.groups, slices.Clone(group))
	}
}
