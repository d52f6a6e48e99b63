package copier

import (
	"context"
	"time"

	"afterput/rules"
)

// Newer is HeadObject of the source, and whether it is another version than the
// one that copies were just made of. See docs/design.md, "Newest wins".
//
// It is the same one if it has the ETag they were pinned to, is not another version by
// its id, and was put before this Source was made. If it was put since, the same content
// may have been put again with other metadata, which the ETag does not show: then the
// destinations are looked at too. again gives the source as it is now and the copies
// that are due of it; those of before may hold attributes of the version before.
func (s *Source) Newer(
	ctx context.Context, again func(rules.Head) (*Source, []*rules.Copy, error),
) (head rules.Head, newer bool, err error) {
	head, newer, answered, err := s.another(ctx)
	if err != nil || newer {
		return head, newer, err
	}
	if head.LastModified.Before(byOSS(answered, s.since)) {
		return head, false, nil
	}
	now, plans, err := again(head)
	if err != nil {
		return head, false, err
	}
	defer func() { s.learn(now.requests.Load(), now.panicked.Load()) }()
	for _, plan := range plans {
		stands, hidden, err := now.stands(ctx, plan)
		if err != nil {
			return head, false, err
		}
		// Of a destination that may not be read nobody can tell, and each copy made to be
		// certain would be one more: the event's time decides.
		if stands || hidden && !head.LastModified.After(s.Object.Time) {
			continue
		}
		if !sleep(ctx, time.Second) { // until the next look can tell
			return head, true, Classify("HeadObject", stopped(ctx))
		}
		return head, true, nil
	}
	return head, false, nil
}

// another looks whether the source is another version by its ETag, or another link.
func (s *Source) another(ctx context.Context) (head rules.Head, other bool, answered time.Time, err error) {
	if was, isLink := s.copiedLink(); isLink {
		return s.newerLink(ctx, was)
	}
	head, answered, err = s.look(ctx)
	if isLink(head, err) {
		return rules.Head{ObjectType: symlink, LastModified: head.LastModified}, true, answered, nil
	}
	return head, err == nil && s.isAnother(head), answered, err
}

// stands reports whether the plan's destination is the copy of this source; hidden, that
// it may not be read.
func (s *Source) stands(ctx context.Context, plan *rules.Copy) (stands, hidden bool, err error) {
	if plan.Err != nil {
		return false, false, nil // copying says why
	}
	r := &run{Copier: s.copier, src: s, plan: plan, ctx: ctx}
	defer func() { s.learn(r.requests.Load(), r.panicked.Load()) }()
	if s.Object.Event == putSymlink {
		if err := r.settle(); err != nil {
			return false, false, err
		}
	}
	if r.unpinned {
		_, stands, err := r.landedLink(ctx, time.Time{}, true)
		return stands, false, err
	}
	d, err := r.headDestination(ctx)
	if err != nil || !d.there {
		return false, d.hidden, err
	}
	stands, err = r.landed(ctx, d.head)
	if hasNoRight(err) {
		return false, true, nil
	}
	return stands, false, err
}
