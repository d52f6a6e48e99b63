package relay

import (
	"context"
	"slices"
	"strings"

	"afterput/events"
	"afterput/internal/copier"
	"afterput/rules"
)

// newer returns the object as it is by now, if that is another version than the
// one just copied and nobody else may be relied on to copy it; nil if there is
// nothing more to do. See docs/design.md, "Newest wins".
//
// It looks after copies that may have landed late, over a newer version that
// another invocation had already copied there. And it looks in a retry that
// found its version superseded: the attempt before may have left a request running
// inside OSS that landed late in the same way. In a bucket with versioning, a version
// that was superseded by one from before it, because it was deleted by its version id,
// is followed back: the event of that one may have been handled while it was hidden.
func (h *Handler) newer(ctx context.Context, inv Invocation, set *rules.Set, src *copier.Source, plans []rules.Copy, copies []CopyReport) (*events.Object, error) {
	look, renewed := false, false
	var doubtful []*rules.Copy
	for i, c := range copies {
		late := c.LookAgain
		left := c.Outcome.Outcome == copier.Superseded && inv.RetryCount != 0
		if late {
			doubtful = append(doubtful, &plans[i])
		}
		look = look || late || left
		renewed = renewed || left || late && !plans[i].ETagInKey
	}
	if !look {
		return before(src), nil
	}
	head, newer, err := src.Newer(ctx, func(head rules.Head) (*copier.Source, []*rules.Copy, error) {
		now := h.source(ctx, inv, set, at(src.Object, head))
		if head.ETag != "" {
			now.Know(head)
		}
		plan, err := set.Plan(now.Object, now)
		if err != nil {
			return nil, nil, err
		}
		return now, sameDestinations(plan.Copies, doubtful), nil
	})
	if copier.Is(err, copier.KindSuperseded) {
		return nil, nil // deleted: there is no newer version to copy
	}
	if err != nil {
		return nil, err
	}
	o := at(src.Object, head)
	// A key with an ETag is no other content's.
	if !newer || !renewed && !strings.EqualFold(o.ETag.Value, src.Object.ETag.Value) {
		return nil, nil
	}
	return &o, nil
}

// before is the version that the copies found in place of their own, where that is one
// from before it; nil if it is not.
func before(src *copier.Source) *events.Object {
	shows, ok := src.Shows()
	if !ok || shows.VersionID == "" || src.Object.Time.IsZero() || shows.LastModified.After(src.Object.Time) {
		return nil
	}
	o := at(src.Object, shows)
	return &o
}

// sameDestinations are those of the copies that go where one of the others went.
func sameDestinations(copies []rules.Copy, others []*rules.Copy) (same []*rules.Copy) {
	for i := range copies {
		c := &copies[i]
		if slices.ContainsFunc(others, func(o *rules.Copy) bool { return o.Bucket == c.Bucket && o.Key == c.Key }) {
			same = append(same, c)
		}
	}
	return same
}

// at is the event's object in its newer version. What only that version's own
// event knows (event name, principal, address) stays as this event has it.
func at(o events.Object, head rules.Head) events.Object {
	o.Time = head.LastModified
	if head.ETag == "" { // a symbolic link, of which HeadObject shows nothing
		o.ETag = events.Opt[string]{}
		return o
	}
	o.ETag = events.Some(head.ETag)
	o.Size = events.Some(head.Size)
	o.ContentType = events.Some(head.Headers.ContentType)
	o.Meta = make(map[string]string, len(head.Meta))
	for _, p := range head.Meta {
		o.Meta[p.Key] = p.Value
	}
	return o
}
