// Package sorted keeps records in the order of their keys, more of them than fit into memory: a [Buffer] collects some
// and becomes a run, a sorted file in a [Store]; [Merge] reads all runs as one sequence. That takes some 100 KiB of
// memory for each run that is read at the same time; [Rewrite] makes those fewer. Runs are never changed, so that work
// which was stopped goes on with those that it had written.
package sorted

import "context"

// Store has the runs that were written.
type Store interface {
	// ReadAt fills b with the bytes of a file from an offset on.
	ReadAt(ctx context.Context, name string, b []byte, offset int64) error
}

// Record is a key and what belongs to it. Several records may have the same key.
type Record struct{ Key, Value []byte }

// Run names a run.
type Run struct {
	Name    string `json:"name"`
	Size    int64  `json:"size"`  // bytes
	Index   int64  `json:"index"` // offset of the index in it
	Records int64  `json:"records"`
	First   []byte `json:"first,omitempty"` // key of its first record
	// Follows says that the run goes on where the run before it in a list ends: they are read one after the other.
	Follows bool `json:"follows,omitempty"`
}

// sequences are runs of which those that follow each other are together.
func sequences(runs []Run) (all [][]Run) {
	for from := 0; from < len(runs); {
		to := from + 1
		for to < len(runs) && runs[to].Follows {
			to++
		}
		all = append(all, runs[from:to])
		from = to
	}
	return all
}

// Together is how many of the runs are read at the same time.
func Together(runs []Run) int { return len(sequences(runs)) }
