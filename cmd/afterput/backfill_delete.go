package main

import (
	"afterput/internal/copier"
	"afterput/internal/existing"
	"afterput/internal/terminal"
)

// deleteExtra handles what diff --extra lists, and prints it.
func (cmd *backfillCmd) deleteExtra(r *existingRun, job *existing.Job) error {
	handler, inv := cmd.engine(r, job)
	counts, really := map[copier.Result]int{}, cmd.Yes > 1
	err := job.Leftovers(r.ctx, &existing.Leftovers{Handler: handler, Invocation: inv, InFlight: cmd.InFlight,
		Delete: really, Found: func(one existing.Leftover) {
			counts[one.Result]++
			r.printLeftover(one, really)
		}})
	if err != nil {
		return err
	}
	if !really {
		n := counts[copier.Deleted]
		r.notef("%s to delete; run again with --yes --yes to do that\n",
			plural(n, "copy of a removed object", "copies of removed objects"))
		if n > 0 {
			return errReported
		}
		return nil
	}
	r.notef("%d deleted, %d kept, %d failed\n", counts[copier.Deleted],
		counts[copier.Kept]+counts[copier.Unchanged], counts[copier.Failed])
	if counts[copier.Failed] > 0 {
		return errReported
	}
	return nil
}

// printLeftover prints what became of a copy; without --yes twice, which one would be deleted.
func (r *existingRun) printLeftover(one existing.Leftover, really bool) {
	word, reason := string(one.Result), one.Reason
	switch {
	case !really:
		word, reason = "to delete", "copy of "+one.Source+", which is gone"
	case one.Error != nil:
		reason = one.Error.Code + ": " + withPolicy(one.Error.Message, "backfill")
	}
	if r.JSON {
		_ = r.printLine(map[string]any{"outcome": word, "destination": one.Destination, "reason": reason})
		return
	}
	terminal.Fprintf(r.out, "%-10s %s  %s\n", word, one.Destination, reason)
}
