package rules

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestNodesAreInOneCycleIfEachReachesTheOther(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 8).Draw(t, "nodes")
		next := make([][]int, n)
		for i := range next {
			next[i] = rapid.SliceOf(rapid.IntRange(0, n-1)).Draw(t, "edges")
		}
		cycles := cyclesOf(next)
		in := make([]int, n) // the number of each node's cycle, -1 if it is in none
		for i := range in {
			in[i] = slices.IndexFunc(cycles, func(c []int) bool { return slices.Contains(c, i) })
		}
		for pair := range n * n {
			a, b := pair/n, pair%n
			if together := reaches(next, a, b) && reaches(next, b, a); together != (in[a] >= 0 && in[a] == in[b]) {
				t.Fatalf("%v: nodes %d and %d: %v", next, a, b, cycles)
			}
			if in[a] >= 0 && in[b] > in[a] && slices.Contains(next[a], b) {
				t.Fatalf("%v: the cycle of %d comes before that of %d", next, a, b)
			}
		}
	})
}

// reaches reports whether one edge or more lead from one node to another.
func reaches(next [][]int, from, to int) bool {
	seen := map[int]bool{}
	for todo := slices.Clone(next[from]); len(todo) > 0; todo = todo[1:] {
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
