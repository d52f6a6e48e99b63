package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"afterput/events"
	"afterput/internal/copier"
	"afterput/internal/osscall"
	"afterput/internal/relay"
	"afterput/internal/terminal"
	"afterput/rules"
)

type replayCmd struct {
	File  string `arg:"" placeholder:"FILE" help:"failed_events_help"`
	Rules string `required:"" help:"Rules file to replay them by." placeholder:"FILE"`
	Yes   bool   `help:"Replay the events; without it only what that would do is shown."`
	engineFlags
	cloudFlags
}

// replayHelp holds the help texts that are too long for a struct tag.
var replayHelp = helpTexts{
	"failed_events_help": "Failed events as Function Compute delivers them to its on-failure destination, one after " +
		"the other or in an array; - is standard input.",
}

func (cmd *replayCmd) Run(ctx context.Context, c console) error {
	if err := onlyOnce(cmd.File, cmd.Rules); err != nil {
		return err
	}
	options, err := cmd.options(&cmd.cloudFlags)
	if err != nil {
		return err
	}
	set, err := loadRules(ctx, cmd.Rules, os.LookupEnv)
	if err != nil {
		return err
	}
	payloads, err := readEvents(cmd.File)
	if err != nil {
		return err
	}
	if !cmd.Yes {
		return showReplay(c, set, payloads)
	}
	client, ctx, err := cmd.connect(ctx)
	if err != nil {
		return err
	}
	handler := relay.New(relay.Config{
		Rules:  relay.Fixed(set),
		Copier: copier.New(client, options),
		Log:    slog.New(slog.DiscardHandler),
	})
	return replay(ctx, c, handler, cmd.credentials(), payloads)
}

// replayCounts sums up what a replay would do.
type replayCounts struct{ copies, unreadable, refused int }

// showReplay prints what each event would do, without a request.
func showReplay(c console, set *rules.Set, payloads [][]byte) error {
	var n replayCounts
	for _, payload := range payloads {
		objects, err := events.Parse(payload)
		if err != nil {
			n.unreadable++
			terminal.Fprintf(c.out, "unreadable  %v\n", err)
		}
		for _, o := range objects {
			n.show(c, set, o)
		}
	}
	sum := count(len(payloads), "event") + ": " + plural(n.copies, "copy", "copies")
	if n.unreadable > 0 {
		sum += ", " + count(n.unreadable, "unreadable event")
	}
	if n.refused > 0 {
		sum += ", " + count(n.refused, "refused object")
	}
	if n.copies > 0 {
		sum += "; run again with --yes to replay"
	}
	c.notef("%s\n", sum)
	if n.unreadable+n.refused > 0 {
		return errReported
	}
	return nil
}

// show prints what one object of an event would be copied to.
func (n *replayCounts) show(c console, set *rules.Set, o events.Object) {
	source := osscall.URL(o.Bucket, o.Key)
	plan, err := set.Plan(o, nil)
	switch {
	case err != nil:
		n.refused++
		terminal.Fprintf(c.out, "refused     %s: %v\n", source, err)
	case len(plan.Copies) == 0:
		terminal.Fprintf(c.out, "no rule     %s\n", source)
	}
	for _, p := range plan.Copies {
		n.copies++
		terminal.Fprintf(c.out, "would copy  %s → oss://%s/%s  rule %s\n", source, p.Bucket, p.Key, p.Rule)
	}
}

// replay handles each event as the function would, one after the other.
func replay(ctx context.Context, c console, handler *relay.Handler, keys osscall.Credentials, payloads [][]byte) error {
	failed := 0
	for i, payload := range payloads {
		if ctx.Err() != nil {
			terminal.Fprintf(c.err, "stopped: %s not replayed\n", count(len(payloads)-i, "event"))
			return errReported
		}
		inv := relay.Invocation{
			RequestID:   fmt.Sprintf("replay-%d", i+1),
			RetryCount:  relay.RetryUnknown,
			Repeated:    true,
			Credentials: keys,
		}
		answer, err := handler.Handle(ctx, inv, payload)
		if err != nil {
			failed++
			answer = []byte(err.Error())
		}
		report, err := relay.ReadReport(answer)
		if err != nil {
			return err
		}
		c.notef("event %d of %d\n", i+1, len(payloads))
		reportToPerson(report)
		printReport(c.out, c.palette(), report)
	}
	c.notef("%s replayed: %d succeeded, %d failed\n",
		count(len(payloads), "event"), len(payloads)-failed, failed)
	if failed > 0 {
		return errReported
	}
	return nil
}
