package sorted

import (
	"context"
	"slices"
)

// rewrittenSize is about how many bytes a run has that Rewrite writes.
const rewrittenSize = 4 << 20

// Rewrite merges runs into runs that are read one after the other, which replace them. name gives the name of each, put
// writes it.
func Rewrite(
	ctx context.Context, from Store, runs []Run, name func() string, put func(name string, content []byte) error,
) ([]Run, error) {
	return rewrite(ctx, rewrittenSize, from, runs, name, put)
}

func rewrite(
	ctx context.Context, size int, from Store, runs []Run, name func() string, put func(string, []byte) error,
) (rewritten []Run, err error) {
	merge, err := Open(ctx, from, runs, nil, nil)
	if err != nil {
		return nil, err
	}
	begin := func() *writer {
		w := newWriter(name())
		w.content.Grow(size + blockSize) // grown as it is written, it would take thrice as much
		return w
	}
	w := begin()
	finish := func() error {
		run, content := w.finish()
		run.Follows = len(rewritten) > 0
		rewritten = append(rewritten, run)
		return put(run.Name, content)
	}
	for {
		r, ok, err := merge.Next()
		if err != nil {
			return nil, err
		}
		if !ok {
			return rewritten, finish()
		}
		if w.content.Len() >= size {
			if err := finish(); err != nil {
				return nil, err
			}
			w = begin()
		}
		w.add(r)
	}
}

// Groups are the runs in groups of which at most n are read at the same time, in their order.
func Groups(runs []Run, n int) (groups [][]Run) {
	for some := range slices.Chunk(sequences(runs), n) {
		groups = append(groups, slices.Concat(some...))
	}
	return groups
}
