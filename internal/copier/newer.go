package copier

import (
	"context"
	"time"

	"afterput/rules"
)

// Newer is HeadObject of the source, and whether it is another version than the
// one that copies were just made of by plans. See docs/design.md, "Newest wins".
//
// It is not if it has the ETag they were pinned to and was put before this Source
// was made. The same content put again in the very second of the copy, with other
// metadata, cannot be told by that: then the destinations are looked at too.
func (s *Source) Newer(ctx context.Context, plans []*rules.Copy) (head rules.Head, newer bool, err error) {
	head, answered, err := s.look(ctx)
	if err != nil {
		return head, false, err
	}
	if !sameETag(head.ETag, s.pinned()) {
		return head, true, nil
	}
	// By OSS's clock, and rounded down like its times.
	begun := answered.Add(-time.Since(s.since)).Truncate(time.Second)
	if head.LastModified.Before(begun) {
		return head, false, nil
	}
	for _, plan := range plans {
		stands, err := s.stands(ctx, plan, head)
		if err != nil {
			return head, false, err
		}
		if stands {
			continue
		}
		if !sleep(ctx, time.Second) { // until the next look can tell
			return head, true, Classify("HeadObject", stopped(ctx))
		}
		return head, true, nil
	}
	return head, false, nil
}

// stands reports whether the plan's destination is the copy of a source that
// looks like head.
func (s *Source) stands(ctx context.Context, plan *rules.Copy, head rules.Head) (bool, error) {
	now := s.copier.Source(ctx, s.Object)
	now.head.set(head)
	r := &run{Copier: s.copier, src: now, plan: plan}
	dst, there, err := r.headDestination(ctx)
	s.requests.Add(r.requests.Load())
	if err != nil || !there {
		return false, err
	}
	return r.landed(ctx, dst)
}
