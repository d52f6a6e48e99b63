package rules

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestNodesAreConnectedIfEachReachesTheOther(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 8).Draw(t, "nodes")
		next := make([][]int, n)
		for i := range next {
			next[i] = rapid.SliceOf(rapid.IntRange(0, n-1)).Draw(t, "edges")
		}
		components := stronglyConnected(next)
		if count := len(slices.Concat(components...)); count != n {
			t.Fatalf("%v: %d nodes in components", next, count)
		}
		component := make([]int, n)
		for i := range component {
			component[i] = slices.IndexFunc(components, func(c []int) bool { return slices.Contains(c, i) })
		}
		for pair := range n * n {
			a, b := pair/n, pair%n
			if together := reaches(next, a, b) && reaches(next, b, a); together != (component[a] == component[b]) {
				t.Fatalf("%v: nodes %d and %d: %v", next, a, b, component)
			}
			if component[a] < component[b] && slices.Contains(next[a], b) {
				t.Fatalf("%v: component of %d comes before that of %d", next, a, b)
			}
		}
	})
}

// reaches reports whether edges lead from one node to another.
func reaches(next [][]int, from, to int) bool {
	seen := map[int]bool{}
	for todo := []int{from}; len(todo) > 0; todo = todo[1:] {
		if todo[0] == to {
			return true
		}
		if !seen[todo[0]] {
			seen[todo[0]] = true
			todo = append(todo, next[todo[0]]...)
		}
	}
	return false
}
