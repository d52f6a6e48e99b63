package relay

import (
	"context"

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
// found its version superseded: the try before may have left a request running
// inside OSS that landed late in the same way.
func (h *Handler) newer(ctx context.Context, inv Invocation, src *copier.Source, plans []rules.Copy, copies []CopyReport) (*events.Object, error) {
	look := false
	var doubtful []*rules.Copy
	for i, c := range copies {
		if c.LookAgain {
			doubtful = append(doubtful, &plans[i])
		}
		look = look || c.LookAgain || c.Outcome.Outcome == copier.Superseded && inv.RetryCount != 0
	}
	if !look {
		return nil, nil
	}
	head, newer, err := src.Newer(ctx, doubtful)
	if copier.Is(err, copier.KindSuperseded) {
		return nil, nil // deleted: there is no newer version to copy
	}
	if err != nil {
		return nil, err
	}
	if !newer {
		return nil, nil
	}
	o := at(src.Object, head)
	return &o, nil
}

// at is the event's object in its newer version. What only that version's own
// event knows (event name, principal, address) stays as this event has it.
func at(o events.Object, head rules.Head) events.Object {
	o.ETag = events.Some(head.ETag)
	o.Size = events.Some(head.Size)
	o.ContentType = events.Some(head.Headers.ContentType)
	o.Time = head.LastModified
	o.Meta = make(map[string]string, len(head.Meta))
	for _, p := range head.Meta {
		o.Meta[p.Key] = p.Value
	}
	return o
}
