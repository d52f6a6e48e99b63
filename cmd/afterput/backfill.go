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

	"afterput/internal/existing"
	"afterput/internal/osscall"
	"afterput/internal/relay"
	"afterput/internal/terminal"
	"afterput/rules"
)

type backfillCmd struct {
	Rules  string   `arg:"" placeholder:"RULES" help:"Rules file; - is standard input."`
	Yes    int      `type:"counter" help:"Make the copies; without it only what that takes is shown."`
	Only   []string `default:"missing,older,unmoved" values:"missing,older,different,unmoved" help:"only_help"`
	Job    string   `placeholder:"PLACE" help:"job_help"`
	Delete bool     `name:"delete-extra" help:"delete_extra_help"`
	Status bool     `help:"Say how far the job has come that --job names."`
	Sample int      `placeholder:"N" help:"sample_help"`
	functionFlags
	selectFlags
}

// backfillHelp holds the help texts that are too long for a struct tag.
var backfillHelp = helpTexts{
	"only_help": "Which copies to make, and moves to complete: missing, older, different, unmoved; default " +
		"missing,older,unmoved.",
	"delete_extra_help": "Delete copies of objects that were removed, as the rules' delete says, if --yes is given " +
		"twice.",
	"job_help": "Folder, or oss://BUCKET/PREFIX/, that keeps how far the backfill has come: the same command goes on " +
		"there after it was stopped.",
	"sample_help": "Estimate from the first N objects of each source, in the order of their keys, instead of all.",
}

func (cmd *backfillCmd) Run(ctx context.Context, c console) error {
	return personally("backfill", cmd.run(ctx, c))
}

func (cmd *backfillCmd) run(ctx context.Context, c console) error {
	keep, err := cmd.verdicts()
	if err != nil {
		return err
	}
	if err := cmd.functionFlags.check(cmd.Region); err != nil {
		return err
	}
	if err := cmd.check(); err != nil {
		return err
	}
	r, err := cmd.open(ctx, c, cmd.Rules)
	if err != nil {
		return err
	}
	r.config.Keep, r.config.Sample = keep, cmd.Sample
	store, remove, err := cmd.store(r)
	if err != nil {
		return err
	}
	defer remove()
	r.config.Store = store
	if cmd.Status {
		return cmd.status(r)
	}
	unlock, err := store.Lock(r.ctx)
	if err != nil {
		return cmd.ofJob(err)
	}
	defer unlock()
	job, err := existing.Open(r.ctx, r.config)
	if err != nil {
		return cmd.ofJob(err)
	}
	if job.OtherKeys() {
		terminal.Fprintf(r.err, "the job goes on with the list of keys that it was begun with, which is another one\n")
	}
	if job.Phase() == existing.Complete {
		terminal.Fprintf(r.err, "the job was complete before, so that nothing is done now; name another place for "+
			"another job\n")
	}
	worked := cmd.work(ctx, r, job)
	if !cmd.Delete || ctx.Err() != nil || worked != nil && !errors.Is(worked, errReported) {
		return worked
	}
	return cmp.Or(cmd.deleteExtra(r, job), worked)
}

// check checks flags that depend on each other.
func (cmd *backfillCmd) check() error {
	switch {
	case cmd.Status && cmd.Job == "":
		return usageError("--status needs --job, the place of the job")
	case cmd.Sample < 0:
		return usageError(fmt.Sprintf("--sample is %d; want a number of objects, such as 10000", cmd.Sample))
	case cmd.Sample > 0 && (cmd.Yes > 0 || cmd.Delete || cmd.Job != "" || cmd.Keys != ""):
		return usageError("--sample is for an estimate alone: it cannot be combined with --yes, --delete-extra, " +
			"--job or --keys")
	}
	return nil
}

