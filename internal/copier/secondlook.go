package copier

import (
	"context"
	"time"

	"afterput/internal/osscall"
	"afterput/rules"
)

// Freshness is what a second look at a source finds. See docs/design.md, "Newest wins".
type Freshness int

const (
	// Same: the source is the version that copies were made of.
	Same Freshness = iota
	// MayBeSame: it has the same ETag, but was put after the copies began, or its tags or
	// its ACL may have been read of another version. The same content may have been put
	// again with other metadata, which the ETag does not show; the destinations may hold
	// attributes of the version before.
	MayBeSame
	// Newer: it is another version.
	Newer
	// Gone: it was deleted.
	Gone
)

// Recheck looks whether the source still is the version that copies were just made of:
// by its ETag, by its version id, and by when it was put; a symbolic link by its target,
// its metadata and its time. head is what it is now, without an ETag for a link.
func (s *Source) Recheck(ctx context.Context) (fresh Freshness, head rules.Head, err error) {
	head, other, answered, err := s.another(ctx)
	switch {
	case osscall.Is(err, osscall.KindSuperseded):
		return Gone, head, nil
	case err != nil:
		return Newer, head, err
	case other:
		return Newer, head, nil
	case head.LastModified.Before(byOSS(answered, s.since)) && !s.mayMixVersions(head):
		return Same, head, nil
	}
	return MayBeSame, head, nil
}

// mayMixVersions reports whether tags or the ACL may have been read of another version
// than head: they are read without a version, and in a bucket with versioning a version
// that was current meanwhile can have been deleted by its id.
func (s *Source) mayMixVersions(head rules.Head) bool {
	_, tags := s.tags.known()
	_, acl := s.acl.known()
	return head.VersionID != "" && (tags || acl)
}

// another looks whether the source is another version by its ETag or version id, or
// another link.
func (s *Source) another(ctx context.Context) (head rules.Head, other bool, answered time.Time, err error) {
	if was, isLink := s.copiedLink(); isLink {
		return s.anotherThan(ctx, was)
	}
	head, answered, err = s.headNow(ctx)
	if isLink(head, err) {
		return rules.Head{ObjectType: symlink, LastModified: head.LastModified}, true, answered, nil
	}
	return head, err == nil && s.isAnother(head), answered, err
}

// anotherThan looks whether the source is another than the link that it was.
func (s *Source) anotherThan(
	ctx context.Context, was link,
) (head rules.Head, other bool, answered time.Time, err error) {
	now, answered, err := s.linkNow(ctx)
	if err == nil && now == was {
		return rules.Head{ObjectType: symlink, LastModified: now.modified}, false, answered, nil
	}
	if err != nil && !osscall.HasCode(err, "NotSymlink") {
		return head, false, answered, err
	}
	head, answered, err = s.headNow(ctx)
	if isLink(head, err) {
		return rules.Head{ObjectType: symlink, LastModified: now.modified}, true, answered, nil
	}
	return head, err == nil, answered, err
}

// Matches reports whether the destination of the plan is what its copy would make of
// this source. hidden reports that the destination may not be read.
func (s *Source) Matches(ctx context.Context, plan *rules.Copy) (matches, hidden bool, err error) {
	if plan.Err != nil {
		return false, false, nil // copying says why
	}
	c := &copying{copier: s.copier, src: s, plan: plan, ctx: ctx}
	defer func() { s.include(c.requests.Load(), c.panicked.Load()) }()
	if s.Object.Event == putSymlink {
		if err := c.settleSource(); err != nil {
			return false, false, err
		}
	}
	if c.unpinned {
		_, matches, err := c.matchesLink(ctx, time.Time{}, true)
		return matches, false, err
	}
	d, err := c.readDestination(ctx)
	if err != nil || !d.there {
		return false, d.hidden, err
	}
	matches, err = c.matches(ctx, d.head)
	if hasNoRight(err) {
		return false, true, nil
	}
	return matches, false, err
}
