package copier

import (
	"context"
	"slices"
	"time"

	"afterput/internal/osscall"
	"afterput/rules"
)

// Freshness is the result of a second look at a source. See docs/design.md, "Newest wins".
type Freshness int

const (
	// Same: the source is the version that was copied.
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

// Recheck checks whether the source still is the version that was just copied: by its ETag, by its
// version id and by when it was put; a symbolic link by its target, its metadata and its time,
// and where the target was copied, by the target's version.
// head is what the source is now; it has no ETag if that is a link.
func (s *Source) Recheck(ctx context.Context) (fresh Freshness, head rules.Head, err error) {
	fresh, head, err = s.recheck(ctx)
	if fresh != Same || err != nil {
		return fresh, head, err
	}
	fresh, err = s.recheckTargets(ctx)
	return fresh, head, err
}

// recheck is Recheck without what was copied instead of a link.
func (s *Source) recheck(ctx context.Context) (fresh Freshness, head rules.Head, err error) {
	head, other, answered, err := s.another(ctx)
	switch {
	case osscall.Is(err, osscall.KindSuperseded):
		return Gone, head, nil
	case err != nil:
		return Newer, head, err
	case s.wasRewritten(head):
		return Same, head, nil
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

// another reports whether the source is another version, by its ETag or version id, or another
// link. head is what it is now, and answered when OSS said so, by its own clock.
func (s *Source) another(ctx context.Context) (head rules.Head, other bool, answered time.Time, err error) {
	if was, isLink := s.copiedLink(); isLink {
		return s.anotherThan(ctx, was)
	}
	head, answered, err = s.headNow(ctx)
	if IsLink(head, err) {
		return rules.Head{ObjectType: symlink, LastModified: head.LastModified}, true, answered, nil
	}
	return head, err == nil && s.isAnother(head), answered, err
}

// anotherThan is another for a source that was a link when it was copied.
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
	if IsLink(head, err) {
		return rules.Head{ObjectType: symlink, LastModified: now.modified}, true, answered, nil
	}
	return head, err == nil, answered, err
}

// Matches reports whether the destination of a plan is what its copy would make of this source.
// hidden reports that the right to read the destination is missing.
func (s *Source) Matches(ctx context.Context, plan *rules.Copy) (matches, hidden bool, err error) {
	c := s.copier.copying(ctx, s, plan)
	if c.plan.Err != nil {
		return false, false, nil // making the copy reports the error
	}
	defer func() { s.include(c.requests.Load(), c.panicked.Load()) }()
	if s.Object.Event == putSymlink || plan.FollowSymlinks {
		if err := c.settleSource(); err != nil {
			return false, false, err
		}
	}
	if c.unpinned && plan.FollowSymlinks {
		return s.targetMatches(ctx, plan)
	}
	if c.unpinned {
		_, matches, err := c.matchesLink(ctx, time.Time{}, true)
		return matches, false, err
	}
	d, err := c.readDestination(ctx)
	if err != nil || !d.exists {
		return false, d.hidden, err
	}
	matches, err = c.matches(ctx, d.head)
	if isForbidden(err) {
		return false, true, nil
	}
	return matches, false, err
}

// noteRewritten records what a rewrite in place has made of the source. Other copies of the object
// have landed before, and the rewrite was pinned: while this is what the source shows, no newer
// version can have been overwritten.
func (s *Source) noteRewritten(out Outcome) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rewritten = &rules.Head{ETag: out.ETag, VersionID: out.VersionID, LastModified: out.LastModified}
}

// wasRewritten reports whether the source, which HeadObject shows as now, is what a rewrite in place
// has made of it.
func (s *Source) wasRewritten(now rules.Head) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.rewritten
	return r != nil && osscall.SameETag(now.ETag, r.ETag) && now.VersionID == r.VersionID &&
		now.LastModified.Equal(r.LastModified)
}

// noteCopied records the id of a version that was copied, and whether it was an object, not a link.
func (s *Source) noteCopied(version string, object bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.copiedObject = s.copiedObject || object
	if version != "" {
		s.versions = append(s.versions, version)
	}
}

// copiedLink is the link that was copied; ok is false if a copy was made of anything else.
func (s *Source) copiedLink() (l link, ok bool) {
	l, ok = s.link.known()
	s.mu.Lock()
	defer s.mu.Unlock()
	return l, ok && !s.copiedObject
}

// isAnother reports whether the source, which HeadObject shows as now, is another version than one
// that was copied: by its ETag, or else by its version id, since the same content may have been
// put twice and the later version have been deleted by its id.
func (s *Source) isAnother(now rules.Head) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	other := func(version string) bool { return version != now.VersionID }
	return !osscall.SameETag(now.ETag, s.etag) || now.VersionID != "" && slices.ContainsFunc(s.versions, other)
}
