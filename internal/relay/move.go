package relay

import (
	"context"
	"fmt"
	"slices"

	"afterput/internal/copier"
	"afterput/internal/osscall"
	"afterput/rules"
)

// move deletes the source if the rules move it and all of its copies were made. nil means that they do not move it, or
// that something else became of a copy: then its report says why the source stays. What is deleted is the version that
// OSS shows now, after every copy of it was looked at: see docs/design.md, "A move loses no upload".
func (h *Handler) move(
	ctx context.Context, inv Invocation, set *rules.Set, src *copier.Source, plans []rules.Copy, report *ObjectReport,
) *CopyReport {
	moving := slices.IndexFunc(plans, func(c rules.Copy) bool { return c.DeleteSource })
	if moving < 0 {
		return nil
	}
	made := &CopyReport{Rule: plans[moving].Rule, Destination: src.URL()}
	for i := range plans {
		of := report.Of(osscall.URL(plans[i].Bucket, plans[i].Key))
		if of == nil || of.Result != copier.Copied && of.Result != copier.Unchanged {
			result := "not made"
			if of != nil {
				result = string(of.Result)
			}
			made.Outcome = copier.Outcome{Result: copier.Kept,
				Reason: fmt.Sprintf("the outcome of its copy oss://%s/%s is %s", plans[i].Bucket, plans[i].Key, result)}
			return made
		}
	}
	if len(report.undecided) > 0 {
		made.Outcome = copier.Outcome{Result: copier.Kept,
			Reason: "whether a rule wants the copy " + report.undecided[0] + " is not known"}
		return made
	}
	made.Outcome = h.moveNow(ctx, inv, set, src)
	return made
}

// moveNow looks at the source, plans it as it is now, and has it deleted if every destination is as planned.
func (h *Handler) moveNow(ctx context.Context, inv Invocation, set *rules.Set, src *copier.Source) copier.Outcome {
	there, err := src.Look(ctx)
	if err != nil {
		return copier.Outcome{Result: copier.Failed, Error: osscall.Classify("move", err)}
	}
	kept := func(reason string) copier.Outcome { return copier.Outcome{Result: copier.Kept, Reason: reason} }
	switch {
	case !there.There:
		return kept("it was removed meanwhile")
	case !osscall.SameETag(there.Head.ETag, src.ETag()):
		return kept("it was overwritten meanwhile")
	}
	o := copier.At(src.Object, there.Head)
	o.Time = src.Object.Time // by which the copies were named
	now := h.source(ctx, inv, set, o)
	defer src.Include(now)
	now.SetHead(there.Head)
	plan, err := set.Plan(o, now)
	if err != nil {
		return copier.Outcome{Result: copier.Failed, Error: osscall.Classify("move", err)}
	}
	if !slices.ContainsFunc(plan.Copies, func(c rules.Copy) bool { return c.DeleteSource }) {
		return kept("the rules do not move it any more as it is now")
	}
	return h.Copier.Move(ctx, now, plan.Copies)
}
