package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"afterput/internal/existing"
	"afterput/internal/osscall"
	"afterput/internal/relay"
	"afterput/internal/terminal"
	"afterput/rules"
)

type backfillCmd struct {
	Rules  string   `arg:"" placeholder:"RULES" help:"Rules file; - is standard input."`
	Yes    int      `type:"counter" help:"Make the copies; without it only what that takes is shown."`
	Only   []string `default:"missing,older" placeholder:"VERDICTS" help:"${only_help}"`
	Job    string   `placeholder:"PLACE" help:"${job_help}"`
	Delete bool     `name:"delete-extra" help:"${delete_extra_help}"`
	Status bool     `help:"Say how far the job has come that --job names."`
	functionFlags
	selectFlags
}

// backfillHelp holds the help texts that are too long for a struct tag.
var backfillHelp = kong.Vars{
	"only_help": "Which copies to make: missing, older, different; default missing,older.",
	"delete_extra_help": "Delete copies of objects that were removed, as the rules' delete says, if --yes is given " +
		"twice.",
	"job_help": "Folder, or oss://BUCKET/PREFIX/, that keeps how far the backfill has come: the same command goes on " +
		"there after it was stopped.",
}

func (cmd *backfillCmd) Run(ctx context.Context, c console) error {
	keep, err := cmd.verdicts()
	if err != nil {
		return err
	}
	if err := cmd.functionFlags.check(cmd.Region); err != nil {
		return err
	}
	if cmd.Status && cmd.Job == "" {
		return usageError("--status needs --job, the place of the job")
	}
	r, err := cmd.open(ctx, c, cmd.Rules)
	if err != nil {
		return err
	}
	r.config.Keep = keep
	store, remove, err := cmd.store(r)
	if err != nil {
		return err
	}
	defer remove()
	r.config.Store = store
	if cmd.Status {
		return cmd.status(ctx, r)
	}
	unlock, err := store.Lock(r.ctx)
	if err != nil {
		return fmt.Errorf("--job %s: %w", cmd.Job, err)
	}
	defer unlock()
	job, err := existing.Open(r.ctx, r.config)
	if err != nil {
		return fmt.Errorf("--job %s: %w", cmd.Job, err)
	}
	worked := cmd.work(ctx, r, job)
	if !cmd.Delete || ctx.Err() != nil || worked != nil && !errors.Is(worked, errReported) {
		return worked
	}
	return cmp.Or(cmd.deleteExtra(r, job), worked)
}

// work compares and, with --yes, copies.
func (cmd *backfillCmd) work(ctx context.Context, r *existingRun, job *existing.Job) error {
	stop := r.watch(&job)
	err := job.Compare(r.ctx)
	if err == nil && cmd.Yes > 0 {
		err = cmd.handOver(r, job)
	}
	stop()
	switch {
	case ctx.Err() != nil && cmd.Job == "":
		terminal.Fprintf(r.err, "stopped: %s\nwith --job PLACE a backfill goes on where it was stopped\n",
			progressLine(job))
		return errReported
	case ctx.Err() != nil:
		terminal.Fprintf(r.err, "stopped: %s\nthe same command goes on from here\n", progressLine(job))
		return errReported
	case err != nil:
		return err
	}
	return cmd.summary(r, job)
}

// handOver makes the copies here, or hands them over to the deployed function.
func (cmd *backfillCmd) handOver(r *existingRun, job *existing.Job) error {
	if cmd.Function != "" {
		return job.ByFunction(r.ctx, cmd.function(r))
	}
	handler, inv := cmd.engine(r, job)
	return job.ByEngine(r.ctx, handler, inv, cmd.InFlight, r.printFailures)
}

// engine is what makes and deletes copies in this process, and the invocation as which it does so.
func (cmd *backfillCmd) engine(r *existingRun, job *existing.Job) (*relay.Handler, relay.Invocation) {
	handler := relay.New(relay.Config{Rules: relay.Fixed(r.rules), Copier: r.config.Copier,
		Log: slog.New(slog.DiscardHandler)})
	return handler, relay.Invocation{RequestID: "backfill-" + job.ID(), Credentials: cmd.credentials()}
}

