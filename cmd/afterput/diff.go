package main

import (
	"context"
	"os"
	"slices"

	"afterput/internal/existing"
	"afterput/internal/terminal"
)

type diffCmd struct {
	Rules string `arg:"" placeholder:"RULES" help:"Rules file; - is standard input."`
	Extra bool   `help:"List also objects of the destinations that no source explains."`
	selectFlags
}

func (cmd *diffCmd) Run(ctx context.Context, c console) error {
	return personally("diff", cmd.run(ctx, c))
}

func (cmd *diffCmd) run(ctx context.Context, c console) error {
	some := cmd.Rule != "" || cmd.Prefix != "" || cmd.Keys != "" || len(cmd.Inventory) > 0 ||
		!cmd.ModifiedSince.IsZero() || !cmd.ModifiedBefore.IsZero()
	if cmd.Extra && some {
		return usageError("--extra needs all objects of the sources as they are now: it cannot be combined with " +
			"--rule, --prefix, --keys, --inventory, --modified-since or --modified-before")
	}
	r, err := cmd.open(ctx, c, cmd.Rules)
	if err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "afterput-diff")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	if r.config.Store, err = existing.NewFolder(folder); err != nil {
		return err
	}
	r.config.Found = r.printFinding
	job, err := existing.Open(r.ctx, r.config)
	if err != nil {
		return err
	}
	stop := r.watch(job)
	err = job.Compare(r.ctx)
	if err == nil && cmd.Extra {
		err = job.Extras(r.ctx)
	}
	stop()
	if ctx.Err() != nil {
		terminal.Fprintf(c.err, "stopped: the comparison is not complete\n")
		return errReported
	}
	if err != nil {
		return err
	}
	counts := job.Counts()
	if cmd.JSON {
		if err := r.printLine(map[string]any{"counts": counts}); err != nil {
			return err
		}
	} else {
		r.printCounts(counts)
	}
	for _, v := range slices.Concat(existing.ByDefault, []existing.Verdict{existing.Different, existing.Failed}) {
		if counts.Of(v).Copies > 0 {
			return errReported
		}
	}
	return nil
}
