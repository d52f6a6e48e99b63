package main

import (
	"errors"
	"fmt"
	"time"

	"afterput/internal/existing"
	"afterput/internal/terminal"
)

// status prints how far a job has come, and with --function what became of its batches.
func (cmd *backfillCmd) status(r *existingRun) error {
	s, ok, err := existing.ReadStanding(r.ctx, r.config.Store)
	if err != nil || !ok {
		return cmd.ofJob(errors.Join(err, errNoJob(ok, err)))
	}
	var tasks *taskCounts
	if cmd.Function != "" {
		if tasks, err = cmd.tasks(r.ctx, s.ID); err != nil {
			return fmt.Errorf("list the batches of %s: %w", cmd.Function, err)
		}
	}
	if r.JSON {
		if err := r.printLine(cmd.line(s.ID, phaseOf(s, tasks), s.Counts, tasks)); err != nil {
			return err
		}
	} else {
		cmd.printStanding(r, s, tasks)
	}
	if phaseOf(s, tasks) == phaseFailed {
		return cmd.failures(r, s.Counts)
	}
	return nil
}

// errNoJob is the error of a place without a job.
func errNoJob(ok bool, err error) error {
	if ok || err != nil {
		return nil
	}
	return errors.New("there is no job: begin one without --status")
}

func (cmd *backfillCmd) printStanding(r *existingRun, s existing.Standing, tasks *taskCounts) {
	r.printCounts(s.Counts)
	switch s.Phase {
	case existing.HandingOver:
		r.printEstimate(s.Counts, cmd.pace())
		printDone(r.err, s.Counts.Done)
	case existing.Complete:
		printDone(r.err, s.Counts.Done)
	}
	tasks.print(r.out, cmd.Function)
	terminal.Fprintf(r.out, "%s: %s", phaseOf(s, tasks), progressOf(s.Phase, s.Counts, 0))
	if s.Phase != existing.Complete {
		terminal.Fprintf(r.out, "; saved %s ago, the same command without --status goes on from there",
			humanTime(time.Since(s.Saved)))
	}
	terminal.Fprintf(r.out, "\n")
}

// Phases of a job that has come to its end, of which the job itself does not know.
const (
	phaseFailed existing.Phase = "failed in part"
	phaseHanded existing.Phase = "handed over" // the function may still be at work
)

// phaseOf is the phase of a job as it is printed; tasks is what became of its batches, nil if that is not known.
func phaseOf(s existing.Standing, tasks *taskCounts) existing.Phase {
	switch {
	case s.Phase != existing.Complete:
		return s.Phase
	case failed(s.Counts) > 0 || tasks != nil && tasks.Failed+tasks.Stopped > 0:
		return phaseFailed
	case s.Counts.Done.Handed.Copies > 0 && (tasks == nil || tasks.Running+tasks.Waiting > 0):
		return phaseHanded
	}
	return s.Phase
}

// failed is how many copies failed.
func failed(c existing.Counts) int64 { return c.Done.Failed.Copies + c.Of(existing.Failed).Copies }
