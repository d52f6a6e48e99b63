package relay

import (
	"context"
	"slices"
	"strings"
	"time"

	"afterput/events"
	"afterput/internal/copier"
	"afterput/internal/osscall"
	"afterput/rules"
)

// secondLook returns the object as it is now, if that is another version than the one just copied
// and no other invocation is certain to copy it; nil if there is nothing more to do. gone reports that the object is
// not there any more. See docs/design.md, "Newest wins".
//
// It looks at the source after copies that may have landed late, over the copy of a newer version
// that another invocation had made before; and in a retry that found its version superseded, since
// the attempt before may have left a request running inside OSS that landed late in the same way.
func (h *Handler) secondLook(
	ctx context.Context, inv Invocation, set *rules.Set, src *copier.Source, plans []rules.Copy, copies []CopyReport,
) (newer *events.Object, gone bool, err error) {
	late, abandoned := lateCopies(plans, copies), src.Retried && anySuperseded(copies)
	if len(late) == 0 && !abandoned {
		return earlierVersion(src), false, nil
	}
	fresh, head, err := src.Recheck(ctx)
	if err != nil {
		return nil, false, err
	}
	now := copier.At(src.Object, head)
	switch fresh {
	case copier.Gone:
		return nil, true, nil
	case copier.Same:
		return nil, false, nil
	case copier.MayBeSame:
		match, err := h.destinationsMatch(ctx, inv, set, src, now, head, late)
		if match || osscall.Is(err, osscall.KindSuperseded) { // superseded: deleted meanwhile
			return nil, osscall.Is(err, osscall.KindSuperseded), nil
		}
		if err != nil {
			return nil, false, err
		}
		if !osscall.Sleep(ctx, time.Second) { // times have seconds: the next look can tell versions apart
			return nil, false, osscall.Stopped(ctx, "HeadObject")
		}
	}
	// A copy whose key contains ${etag} is never in the place of other content.
	otherContent := !strings.EqualFold(now.ETag.Value, src.Object.ETag.Value)
	if otherContent && !abandoned && !slices.ContainsFunc(late, func(c *rules.Copy) bool { return !c.ETagInKey }) {
		return nil, false, nil
	}
	return &now, false, nil
}

// lateCopies are the plans of the copies that may have landed over that of a newer version.
func lateCopies(plans []rules.Copy, copies []CopyReport) (late []*rules.Copy) {
	for i := range copies {
		if copies[i].NeedsSecondLook {
			late = append(late, &plans[i])
		}
	}
	return late
}

// anySuperseded reports whether a copy found its version superseded.
func anySuperseded(copies []CopyReport) bool {
	return slices.ContainsFunc(copies, func(c CopyReport) bool { return c.Result == copier.Superseded })
}

// destinationsMatch plans the object again as it is now, and reports whether the destinations of the
// late copies are as the rules want them. If the right to read one is missing, the event's time
// decides: copying again just in case would lead to yet another second look.
func (h *Handler) destinationsMatch(
	ctx context.Context, inv Invocation, set *rules.Set,
	src *copier.Source, now events.Object, head rules.Head, late []*rules.Copy,
) (bool, error) {
	again := h.source(ctx, inv, set, now)
	defer src.Include(again)
	if head.ETag != "" {
		again.SetHead(head)
	}
	plan, err := set.Plan(now, again)
	if err != nil {
		return false, err
	}
	for _, c := range sameDestinations(plan.Copies, late) {
		matches, hidden, err := again.Matches(ctx, c)
		if err != nil {
			return false, err
		}
		if !matches && !(hidden && !head.LastModified.After(src.Object.Time)) {
			return false, nil
		}
	}
	return true, nil
}

// earlierVersion is the version that the copies found instead of the event's, if it is an earlier
// one; nil otherwise. In a bucket with versioning a version can be deleted by its id, and then the
// one before it is current again, whose event may have been handled while it was hidden.
func earlierVersion(src *copier.Source) *events.Object {
	head, ok := src.Replacement()
	if !ok || head.VersionID == "" || src.Object.Time.IsZero() || head.LastModified.After(src.Object.Time) {
		return nil
	}
	o := copier.At(src.Object, head)
	return &o
}

// sameDestinations are the copies that have the same destination as one of the others.
func sameDestinations(copies []rules.Copy, others []*rules.Copy) (same []*rules.Copy) {
	for i := range copies {
		c := &copies[i]
		if slices.ContainsFunc(others, func(o *rules.Copy) bool { return o.Bucket == c.Bucket && o.Key == c.Key }) {
			same = append(same, c)
		}
	}
	return same
}
