package main

import (
	"context"
	"fmt"

	"afterput/events"
	"afterput/internal/copier"
	"afterput/internal/osscall"
	"afterput/internal/terminal"
)

// move deletes the source whose copy was made, after the same checks as for a rule with delete-source: what OSS shows
// of the source now must be what was copied, and the destination the verified copy of that.
func (o *oneCopy) move(ctx context.Context, engine *copier.Copier, copied *copier.Source) copier.Outcome {
	failed := func(err error) copier.Outcome {
		return copier.Outcome{Result: copier.Failed, Error: osscall.Classify("move", err)}
	}
	there, err := copied.Look(ctx)
	switch {
	case err != nil:
		return failed(err)
	case !there.There:
		return copier.Outcome{Result: copier.Kept, Reason: "it was removed meanwhile"}
	case !osscall.SameETag(there.Head.ETag, copied.ETag()):
		return copier.Outcome{Result: copier.Kept, Reason: "it was overwritten meanwhile"}
	}
	object := copied.Object // by whose time the copy was named
	if !copier.IsLink(there.Head, nil) {
		object.Size, object.ETag = events.Some(there.Head.Size), events.Some(there.Head.ETag)
		object.ContentType = events.Some(there.Head.Headers.ContentType)
	}
	now := o.sourceOf(ctx, engine, object)
	now.SetHead(there.Head)
	plan, err := o.set.Plan(object, now)
	if err != nil {
		return failed(err)
	}
	for i := range plan.Copies {
		plan.Copies[i].Key = o.to.key
	}
	return engine.Move(ctx, now, plan.Copies)
}

// whyNotMoved says why the source is still there; "" if it was deleted, or if that was not to be done.
func (o *oneCopy) whyNotMoved() string {
	switch m := o.moved; {
	case m == nil || m.Result == copier.Deleted:
		return ""
	case m.Error != nil && m.Error.Kind == osscall.KindStopped:
		return "the source is not deleted yet: the command was stopped; give it again"
	case m.Error != nil:
		return "the source is not deleted: " + o.whyFailed(m.Error)
	default:
		return "the source is not deleted: " + forCommand.Replace(m.Reason)
	}
}

// printMoved prints that the source was deleted.
func printMoved(c console, one *oneCopy) {
	if one.moved == nil || one.moved.Result != copier.Deleted {
		return
	}
	version := ""
	if id := one.moved.VersionID; id != "" {
		version = fmt.Sprintf("?versionId=%s", id)
	}
	terminal.Fprintf(c.out, "%-10s %s%s\n", one.moved.Result, one.from, version)
}
