package randomrules

import (
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
)

// Random makes files and objects. The same seed makes the same ones in the same order.
type Random struct{ *rand.Rand }

// New returns what a seed makes.
func New(seed uint64) *Random { return &Random{rand.New(rand.NewPCG(seed, 0))} }

// Seeds runs a test with each of the seeds 1 to n, until one fails. With AFTERPUT_SOAK, it runs with that seed and the
// 999 after it; see make soak.
func Seeds(t *testing.T, n uint64, test func(t *testing.T, seed uint64)) {
	t.Helper()
	first := uint64(1)
	if soak := os.Getenv("AFTERPUT_SOAK"); soak != "" {
		var err error
		if first, err = strconv.ParseUint(soak, 10, 64); err != nil {
			t.Fatalf("AFTERPUT_SOAK is %q, must be the first seed", soak)
		}
		n = 1000
	}
	for seed := first; seed < first+n && !t.Failed(); seed++ {
		test(t, seed)
		if t.Failed() {
			t.Logf("seed %d; to run it again: AFTERPUT_SOAK=%d go test -run '^%s$'", seed, seed, t.Name())
		}
	}
}

// chance reports true in so many of 100 cases.
func (r *Random) chance(percent int) bool { return r.IntN(100) < percent }

// OneOf returns one of the values.
func OneOf[T any](r *Random, values []T) T { return values[r.IntN(len(values))] }

// some returns one to three of the values, each once.
func some[T any](r *Random, values []T) []T {
	chosen := make([]T, 0, 3)
	for _, i := range r.Perm(len(values))[:1+r.IntN(min(3, len(values)))] {
		chosen = append(chosen, values[i])
	}
	return chosen
}

// quoted writes a text as YAML on one line.
func quoted(s string) string { return strconv.Quote(s) }

// list writes texts as one value, or as a list.
func list(texts []string) string {
	if len(texts) == 1 {
		return quoted(texts[0])
	}
	all := make([]string, len(texts))
	for i, s := range texts {
		all[i] = quoted(s)
	}
	return "[" + strings.Join(all, ", ") + "]"
}
