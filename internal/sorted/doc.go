// Package sorted keeps records in the order of their keys, more of them than fit into memory: a [Buffer] collects some
// and becomes a run, a sorted file in a [Store]; [Merge] reads all runs as one sequence. Memory does not depend on the
// number of records, but for some 100 KiB a run. Runs are never changed, so that work which was stopped goes on with
// those that it had written.
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
}
