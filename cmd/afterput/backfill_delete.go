package main

import (
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"afterput/events"
	"afterput/internal/copier"
	"afterput/internal/existing"
	"afterput/internal/osscall"
	"afterput/internal/relay"
	"afterput/internal/terminal"
)

// extras deletes what diff --extra lists, if the rules delete it after its source and the source is gone.
type extras struct {
	*existingRun
	handler *relay.Handler
	inv     relay.Invocation
	really  bool

	mu     sync.Mutex
	counts map[copier.Result]int
}

// deleteExtra looks at every object of the destinations that no source explains. An object that says which source it is
// a copy of is handled as if the event of that source's removal had come, for this destination alone.
func (cmd *backfillCmd) deleteExtra(r *existingRun, job *existing.Job) error {
	handler, inv := cmd.engine(r, job)
	e := &extras{existingRun: r, handler: handler, inv: inv, really: cmd.Yes > 1, counts: map[copier.Result]int{}}
	group, ctx := errgroup.WithContext(r.ctx)
	group.SetLimit(cmd.InFlight)
	job.Found = func(f existing.Finding) error {
		group.Go(func() error { return e.extra(f.Destination) })
		return ctx.Err()
	}
	listed := job.Extras(r.ctx)
	if err := group.Wait(); err != nil {
		return err
	}
	if listed != nil {
		return listed
	}
	if !e.really {
		n := e.counts[copier.Deleted]
		terminal.Fprintf(r.err, "%s to delete; run again with --yes --yes to do that\n",
			plural(n, "copy of a removed object", "copies of removed objects"))
		if n > 0 {
			return errReported
		}
		return nil
	}
	terminal.Fprintf(r.err, "%d deleted, %d kept, %d failed\n", e.counts[copier.Deleted],
		e.counts[copier.Kept]+e.counts[copier.Unchanged], e.counts[copier.Failed])
	if e.counts[copier.Failed] > 0 {
		return errReported
	}
	return nil
}

// extra handles one object. Without --yes twice it says what would be looked at for deletion.
func (e *extras) extra(url string) error {
	bucket, key, _ := osscall.CutURL(url)
	o, ok, err := e.config.Copier.SourceOf(e.ctx, e.rules.RemoteOf(bucket), bucket, key)
	if err != nil {
		return err
	}
	if !ok || !slices.Contains(e.rules.Sources(), o.Bucket) {
		return nil
	}
	deletions, err := e.rules.Removal(o)
	if err != nil {
		return err
	}
	for _, d := range deletions {
		if d.Bucket == bucket && d.Key == key {
			return e.remove(url, o)
		}
	}
	return nil
}

func (e *extras) remove(url string, o events.Object) error {
	o.Only, o.Region = []string{url}, e.Region
	if !e.really {
		there, err := e.config.Copier.Source(e.ctx, o).Look(e.ctx)
		if err == nil && !there.There {
			e.count(copier.Deleted, url, "copy of "+osscall.URL(o.Bucket, o.Key)+", which is gone", "to delete")
		}
		return err
	}
	report := e.handler.Removed(e.ctx, e.inv, o)
	if report.Error != nil {
		e.count(copier.Failed, url, report.Error.Code+": "+report.Error.Message, "")
		return nil
	}
	for _, c := range report.Copies {
		reason := c.Reason
		if c.Error != nil {
			reason = c.Error.Code + ": " + c.Error.Message
		}
		e.count(c.Result, url, reason, "")
	}
	return nil
}

// count counts and prints what became of a copy.
func (e *extras) count(result copier.Result, url, reason, word string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.counts[result]++
	if word == "" {
		word = string(result)
	}
	if e.JSON {
		_ = e.printLine(map[string]any{"outcome": word, "destination": url, "reason": reason})
		return
	}
	terminal.Fprintf(e.out, "%-10s %s  %s\n", word, url, reason)
}