// summary prints what was found, and what it takes or what became of it.
func (cmd *backfillCmd) summary(r *existingRun, job *existing.Job) error {
	counts := job.Counts()
	todo := counts.Estimate(cmd.QPS, cmd.InFlight)
	if r.JSON {
		if err := r.printLine(backfillLine{job.ID(), job.Phase(), counts, todo, nil}); err != nil {
			return err
		}
	} else {
		r.printCounts(counts)
		r.printTodo(todo)
	}
	switch {
	case cmd.Yes == 0 && todo.Copies > 0:
		terminal.Fprintf(r.err, "run again with --yes to make %s\n",
			map[bool]string{true: "it", false: "them"}[todo.Copies == 1])
		return errReported
	case cmd.Yes == 0:
		return nil
	}
	if !r.JSON {
		printDone(r.err, counts.Done)
	}
	if cmd.Function != "" && counts.Done.Handed.Copies > 0 {
		terminal.Fprintf(r.err, "function %s makes them now; what fails goes to its on-failure destination, and "+
			"afterput diff %s says what is missing\n", cmd.Function, cmd.Rules)
	}
	if counts.Done.Failed.Copies+counts.Of(existing.Failed).Copies > 0 {
		return cmd.failures(r, job)
	}
	return nil
}

// backfillLine is a summary for programs.
type backfillLine struct {
	Job      string            `json:"job"`
	Phase    existing.Phase    `json:"phase"`
	Counts   existing.Counts   `json:"counts"`
	Estimate existing.Estimate `json:"estimate"`
	Tasks    *taskCounts       `json:"tasks,omitempty"`
}

func (r *existingRun) printTodo(e existing.Estimate) {
	if e.Copies == 0 {
		terminal.Fprintf(r.err, "nothing is to be copied\n")
		return
	}
	terminal.Fprintf(r.err, "to be made: %s of %s with about %s, in about %s; requests cost about CNY %.2f",
		plural(int(e.Copies), "copy", "copies"), humanBytes(e.Bytes), count(int(e.Requests), "request"),
		e.Time.Round(time.Second), e.RequestsCNY)
	if e.LeastCNY > 0 {
		terminal.Fprintf(r.err, ", and the least that is charged for storing them CNY %.2f", e.LeastCNY)
	}
	terminal.Fprintf(r.err, " (list prices)\n")
}

func printDone(w io.Writer, d existing.Done) {
	if d.Batches > 0 {
		terminal.Fprintf(w, "%s of %s handed over in %s\n", plural(int(d.Handed.Copies), "copy", "copies"),
			humanBytes(d.Handed.Bytes), plural(int(d.Batches), "batch", "batches"))
		return
	}
	terminal.Fprintf(w, "%d copied (%s), %d unchanged, %d skipped or superseded, %d failed\n", d.Copied.Copies,
		humanBytes(d.Copied.Bytes), d.Unchanged.Copies, d.Skipped.Copies, d.Failed.Copies)
}

// printFailures prints the copies of an object that failed.
func (r *existingRun) printFailures(o relay.ObjectReport) {
	source := osscall.URL(o.Bucket, o.Key)
	if o.Error != nil {
		r.printFailure(source, "", o.Error)
	}
	for i := range o.Copies {
		if c := &o.Copies[i]; c.Error != nil {
			r.printFailure(source, c.Destination, c.Error)
		}
	}
}

func (r *existingRun) printFailure(source, destination string, e *osscall.Error) {
	if r.JSON {
		_ = r.printLine(map[string]any{"outcome": "failed", "source": source, "destination": destination, "error": e})
		return
	}
	if destination != "" {
		source += " → " + destination
	}
	terminal.Fprintf(r.out, "%-10s %s: %s: %s\n", "failed", source, e.Code, e.Message)
}

