package localoss

import (
	"cmp"
	"iter"
	"slices"
	"strings"
)

// orderedMap is a map that keeps its keys in order: in runs of at most maxRun entries, so that an
// insertion moves only a few.
type orderedMap[K comparable, V any] struct {
	compare func(a, b K) int
	runs    [][]pair[K, V]
	count   int
}

type pair[K comparable, V any] struct {
	key   K
	value V
}

const maxRun = 256

func newOrderedMap[K comparable, V any](compare func(a, b K) int) orderedMap[K, V] {
	return orderedMap[K, V]{compare: compare}
}

func compareStrings(a, b string) int { return strings.Compare(a, b) }

func compareUploads(a, b uploadKey) int {
	return cmp.Or(strings.Compare(a.key, b.key), strings.Compare(a.id, b.id))
}

// seek finds the first entry whose key is not below k: its run and its place in the run.
func (x *orderedMap[K, V]) seek(k K) (run, at int, found bool) {
	run, _ = slices.BinarySearchFunc(x.runs, k, func(r []pair[K, V], k K) int {
		return x.compare(r[len(r)-1].key, k)
	})
	if run == len(x.runs) {
		return run, 0, false
	}
	at, found = slices.BinarySearchFunc(x.runs[run], k, func(p pair[K, V], k K) int { return x.compare(p.key, k) })
	return run, at, found
}

func (x *orderedMap[K, V]) get(k K) (v V, ok bool) {
	if run, at, found := x.seek(k); found {
		return x.runs[run][at].value, true
	}
	return v, false
}

func (x *orderedMap[K, V]) set(k K, v V) {
	run, at, found := x.seek(k)
	switch {
	case found:
		x.runs[run][at].value = v
		return
	case len(x.runs) == 0:
		x.runs = append(x.runs, nil)
	case run == len(x.runs):
		run--
		at = len(x.runs[run])
	}
	x.count++
	r := slices.Insert(x.runs[run], at, pair[K, V]{k, v})
	if len(r) <= maxRun {
		x.runs[run] = r
		return
	}
	// Keys are often inserted in order: a run that is only appended to is left full.
	cut := len(r) / 2
	if at == len(r)-1 {
		cut = at
	}
	x.runs[run] = slices.Clip(r[:cut])
	x.runs = slices.Insert(x.runs, run+1, slices.Clone(r[cut:]))
}

func (x *orderedMap[K, V]) delete(k K) {
	run, at, found := x.seek(k)
	if !found {
		return
	}
	x.count--
	x.runs[run] = slices.Delete(x.runs[run], at, at+1)
	if len(x.runs[run]) == 0 {
		x.runs = slices.Delete(x.runs, run, run+1)
	}
}

// from iterates over the entries in order, from the first whose key is not below k.
func (x *orderedMap[K, V]) from(k K) iter.Seq2[K, V] {
	return func(yield func(K, V) bool) {
		run, at, _ := x.seek(k)
		for ; run < len(x.runs); run, at = run+1, 0 {
			for _, p := range x.runs[run][at:] {
				if !yield(p.key, p.value) {
					return
				}
			}
		}
	}
}
