package main

import (
	"context"
	"slices"

	"afterput/events"
	"afterput/internal/copier"
	"afterput/internal/localoss"
	"afterput/internal/osscall"
	"afterput/internal/terminal"
	"afterput/rules"
)

// explainedDeletion is what a rule deletes after the removal of an object.
type explainedDeletion struct {
	Rule        string `json:"rule"`
	Line        int    `json:"line"`
	Destination string `json:"destination"`
	Error       string `json:"error,omitempty"` // why it is not known what to delete
	// WithoutVersioning says that it is deleted even where nothing brings it back.
	WithoutVersioning bool `json:"without_versioning,omitempty"`
}

// addDeletions adds what is deleted after the removal of an object.
func (e *explanation) addDeletions(set *rules.Set, o events.Object) error {
	deletions, err := set.Removal(o)
	for _, d := range deletions {
		one := explainedDeletion{Rule: d.Rule, Line: d.Line, Destination: osscall.URL(d.Bucket, d.Key),
			WithoutVersioning: d.WithoutVersioning}
		if d.Err != nil {
			one.Error = d.Err.Error()
		}
		e.Deletions = append(e.Deletions, one)
	}
	return err
}

// deletions prints what is deleted after a removal.
func (p *printer) deletions(all []explainedDeletion) {
	terminal.Fprintf(p.w, "if the object is gone, and these are its copies:\n")
	for _, d := range all {
		if d.Error != "" {
			terminal.Fprintf(p.w, "  %s deletes nothing: %s %s\n", d.Rule, d.Error, p.line(d.Line))
			continue
		}
		terminal.Fprintf(p.w, "  %s deletes %s %s\n", d.Rule, p.paint(bold, d.Destination), p.line(d.Line))
	}
}

// sourceOptions are the options of the source buckets with which a move of the object can be carried out.
func (cmd *explainCmd) sourceOptions(set *rules.Set, o events.Object) []localoss.BucketOption {
	plan, err := set.Plan(o, cmd.facts(o))
	if err == nil && slices.ContainsFunc(plan.Copies, func(c rules.Copy) bool {
		return c.DeleteSource && !c.WithoutVersioning
	}) {
		return []localoss.BucketOption{localoss.WithVersioning()}
	}
	return nil
}

// move deletes the source whose copies were made, if the rules say so, as the function does.
func move(ctx context.Context, engine *copier.Copier, set *rules.Set, src *copier.Source) error {
	plan, err := set.Plan(src.Object, src)
	if err != nil || !slices.ContainsFunc(plan.Copies, func(c rules.Copy) bool { return c.DeleteSource }) {
		return err
	}
	there, err := src.Look(ctx)
	if err != nil {
		return err
	}
	now := engine.Source(ctx, src.Object)
	now.RequestPayer, now.BucketACLs = src.RequestPayer, src.BucketACLs
	now.SetHead(there.Head)
	if plan, err = set.Plan(now.Object, now); err == nil {
		engine.Move(ctx, now, plan.Copies)
	}
	return err
}