// work compares and, with --yes, copies.
func (cmd *backfillCmd) work(ctx context.Context, r *existingRun, job *existing.Job) error {
	stop := r.watch(job)
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
	todo := counts.Copies().Copies
	if r.JSON {
		phase := phaseOf(existing.Standing{Phase: job.Phase(), Counts: counts}, nil)
		if err := r.printLine(cmd.line(job.ID(), phase, counts, nil)); err != nil {
			return err
		}
	} else {
		r.printCounts(counts)
		if cmd.Yes == 0 {
			r.printEstimate(counts, cmd.pace())
		}
	}
	switch {
	case cmd.Yes == 0 && todo > 0:
		r.notef("run again with --yes to make %s\n",
			map[bool]string{true: "it", false: "them"}[todo == 1 && counts.Sampled == 0])
		return errReported
	case cmd.Yes == 0:
		return nil
	}
	if !r.JSON {
		printDone(r.err, counts.Done)
	}
	if cmd.Function != "" && counts.Done.Handed.Copies > 0 {
		r.notef("function %s makes them now; what fails goes to its on-failure destination, and "+
			"afterput diff %s says what is missing\n", cmd.Function, cmd.Rules)
	}
	if failed(counts) > 0 {
		return cmd.failures(r, counts)
	}
	return nil
}

func printDone(w io.Writer, d existing.Done) {
	if d.Batches > 0 {
		terminal.Fprintf(w, "%s of %s handed over in %s\n", plural(int(d.Handed.Copies), "copy", "copies"),
			humanBytes(d.Handed.Bytes), plural(int(d.Batches), "batch", "batches"))
		return
	}
	terminal.Fprintf(w, "%d copied (%s), %d unchanged, %d skipped or superseded, %d failed\n", d.Copied.Copies,
		humanBytes(d.Copied.Bytes), d.Unchanged.Copies, d.Skipped.Copies, d.Failed.Copies)
	if d.Moved.Copies > 0 {
		terminal.Fprintf(w, "%s whose copies were in place\n",
			plural(int(d.Moved.Copies), "source deleted", "sources deleted"))
	}
	if d.Restoring.Copies > 0 {
		terminal.Fprintf(w, "%d not made yet: their sources are archived and being restored; begin another backfill "+
			"when that has ended\n", d.Restoring.Copies)
	}
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
	terminal.Fprintf(r.out, "%-10s %s: %s: %s\n", "failed", source, e.Code, withPolicy(e.Message, "backfill"))
}

// failures writes the events of what failed into a file that replay takes, next to the job.
func (cmd *backfillCmd) failures(r *existingRun, c existing.Counts) error {
	if n := c.Of(existing.Failed).Copies; n > 0 {
		terminal.Fprintf(r.err, "%s could not be planned or compared: afterput diff says why\n",
			plural(int(n), "copy", "copies"))
	}
	if cmd.Job == "" || c.Done.Failed.Copies == 0 {
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

// verdicts reads --only.
func (cmd *backfillCmd) verdicts() ([]existing.Verdict, error) {
	allowed := []existing.Verdict{existing.Missing, existing.Older, existing.Different, existing.Unmoved}
	var keep []existing.Verdict
	for _, name := range cmd.Only {
		v := existing.Verdict(strings.TrimSpace(name))
		if !slices.Contains(allowed, v) {
			return nil, usageError(fmt.Sprintf("--only has %q; want some of missing, older, different, unmoved", name))
		}
		if !slices.Contains(keep, v) {
			keep = append(keep, v)
		}
	}
	if len(keep) == 0 {
		return nil, usageError("--only is empty; want some of missing, older, different, unmoved")
	}
	slices.Sort(keep)
	return keep, nil
}

// ofJob is an error at the place of the job.
func (cmd *backfillCmd) ofJob(err error) error {
	return namedBy(fmt.Errorf("--job %s: %w", cmd.Job, err), "--job")
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
		if s, err = existing.NewFolder(cmd.Job); err != nil {
			err = fmt.Errorf("--job %s: %w; name a folder that you may write to", cmd.Job, err)
		}
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
