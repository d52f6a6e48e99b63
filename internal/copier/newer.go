package copier

import (
	"context"
	"time"

	"afterput/rules"
)

// Newer is HeadObject of the source, and whether it is another version than the
// one that copies were just made of. See docs/design.md, "Newest wins".
//
// It is not if it has the ETag they were pinned to and was put before this Source
// was made. The same content put again since, with other metadata, cannot be told
// by that: then the destinations are looked at too. again gives the source as it
// is now and the copies that are due of it; those of before may hold attributes of
// the version before.
func (s *Source) Newer(ctx context.Context, again func(rules.Head) (*Source, []*rules.Copy, error)) (head rules.Head, newer bool, err error) {
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
	now, plans, err := again(head)
	if err != nil {
		return head, false, err
	}
	defer func() { s.requests.Add(now.requests.Load()) }()
	for _, plan := range plans {
		stands, err := now.stands(ctx, plan)
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

// stands reports whether the plan's destination is the copy of this source.
func (s *Source) stands(ctx context.Context, plan *rules.Copy) (bool, error) {
	if plan.Err != nil {
		return false, nil // copying says why
	}
	r := &run{Copier: s.copier, src: s, plan: plan}
	defer func() { s.requests.Add(r.requests.Load()) }()
	dst, there, err := r.headDestination(ctx)
	if err != nil || !there {
		return false, err
	}
	return r.landed(ctx, dst, true)
}
