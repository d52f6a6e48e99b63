package copier

import (
	"context"

	"afterput/events"
	"afterput/internal/osscall"
	"afterput/rules"
)

// A copy with follow-symlinks copies what a link points to, as if the event had been of that object:
// pinned to its ETag, with its headers, metadata and tags. A link points to a key of its own bucket,
// and OSS follows no link to another link.

// mostTargets is how many versions of a link's target one copy goes on with.
const mostTargets = 10

// beforeLink makes the copy of a link, if not the link itself is to be copied. done reports that
// there is nothing more to do.
func (c *copying) beforeLink(ctx context.Context) (out Outcome, done bool, err error) {
	l, err := c.src.asLink()
	switch {
	case err != nil:
		return Outcome{}, false, err
	case c.plan.Bucket == c.src.Object.Bucket && c.plan.Key == l.target:
		return Outcome{Result: Skipped, Reason: "the source is a symbolic link to the destination"}, true, nil
	case c.plan.FollowSymlinks:
		out, err = c.followLink(ctx, l)
		return out, true, err
	}
	return Outcome{}, false, nil
}

// linkReason says that the source is a link, and what was copied.
func (c *copying) linkReason() string {
	l, _ := c.src.asLink() // known
	to := osscall.URL(c.src.Object.Bucket, l.target)
	if c.plan.FollowSymlinks {
		return "the source is a symbolic link; what it points to, " + to + ", is copied"
	}
	return "the source is a symbolic link to " + to + ", and is copied as a link"
}

// followLink copies what a link points to. If that is overwritten meanwhile, the newer version is
// copied: no event is raised for the link. If the link points elsewhere by then, the copy is
// superseded, since that raises an event.
func (c *copying) followLink(ctx context.Context, l link) (Outcome, error) {
	for version := 1; ; version++ {
		target, err := c.src.targetOf(l)
		if err != nil {
			return Outcome{}, err
		}
		if c.target != nil && osscall.SameETag(target.ETag(), c.target.ETag()) {
			c.src.Include(target)
			return Outcome{Result: Superseded}, nil // a condition of the rule is not met
		}
		c.target = target
		one := c.copier.copying(c.ctx, target, c.plan)
		out := one.outcome(ctx)
		c.src.Include(target)
		c.requests.Add(one.requests.Load())
		if one.slow.Load() {
			c.slow.Store(true)
		}
		if out.Result != Superseded {
			c.src.noteTarget(target)
			return out, nil
		}
		if version == mostTargets {
			return Outcome{}, osscall.NewError(osscall.KindLost, "CopyObject", "KeepsChanging",
				"%s, to which %s points, was overwritten %d times while it was being copied; the next attempt copies "+
					"its newest version", target.URL(), c.src.URL(), version)
		}
		c.slow.Store(true)
		if now, _, err := c.src.linkNow(ctx); err != nil && !osscall.HasCode(err, "NotSymlink") {
			return Outcome{}, err
		} else if err != nil || now != l {
			return Outcome{Result: Superseded}, nil
		}
	}
}

// targetOf reads what a link points to.
func (s *Source) targetOf(l link) (*Source, error) {
	target := &Source{
		Object:  events.Object{Event: s.Object.Event, Bucket: s.Object.Bucket, Key: l.target, Time: s.Object.Time},
		Retried: s.Retried, Repeated: s.Repeated, Followed: s.Followed,
		RequestPayer: s.RequestPayer, BucketACLs: s.BucketACLs, Later: s.Later,
		since: s.since, ctx: s.ctx, copier: s.copier, linkedBy: s,
	}
	head, _, err := target.headNow(s.ctx)
	switch {
	case osscall.Is(err, osscall.KindSuperseded):
		err = osscall.NewError(osscall.KindLost, "HeadObject", "SymlinkTargetNotExist",
			"the symbolic link %s points to %s, which does not exist: upload that", s.URL(), target.URL())
	case IsLink(head, err):
		err = osscall.NewError(osscall.KindPermanent, "HeadObject", "InvalidTargetType",
			"the symbolic link %s points to %s, which is a symbolic link too, and OSS does not follow that: "+
				"let it point to the object itself", s.URL(), target.URL())
	}
	if err != nil {
		s.Include(target)
		return nil, err
	}
	target.Object.Event = "ObjectCreated:PutObject" // it is an object, whatever its event was
	target.Object.Size, target.Object.ETag = events.Some(head.Size), events.Some(head.ETag)
	target.etag = head.ETag
	target.SetHead(head)
	return target, nil
}

// noteTarget records what was copied instead of a link.
func (s *Source) noteTarget(target *Source) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.targets = append(s.targets, target)
}

// recheckTargets is Recheck for what was copied instead of a link that is still the same.
func (s *Source) recheckTargets(ctx context.Context) (Freshness, error) {
	s.mu.Lock()
	targets := s.targets
	s.mu.Unlock()
	for _, target := range targets {
		before := target.requests.Load()
		fresh, _, err := target.recheck(ctx)
		s.include(target.requests.Load()-before, target.panicked.Load())
		if fresh != Same || err != nil {
			return fresh, err
		}
	}
	return Same, nil
}

// targetMatches is [Source.Matches] for a copy of what a link points to.
func (s *Source) targetMatches(ctx context.Context, plan *rules.Copy) (matches, hidden bool, err error) {
	l, err := s.asLink()
	if err != nil {
		return false, false, err
	}
	target, err := s.targetOf(l)
	if err != nil {
		return false, false, err
	}
	defer s.Include(target)
	return target.Matches(ctx, plan)
}
