package sorted

import (
	"bytes"
	"container/heap"
	"context"
	"io"
	"slices"
)

// Merge reads runs as one sequence.
type Merge struct {
	readers readers
	upTo    []byte
	err     error
}

// Open begins to read runs behind the key after; nil is the first. It ends with upTo; nil is the last key. Records of
// the same key come in the order of the runs.
func Open(ctx context.Context, from Store, runs []Run, after, upTo []byte) (*Merge, error) {
	m := &Merge{upTo: upTo}
	var unpacked unpacker
	for i, some := range sequences(runs) {
		r := &reader{ctx: ctx, store: from, runs: some, order: i, unpacker: &unpacked}
		if err := r.seek(after); err == io.EOF {
			continue
		} else if err != nil {
			return nil, err
		}
		m.readers = append(m.readers, r)
	}
	heap.Init(&m.readers)
	return m, nil
}

// Next gives the next record, whose bytes stay valid until Next is called again; ok is false after the last one.
func (m *Merge) Next() (rec Record, ok bool, err error) {
	if m.err != nil {
		return rec, false, m.err
	}
	if len(m.readers) > 0 && m.readers[0].given {
		if m.err = m.readers[0].advance(); m.err == io.EOF {
			m.err = nil
			heap.Pop(&m.readers)
		} else if m.err != nil {
			return rec, false, m.err
		} else {
			heap.Fix(&m.readers, 0)
		}
	}
	if len(m.readers) == 0 {
		return rec, false, nil
	}
	first := m.readers[0]
	if m.upTo != nil && bytes.Compare(first.record.Key, m.upTo) > 0 {
		return rec, false, nil
	}
	first.given = true
	return first.record, true, nil
}

// Unread makes Next give the latest record again.
func (m *Merge) Unread() { m.readers[0].given = false }

// Places gives up to n-1 keys that divide the records of runs into n parts of about the same length: each part ends
// with one of them.
func Places(ctx context.Context, from Store, runs []Run, n int) ([][]byte, error) {
	var firsts [][]byte
	for _, some := range sequences(runs) {
		if len(some) > 1 { // of about the same length, and most of all records lie in such
			for _, run := range some {
				firsts = append(firsts, run.First)
			}
		}
	}
	if len(firsts) == 0 {
		var err error
		if firsts, err = blockKeys(ctx, from, runs); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(firsts, bytes.Compare)
	firsts = slices.CompactFunc(firsts, bytes.Equal)
	var places [][]byte
	for i := 1; i < n && len(firsts) >= n; i++ {
		places = append(places, firsts[i*len(firsts)/n])
	}
	return places, nil
}

// blockKeys are the first keys of all blocks.
func blockKeys(ctx context.Context, from Store, runs []Run) (firsts [][]byte, err error) {
	for i := range runs {
		r := reader{ctx: ctx, store: from, runs: runs[i : i+1], unpacker: new(unpacker)}
		if err := r.readIndex(); err != nil {
			return nil, err
		}
		for _, b := range r.blocks {
			firsts = append(firsts, b.first)
		}
	}
	return firsts, nil
}

// readers is a heap, the least key first.
type readers []*reader

func (r readers) Len() int { return len(r) }
func (r readers) Less(i, j int) bool {
	c := bytes.Compare(r[i].record.Key, r[j].record.Key)
	return c < 0 || c == 0 && r[i].order < r[j].order
}
func (r readers) Swap(i, j int) { r[i], r[j] = r[j], r[i] }
func (r *readers) Push(x any)   { *r = append(*r, x.(*reader)) }
func (r *readers) Pop() any {
	last := (*r)[len(*r)-1]
	*r = (*r)[:len(*r)-1]
	return last
}