// failures writes the events of what failed into a file that replay takes, next to the job.
func (cmd *backfillCmd) failures(r *existingRun, job *existing.Job) error {
	if cmd.Job == "" {
		return errReported
	}
	if strings.HasPrefix(cmd.Job, "oss://") {
		terminal.Fprintf(r.err, "what failed is in %sfailed-*.jsonl; afterput replay takes those files\n", cmd.Job)
		return errReported
	}
	terminal.Fprintf(r.err, "what failed is in %s; try again with: cat %s | afterput replay - --rules %s\n",
		cmd.Job, strings.TrimSuffix(cmd.Job, "/")+"/failed-*.jsonl", cmd.Rules)
	return errReported
}

// status prints how far a job has come, and with --function what became of its batches.
func (cmd *backfillCmd) status(ctx context.Context, r *existingRun) error {
	if _, ok, err := r.config.Store.Get(r.ctx, "job.json"); err != nil || !ok {
		return errors.Join(err, errors.New("there is no job: begin one without --status"))
	}
	job, err := existing.Open(r.ctx, r.config)
	if err != nil {
		return err
	}
	counts := job.Counts()
	var tasks *taskCounts
	if cmd.Function != "" {
		if tasks, err = cmd.tasks(ctx, job.ID()); err != nil {
			return fmt.Errorf("list the batches of %s: %w", cmd.Function, err)
		}
	}
	if r.JSON {
		return r.printLine(backfillLine{job.ID(), job.Phase(), counts, counts.Estimate(r.QPS, r.InFlight), tasks})
	}
	r.printCounts(counts)
	r.printTodo(counts.Estimate(r.QPS, r.InFlight))
	printDone(r.err, counts.Done)
	tasks.print(r.out, cmd.Function)
	terminal.Fprintf(r.out, "%s\n", progressLine(job))
	return nil
}

// verdicts reads --only.
func (cmd *backfillCmd) verdicts() ([]existing.Verdict, error) {
	allowed := []existing.Verdict{existing.Missing, existing.Older, existing.Different}
	var keep []existing.Verdict
	for _, name := range cmd.Only {
		v := existing.Verdict(strings.TrimSpace(name))
		if !slices.Contains(allowed, v) {
			return nil, usageError(fmt.Sprintf("--only has %q; want some of missing, older, different", name))
		}
		if !slices.Contains(keep, v) {
			keep = append(keep, v)
		}
	}
	if len(keep) == 0 {
		return nil, usageError("--only is empty; want some of missing, older, different")
	}
	slices.Sort(keep)
	return keep, nil
}

// store is where the job is kept. remove removes what does not outlive the process.
func (cmd *backfillCmd) store(r *existingRun) (s existing.Store, remove func(), err error) {
	remove = func() {}
	if cmd.Job == "" {
		folder, err := os.MkdirTemp("", "afterput-backfill")
		if err != nil {
			return nil, remove, err
		}
		s, err = existing.NewFolder(folder)
		return s, func() { _ = os.RemoveAll(folder) }, err
	}
	bucket, prefix, ok := osscall.CutURL(cmd.Job)
	if !ok {
		if strings.Contains(cmd.Job, "://") {
			return nil, remove, usageError(fmt.Sprintf("--job is %q; want a folder, or oss://BUCKET/PREFIX/", cmd.Job))
		}
		if cmd.Status {
			if _, err := os.Stat(cmd.Job); err != nil {
				return nil, remove, fmt.Errorf("--job %s: there is no job", cmd.Job)
			}
		}
		s, err = existing.NewFolder(cmd.Job)
		return s, remove, err
	}
	if err := rules.CheckBucket(bucket); err != nil || !strings.HasSuffix(prefix, "/") {
		return nil, remove, usageError(fmt.Sprintf(
			"--job is %q; want a folder, or oss://BUCKET/PREFIX/ that ends with a slash", cmd.Job))
	}
	if slices.Contains(r.rules.Sources(), bucket) {
		return nil, remove, usageError(fmt.Sprintf("--job is in %s, which is a source: "+
			"each of the job's files would be an upload; name another bucket", bucket))
	}
	return &existing.Bucket{OSS: r.client, Bucket: bucket, Prefix: prefix}, remove, nil
}
