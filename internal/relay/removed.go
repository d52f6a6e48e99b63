package relay

import (
	"context"
	"slices"

	"afterput/events"
	"afterput/internal/copier"
	"afterput/internal/osscall"
	"afterput/rules"
)

// Removed deletes what the rules want deleted of an object that was removed, and logs it, as Handle does for an event.
// Of the deletions only those of [events.Object.Only] are asked for, if it has any.
func (h *Handler) Removed(ctx context.Context, inv Invocation, o events.Object) ObjectReport {
	o.Event = events.Removals()[0]
	o.Ignored = events.Ignored(o.Event)
	return h.Object(ctx, inv, o)
}

// isFollowed reports whether an event is that of a removal for which the rules delete something.
func isFollowed(set *rules.Set, o *events.Object) bool {
	if !o.IsRemoval() {
		return false
	}
	deletions, err := set.Removal(*o)
	return err != nil || len(deletions) > 0
}

// removed deletes the copies of an object that was removed. See docs/design.md, "Nothing is deleted on hearsay".
func (h *Handler) removed(ctx context.Context, inv Invocation, set *rules.Set, o events.Object) (report ObjectReport) {
	report = reportOf(&o)
	report.Ignored = ""
	defer h.rescueObject(inv, &o, func(e *osscall.Error) { report.Error = e })
	if err := h.followRemoval(ctx, inv, set, o, &report); err != nil {
		report.Error = osscall.Classify("look at the source", err)
	}
	return report
}

// followRemoval deletes the copies of an object that may have been removed, and adds what became of them to the report.
// If the object is there after all, nothing is deleted. It may have come back before a deletion that was already on its
// way: then its copies are made again.
func (h *Handler) followRemoval(
	ctx context.Context, inv Invocation, set *rules.Set, o events.Object, report *ObjectReport,
) error {
	deletions, err := set.Removal(o)
	if err != nil {
		return &osscall.Error{Code: "NotASource", Message: err.Error(), Permanent: true}
	}
	deletions = slices.DeleteFunc(deletions, func(d rules.Deletion) bool {
		return o.Only != nil && !slices.Contains(o.Only, osscall.URL(d.Bucket, d.Key))
	})
	if len(deletions) == 0 {
		return nil
	}
	src := h.source(ctx, inv, set, o)
	defer func() { report.Requests += src.Requests() }()
	before, err := src.Look(ctx)
	if err != nil {
		return err
	}
	// An attempt before this one may have deleted a copy of what came back.
	deleted := inv.RetryCount != 0 || inv.Repeated
	var outcomes []CopyReport
	for i := range deletions {
		d := &deletions[i]
		out := copier.Outcome{Result: copier.Kept, Reason: "the source is there"}
		if !before.There {
			out = h.Copier.Delete(ctx, src, d)
			deleted = deleted || out.Result == copier.Deleted
		}
		if before.Marker && out.Result == copier.Deleted {
			out.Reason = "the source is hidden by a delete marker"
		}
		outcomes = append(outcomes, CopyReport{Rule: d.Rule, Destination: osscall.URL(d.Bucket, d.Key), Outcome: out})
	}
	report.Copies = append(report.Copies, outcomes...)
	if !deleted {
		return nil
	}
	after := before
	if !before.There {
		if after, err = src.Look(ctx); err != nil {
			return err
		}
	}
	if after.There {
		return h.cameBack(ctx, inv, set, o, after.Head, deletions, report)
	}
	return nil
}

// cameBack makes the copies of an object that is there again, since this invocation may have deleted them after the
// event of the new upload made them. That event's name is not known, nor who uploaded it.
func (h *Handler) cameBack(
	ctx context.Context, inv Invocation, set *rules.Set, removed events.Object, head rules.Head,
	deletions []rules.Deletion, report *ObjectReport,
) error {
	if inv.returned++; inv.returned > mostFollowed {
		return osscall.NewError(osscall.KindLost, "copy again", "KeepsChanging",
			"the object was removed and came back %d times; the next attempt goes on with what is there then",
			inv.returned)
	}
	o := copier.At(events.Object{Event: events.UploadOf(head.ObjectType), Region: removed.Region,
		Bucket: removed.Bucket, Key: removed.Key, Listed: true, MayBeCopied: true}, head)
	again := h.object(ctx, inv, set, &o)
	report.Copies = append(report.Copies, again.Copies...)
	report.Requests += again.Requests
	if again.Error != nil {
		return again.Error
	}
	for _, d := range deletions {
		if to := osscall.URL(d.Bucket, d.Key); slices.Contains(again.undecided, to) {
			return osscall.NewError(osscall.KindPermanent, "copy again", "Undecided",
				"the object came back after its copy %s was deleted, and whether a rule wants a copy of it again "+
					"depends on who uploaded it: deliver the event of the upload again", to)
		}
	}
	return nil
}
