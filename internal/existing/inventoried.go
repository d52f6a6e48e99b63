package existing

import (
	"context"
	"fmt"

	"afterput/internal/listing"
	"afterput/internal/sorted"
)

// sortInventories sorts the inventories of destinations by key, which those of OSS are not.
func (j *Job) sortInventories(ctx context.Context) error {
	for _, inv := range j.Inventories {
		if _, done := j.state.Held[inv.Bucket()]; done || !j.isDestination(inv.Bucket()) {
			continue
		}
		runs, err := j.sortInventory(ctx, inv)
		if err != nil {
			return err
		}
		err = j.write(ctx, func() []file {
			if j.state.Held == nil {
				j.state.Held = make(map[string][]sorted.Run)
			}
			j.state.Held[inv.Bucket()] = runs
			return nil
		})
		if err != nil {
			return err
		}
	}
	for bucket, runs := range j.state.Held {
		if err := j.rewrite(ctx, runs, func(runs []sorted.Run) { j.state.Held[bucket] = runs }); err != nil {
			return err
		}
	}
	return nil
}

func (j *Job) isDestination(bucket string) bool {
	for _, a := range j.Rules.Accesses() {
		if matchesPattern(a.Destination.Bucket, bucket) {
			return true
		}
	}
	return false
}

// matchesPattern reports whether a bucket is meant by a name that may end with *.
func matchesPattern(pattern, bucket string) bool {
	if n := len(pattern); n > 0 && pattern[n-1] == '*' {
		return len(bucket) >= n-1 && bucket[:n-1] == pattern[:n-1]
	}
	return pattern == bucket
}

// sortInventory writes the objects of an inventory as runs.
func (j *Job) sortInventory(ctx context.Context, inv Inventory) (runs []sorted.Run, err error) {
	var buffer sorted.Buffer
	flush := func() error {
		if buffer.Len() == 0 {
			return nil
		}
		run, content := buffer.Run(fmt.Sprintf("held-%s-%06d.run", inv.Bucket(), len(runs)+1))
		runs = append(runs, run)
		buffer.Reset()
		return j.Store.Put(ctx, run.Name, content)
	}
	for file := range inv.Files() {
		err := inv.Read(ctx, file, func(entries []listing.Entry) error {
			for i := range entries {
				w := want{Source: entries[i]}
				buffer.Add(sorted.Record{Key: []byte(entries[i].Key), Value: j.codec.appendWant(nil, &w)})
			}
			if buffer.Size() < j.Memory {
				return nil
			}
			return flush()
		})
		if err != nil {
			return nil, err
		}
	}
	return runs, flush()
}

// inventoried says what a destination's bucket holds by its inventory.
type inventoried struct {
	codec *codec
	merge *sorted.Merge
	next  listing.Entry
	ended bool
}

// newInventoried begins with a key.
func newInventoried(ctx context.Context, j *Job, runs []sorted.Run, key string) (*inventoried, error) {
	merge, err := sorted.Open(ctx, j.Store, runs, []byte(textBefore(key)), nil)
	if err != nil {
		return nil, err
	}
	i := &inventoried{codec: j.codec, merge: merge}
	return i, i.advance()
}

func (i *inventoried) advance() error {
	r, ok, err := i.merge.Next()
	if err != nil || !ok {
		i.ended = true
		return err
	}
	w, err := i.codec.want(r.Value)
	i.next = w.Source
	return err
}

// at gives the object with this key; ok is false if there is none.
func (i *inventoried) at(_ context.Context, key string) (listing.Entry, bool, error) {
	for !i.ended && i.next.Key < key {
		if err := i.advance(); err != nil {
			return listing.Entry{}, false, err
		}
	}
	return i.next, !i.ended && i.next.Key == key, nil
}
