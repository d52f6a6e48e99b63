package existing

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"afterput/internal/listing"
)

// enumerate finds the objects of all sources, plans their copies, and writes what is wanted, by destination.
func (j *Job) enumerate(ctx context.Context) error {
	return j.end(ctx, j.list(ctx), &j.state.Wants, Comparing)
}

// list lists all sources.
func (j *Job) list(ctx context.Context) error {
	for i := range j.state.Sources {
		s := &j.state.Sources[i]
		if s.Done {
			continue
		}
		if err := j.listSource(ctx, s); err != nil && !errors.Is(err, errSampled) {
			return fmt.Errorf("list %s: %w", s.Bucket, err)
		}
		j.mu.Lock()
		s.Done, s.Left, s.File, s.Page = true, nil, 0, 0
		j.mu.Unlock()
	}
	return nil
}

// listers is how many pages of listings are worked on at most at once. Each takes about a megabyte, and so many in 20
// ms are more than a processor reads.
const listers = 16

// listSource finds the objects of one source: those of a list of keys, of its inventory, or of a listing.
func (j *Job) listSource(ctx context.Context, s *source) error {
	if j.Keys != nil {
		return j.listKeys(ctx, s)
	}
	if inv := j.inventoryOf(s.Bucket); inv != nil {
		return j.readInventory(ctx, s, inv)
	}
	walk := listing.Walk{Lister: j.Lister, Bucket: s.Bucket, Prefix: j.Select.Prefix, Workers: min(j.Workers, listers),
		Page: func(ctx context.Context, entries []listing.Entry) (func([]listing.Range), error) {
			some, all, err := j.plan(ctx, s, entries)
			// Saved without a range left, it would be listed from its beginning again.
			return func(left []listing.Range) {
				j.page(some, all, func() { s.Left, s.Done = left, len(left) == 0 })
			}, err
		},
		Between: j.flushWants}
	if j.Sample > 0 {
		j.sample(&walk)
	}
	return walk.Run(ctx, s.Left)
}

// readInventory finds the objects of one source in its inventory.
func (j *Job) readInventory(ctx context.Context, s *source, inv Inventory) error {
	looked := 0 // for a sample
	for s.File < inv.Files() {
		n := 0
		err := inv.Read(ctx, s.File, func(entries []listing.Entry) error {
			if n++; n <= s.Page { // taken before the job was stopped
				return nil
			}
			entries = slices.DeleteFunc(entries, func(e listing.Entry) bool {
				return !strings.HasPrefix(e.Key, j.Select.Prefix)
			})
			some, all, err := j.plan(ctx, s, entries)
			if err != nil {
				return err
			}
			j.page(some, all, func() { s.Page = n })
			if looked += len(entries); j.Sample > 0 && looked >= j.Sample {
				j.looked(looked, true) // which may be all: the inventory does not say how many follow
				return errSampled
			}
			return j.flushWants(ctx)
		})
		if err != nil {
			return err
		}
		j.mu.Lock()
		s.File, s.Page = s.File+1, 0
		j.mu.Unlock()
	}
	j.looked(looked, false)
	return nil
}

// listKeys finds the objects of one source that a list of keys names, several parts of it at the same time.
func (j *Job) listKeys(ctx context.Context, s *source) error {
	parts := slices.Collect(slices.Chunk(inOrder(j.Keys[s.Bucket]), listing.MaxKeys))
	for round := range slices.Chunk(parts[s.Page:], min(j.Workers, listers)) {
		found := make([]foundKeys, len(round))
		group, within := errgroup.WithContext(ctx)
		for i, keys := range round {
			group.Go(func() (err error) {
				found[i], err = j.findKeys(within, s, keys)
				return err
			})
		}
		if err := group.Wait(); err != nil {
			return err
		}
		for _, f := range found {
			j.page(f.some, f.all, func() { j.absent(s.Bucket, f.absent); s.Page++ })
			if err := j.flushWants(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// foundKeys are the objects of a part of a list of keys, and the keys without one.
type foundKeys struct {
	some   []listing.Entry // that are selected
	all    [][]want
	absent []string
}

// findKeys finds objects by their keys, which are in order: neighbours are found by the same listing request.
func (j *Job) findKeys(ctx context.Context, s *source, keys []string) (f foundKeys, err error) {
	var entries []listing.Entry
	bucket := newHeld(j.Lister, s.Bucket)
	for _, key := range keys {
		e, ok, err := bucket.at(ctx, key)
		if err != nil {
			return f, err
		}
		if !ok {
			f.absent = append(f.absent, key)
		} else if strings.HasPrefix(key, j.Select.Prefix) {
			entries = append(entries, e)
		}
	}
	f.some, f.all, err = j.plan(ctx, s, entries)
	return f, err
}

// inOrder are keys sorted, each once.
func inOrder(keys []string) []string { return slices.Compact(slices.Sorted(slices.Values(keys))) }

// digestOf tells one list of keys from another, in whatever order they are; "" if there is none.
func digestOf(keys map[string][]string) string {
	if keys == nil {
		return ""
	}
	sum := sha256.New()
	for _, bucket := range slices.Sorted(maps.Keys(keys)) {
		for _, key := range inOrder(keys[bucket]) {
			sum.Write(append(objectKey(bucket, key), 0))
		}
	}
	return hex.EncodeToString(sum.Sum(nil)[:8])
}

// absent counts objects that the list of keys names and that do not exist. The caller holds mu.
func (j *Job) absent(bucket string, keys []string) {
	for _, key := range keys {
		j.state.Counts.Objects++
		w := want{Bucket: bucket, Source: listing.Entry{Key: key}, Verdict: Superseded,
			Reason: "the object does not exist"}
		j.buffer.Add(j.codec.byDestination(&w))
	}
}

// plan plans the copies of those objects of a page that are selected.
func (j *Job) plan(ctx context.Context, s *source, entries []listing.Entry) ([]listing.Entry, [][]want, error) {
	some := make([]listing.Entry, 0, len(entries))
	for i := range entries {
		if j.Select.has(&entries[i]) && !j.planner.copier.Owns(s.Bucket, entries[i].Key) {
			some = append(some, entries[i])
		}
	}
	all, err := j.planner.wants(ctx, s.Bucket, some)
	return some, all, err
}

// page adds the wanted copies of a page to the records, and notes with taken that the enumeration has come so far.
func (j *Job) page(some []listing.Entry, all [][]want, taken func()) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.state.Counts.Objects += int64(len(some))
	for _, ws := range all {
		j.add(ws)
	}
	taken()
	j.report()
}

func (j *Job) flushWants(ctx context.Context) error { return j.flush(ctx, &j.state.Wants) }

// add adds the wanted copies of one object to the records. The caller holds mu.
func (j *Job) add(ws []want) {
	wanted := false
	for i := range ws {
		if j.Select.Rule == "" || ws[i].Rule == j.Select.Rule || ws[i].Rule == "" {
			wanted = true
			j.buffer.Add(j.codec.byDestination(&ws[i]))
		}
	}
	if !wanted {
		j.state.Counts.Unwanted++
	}
}
