package main

import (
	"context"
	"fmt"
	"time"

	"afterput/internal/copier"
	"afterput/rules"
)

type gcCmd struct {
	Bucket    string        `arg:"" help:"Bucket that copies are written to."`
	Yes       bool          `help:"Abort what is listed; without it nothing is changed."`
	OlderThan time.Duration `default:"24h" help:"Take uploads begun longer ago than this for left, whatever their source is: s.yaml lets events live for 24 h (default 24h)." placeholder:"TIME"`
	stateFlag
	cloudFlags
}

func (cmd *gcCmd) Run(ctx context.Context, c console) error {
	state, err := cmd.state()
	if err != nil {
		return err
	}
	if cmd.OlderThan < 0 {
		return usageError(fmt.Sprintf("--older-than is %s; want a time such as 24h", cmd.OlderThan))
	}
	if err := rules.CheckBucket(cmd.Bucket); err != nil {
		return usageError(fmt.Sprintf("BUCKET: %v; write it without oss://", err))
	}
	client, ctx, err := cmd.connect(ctx)
	if err != nil {
		return err
	}
	collector := copier.NewCollector(client, state)
	found, err := collector.Find(ctx, cmd.Bucket, cmd.OlderThan)
	if err != nil {
		return err
	}
	left := 0
	for i := range found {
		l := &found[i]
		if l.Why == "" {
			fmt.Fprintf(c.out, "%-8s oss://%s/%s from %s: begun %s, may be resumed\n", "kept", l.Bucket, l.Key, l.Source, l.Started.Format(time.RFC3339))
			continue
		}
		left++
		done := "left"
		if cmd.Yes {
			if err := collector.Remove(ctx, l); err != nil {
				return fmt.Errorf("remove the upload to oss://%s/%s: %w", l.Bucket, l.Key, err)
			}
			done = "removed"
		}
		fmt.Fprintf(c.out, "%-8s oss://%s/%s from %s: %s\n", done, l.Bucket, l.Key, l.Source, l.Why)
	}
	switch {
	case left == 0:
		fmt.Fprintf(c.err, "nothing is left in %s\n", cmd.Bucket)
	case !cmd.Yes:
		fmt.Fprintf(c.err, "%s; run again with --yes to abort\n", plural(left, "upload is left", "uploads are left"))
		return errSaid
	}
	return nil
}
