package main

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"afterput/events"
	"afterput/internal/copier"
	"afterput/internal/localoss"
	"afterput/rules"
)

// mostStreamed bounds the bytes that explain transfers for one copy. A larger object is copied as one of this size, in
// more parts: the requests are the same, and nobody waits for gigabytes that go nowhere.
const mostStreamed = 64 << 20

// rehearsal makes the copies of an object in a local OSS, whose requests are recorded.
type rehearsal struct {
	cmd      *explainCmd
	server   *localoss.Server
	engine   *copier.Copier
	recorder *recorder
	clock    *uploadClock
}

// copyAll makes the copies of an object, a change of the object itself only if no other has failed. allMade reports
// that every copy is in place.
func (s *rehearsal) copyAll(
	ctx context.Context, src *copier.Source, copies []rules.Copy, region string,
) (allMade bool, err error) {
	failed, allMade := false, true
	for _, c := range inOrder(copies, src.Object) {
		if c.Err == nil {
			if err := s.server.CreateBucket(c.Bucket, localoss.WithRegion(cmp.Or(c.Region, region))); err != nil {
				return false, err
			}
		}
		if failed && isInPlace(c, src.Object) {
			continue
		}
		copyOne := s.engine.Copy
		if client, _ := s.engine.Remote(c.Remote); client != nil && src.Object.Size.Value > mostStreamed {
			copyOne = s.copySmaller
		}
		result := copyOne(ctx, src, c).Result
		failed = failed || result == copier.Failed
		allMade = allMade && (result == copier.Copied || result == copier.Unchanged)
	}
	return allMade, nil
}

// copySmaller makes a copy like [copier.Copier.Copy], of a smaller object in the place of a large one, and records as
// many requests as the source's size takes.
func (s *rehearsal) copySmaller(ctx context.Context, src *copier.Source, c *rules.Copy) copier.Outcome {
	o, size := src.Object, src.Object.Size.Value
	if err := s.put(ctx, o, mostStreamed); err != nil {
		return copier.Outcome{Result: copier.Failed}
	}
	like := o
	like.Size = events.Some[int64](mostStreamed)
	instead := s.engine.Source(ctx, like)
	instead.RequestPayer, instead.BucketACLs = src.RequestPayer, src.BucketACLs
	before := len(s.recorder.sent)
	out := s.engine.Copy(ctx, instead, c)
	s.recorder.stretch(before, s.engine.Parts(mostStreamed), s.engine.Parts(size))
	if err := s.put(ctx, o, size); err != nil {
		return copier.Outcome{Result: copier.Failed}
	}
	return out
}

// put puts the object again, of another size.
func (s *rehearsal) put(ctx context.Context, o events.Object, size int64) error {
	o.Size = events.Some(size)
	_, err := s.cmd.upload(ctx, s.server, s.clock, &o)
	return err
}

// listedParts is how many parts one ListParts lists.
const listedParts = 1000

// stretch makes the requests from an index on those of a copy in another number of parts.
func (r *recorder) stretch(from, were, parts int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	sent := r.sent[:from:from]
	for _, one := range r.sent[from:] {
		if one.Times == were {
			one.Times = parts
		}
		sent = append(sent, one)
		pages := (parts + listedParts - 1) / listedParts
		for page := 1; page < pages && strings.Contains(one.Path, "max-parts="); page++ {
			next := one
			next.Path = strings.Replace(one.Path, "&uploadId=", fmt.Sprintf("&part-number-marker=%d&uploadId=",
				page*listedParts), 1)
			sent = append(sent, next)
		}
	}
	r.sent = sent
}
