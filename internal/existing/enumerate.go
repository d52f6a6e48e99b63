package existing

import (
	"context"
	"fmt"

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
		walk := listing.Walk{Lister: j.Lister, Bucket: s.Bucket, Prefix: j.Select.Prefix, Workers: j.Workers,
			Page: func(ctx context.Context, entries []listing.Entry) (func([]listing.Range) error, error) {
				return j.page(ctx, s, entries)
			}}
		if err := walk.Run(ctx, s.Left); err != nil {
			return fmt.Errorf("list %s: %w", s.Bucket, err)
		}
		j.mu.Lock()
		s.Done, s.Left = true, nil
		j.mu.Unlock()
	}
	return nil
}

// page plans the copies of one page of objects. What it returns adds them to the records, once the ranges that are left
// are those without this page.
func (j *Job) page(
	ctx context.Context, s *source, entries []listing.Entry,
) (func([]listing.Range) error, error) {
	var some []listing.Entry
	for i := range entries {
		if j.Select.has(&entries[i]) && !j.planner.copier.Owns(s.Bucket, entries[i].Key) {
			some = append(some, entries[i])
		}
	}
	all, err := j.planner.wants(ctx, s.Bucket, some)
	if err != nil {
		return nil, err
	}
	return func(left []listing.Range) error {
		j.mu.Lock()
		defer j.mu.Unlock()
		j.state.Counts.Objects += int64(len(some))
		for _, ws := range all {
			j.add(ws)
		}
		s.Left = left
		j.report()
		if j.buffer.Size() < j.Memory {
			return nil
		}
		return j.flush(ctx, &j.state.Wants)
	}, nil
}

// add adds the wanted copies of one object to the records. The caller holds mu.
func (j *Job) add(ws []want) {
	wanted := false
	for i := range ws {
		if j.Select.Rule == "" || ws[i].Rule == j.Select.Rule {
			wanted = true
			j.buffer.Add(j.codec.byDestination(&ws[i]))
		}
	}
	if !wanted {
		j.state.Counts.Unwanted++
	}
}
