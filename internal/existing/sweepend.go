package existing

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"

	"afterput/events"
	"afterput/internal/copier"
	"afterput/internal/osscall"
	"afterput/internal/relay"
)

// againFile has the events of objects that sweeps could not copy. Their copies may have been accepted all the same, and
// take effect over the copy of a newer version. Only a second attempt at the same version finds that out: the next
// sweep would take such a destination for one that was written by others later.
const againFile = "again.jsonl"

// tryAgain makes the copies that earlier sweeps could not make. What fails once more is kept, unless it always will.
func (s *Sweeper) tryAgain(ctx context.Context, inv relay.Invocation, store Store) error {
	lines, ok, err := store.Get(ctx, againFile)
	if err != nil || !ok {
		return err
	}
	inv.BucketACLs = new(copier.BucketACLs)
	var kept []byte
	for line := range bytes.Lines(lines) {
		objects, err := events.Parse(line)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(objects, func(o events.Object) bool { return s.fails(ctx, inv, o) }) {
			kept = append(kept, line...)
		}
	}
	ctx, closed := osscall.Closing(ctx)
	defer closed()
	switch len(kept) {
	case 0:
		return store.Delete(ctx, againFile)
	case len(lines):
		return nil
	}
	return store.Put(ctx, againFile, kept)
}

// fails makes the copies of one object, and reports whether one has failed that may succeed later.
func (s *Sweeper) fails(ctx context.Context, inv relay.Invocation, o events.Object) bool {
	r := s.Handler.Object(ctx, inv, o)
	return r.Error != nil && !r.Error.Permanent || slices.ContainsFunc(r.Copies, func(c relay.CopyReport) bool {
		return c.Error != nil && !c.Error.Permanent
	})
}

// whole reports whether the runs of a sweep that was stopped exist. They do not if the sweep has ended, and a write of
// its progress took effect after that.
func (p *progress) whole(ctx context.Context, store Store) (bool, error) {
	for _, r := range slices.Concat(p.Wants, p.Findings) {
		if ok, err := store.Has(ctx, r.Name); err != nil || !ok {
			return false, err
		}
	}
	return true, nil
}

// endSweep removes the files of a sweep that is complete or given up, and keeps what it could not copy. The progress is
// removed last, so that a sweep which is stopped meanwhile is ended by the next one.
func endSweep(ctx context.Context, store Store, p *progress) error {
	if err := keepFailures(ctx, store, p); err != nil {
		return err
	}
	for n := 1; n <= p.Files; n++ {
		if err := store.Delete(ctx, runFile(p.ID, n)); err != nil {
			return err
		}
	}
	for n := 1; n <= p.HandOver.Failures; n++ {
		if err := store.Delete(ctx, failuresFile(n)); err != nil {
			return err
		}
	}
	if err := p.deleteLeftovers(ctx, store); err != nil {
		return err
	}
	return store.Delete(ctx, progressFile)
}

// keepFailures adds a sweep's failures that may succeed later to those that the next sweep tries again.
func keepFailures(ctx context.Context, store Store, p *progress) error {
	if p.HandOver.Failures == 0 {
		return nil
	}
	before, _, err := store.Get(ctx, againFile)
	if err != nil {
		return err
	}
	known := make(map[string]bool)
	for line := range bytes.Lines(before) {
		known[string(line)] = true
	}
	all := bytes.Clone(before)
	for n := 1; n <= p.HandOver.Failures; n++ {
		content, _, err := store.Get(ctx, failuresFile(n))
		if err != nil {
			return err
		}
		for line := range bytes.Lines(content) {
			if !known[string(line)] && passes(line) {
				all = append(all, line...)
			}
		}
	}
	if len(all) == len(before) {
		return nil
	}
	return store.Put(ctx, againFile, all)
}

// passes reports whether one of the reasons of a failure may pass.
func passes(line []byte) bool {
	var f Failure
	return json.Unmarshal(line, &f) == nil && slices.ContainsFunc(f.Reasons, func(r FailureReason) bool {
		return r.Error == nil || !r.Error.Permanent
	})
}
