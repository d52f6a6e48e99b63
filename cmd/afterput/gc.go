package main

import (
	"context"
	"fmt"
	"time"

	"afterput/internal/settings"
	"afterput/internal/state"
	"afterput/internal/terminal"
	"afterput/rules"
)

type gcCmd struct {
	Bucket     string        `arg:"" help:"Bucket that copies are written to."`
	Yes        bool          `help:"Remove the leftovers that are listed; without it nothing is changed."`
	OlderThan  time.Duration `default:"24h" placeholder:"TIME" help:"older_than_help"`
	Role       string        `placeholder:"ARN" help:"gc_role_help"`
	ExternalID string        `name:"external-id" placeholder:"ID" help:"External id with which the role is assumed."`
	stateFlag
	endpointsFlag
	cloudFlags
}

// gcHelp holds the help texts that are too long for a struct tag.
var gcHelp = helpTexts{
	"gc_role_help": "Role that is assumed for the bucket, as role in the rules file says; not needed if --state " +
		"names a bucket.",
	"older_than_help": "Uploads begun longer ago than this are leftovers, whatever their source is: s.yaml gives an " +
		"event 24 h until it is given up (default 24h).",
}

func (cmd *gcCmd) Run(ctx context.Context, c console) error {
	if err := cmd.run(ctx, c); err != nil {
		return personError{err, func(text string) string { return forCommand.Replace(inRegion(text, "--region")) }}
	}
	return nil
}

func (cmd *gcCmd) run(ctx context.Context, c console) error {
	options, err := engineOptions(map[string]string{
		settings.State: cmd.State, settings.Endpoints: cmd.Endpoints, settings.STSEndpoint: cmd.STSEndpoint,
		"OSS_REGION": cmd.Region, "OSS_ENDPOINT": cmd.Endpoint,
	})
	if err != nil {
		return err
	}
	if cmd.Role != "" {
		if err := rules.CheckRole(cmd.Role); err != nil {
			return usageError(fmt.Sprintf("--role: %v", err))
		}
	} else if cmd.ExternalID != "" {
		return usageError("--external-id needs --role")
	}
	if cmd.OlderThan < 0 {
		return usageError(fmt.Sprintf("--older-than is %s; want a time such as 24h", cmd.OlderThan))
	}
	if err := rules.CheckBucket(cmd.Bucket); err != nil {
		return usageError(fmt.Sprintf("BUCKET: %v", err))
	}
	client, ctx, err := cmd.connect(ctx)
	if err != nil {
		return err
	}
	collector := state.NewCollector(client, options.State,
		rules.Remote{Region: cmd.Region, Role: cmd.Role, ExternalID: cmd.ExternalID}, options.Remote)
	found, err := collector.Find(ctx, cmd.Bucket, cmd.OlderThan)
	if err != nil {
		return namedBy(err, map[bool]string{true: "BUCKET", false: "--state"}[options.State.Bucket == ""])
	}
	leftovers := 0
	for i := range found {
		l := &found[i]
		if l.Why == "" {
			printLeftover(c, "kept", l, whyKept(l))
			continue
		}
		leftovers++
		done := "leftover"
		if cmd.Yes {
			if err := collector.Remove(ctx, l); err != nil {
				return fmt.Errorf("remove the upload to oss://%s/%s: %w", l.Bucket, l.Key, err)
			}
			done = "removed"
		}
		printLeftover(c, done, l, l.Why)
	}
	switch {
	case leftovers == 0:
		c.notef("no leftover uploads in %s\n", cmd.Bucket)
	case !cmd.Yes:
		c.notef("%s; run again with --yes to remove %s\n",
			count(leftovers, "leftover"), map[bool]string{true: "it", false: "them"}[leftovers == 1])
		return errReported
	}
	return nil
}

func printLeftover(c console, done string, l *state.Leftover, why string) {
	terminal.Fprintf(c.out, "%-8s oss://%s/%s from %s: %s\n", done, l.Bucket, l.Key, l.Source, why)
}

// whyKept says what may still become of an upload, or of a CopyObject that was not answered.
func whyKept(l *state.Leftover) string {
	began := l.Started.Format(time.RFC3339)
	if l.Single {
		return "CopyObject sent " + began + ", OSS may still be carrying it out"
	}
	return "begun " + began + ", may be resumed"
}
