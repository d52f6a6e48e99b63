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
	"afterput/internal/settings"
	"afterput/internal/terminal"
	"afterput/rules"
)

type replayCmd struct {
	File          string `arg:"" placeholder:"FILE" help:"failed_events_help"`
	Rules         string `required:"" help:"Rules file to replay them by." placeholder:"FILE"`
	Yes           bool   `help:"Replay the events; without it only what that would do is shown."`
	DeletesAnHour string `env:"AFTERPUT_DELETES_AN_HOUR" placeholder:"N" help:"deletes_an_hour_help"`
	engineFlags
	cloudFlags
}

// replayHelp holds the help texts that are too long for a struct tag.
var replayHelp = helpTexts{
	"failed_events_help": "Failed events as Function Compute delivers them to its on-failure destination, one after " +
		"the other or in an array; - is standard input.",
	"deletes_an_hour_help": "Most copies to delete after their sources in any hour; default 1000.",
}

func (cmd *replayCmd) Run(ctx context.Context, c console) error {
	if err := onlyOnce(cmd.File, cmd.Rules); err != nil {
		return err
	}
	values := cmd.valuesAt(&cmd.cloudFlags)
	values[settings.DeletesAnHour] = cmd.DeletesAnHour
	options, err := engineOptions(values)
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
type replayCounts struct{ copies, deletions, moves, unreadable, refused int }

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
	if n.deletions > 0 {
		sum += ", " + plural(n.deletions, "copy to delete", "copies to delete")
	}
	if n.moves > 0 {
		sum += ", " + plural(n.moves, "source to delete", "sources to delete")
	}
	if n.unreadable > 0 {
		sum += ", " + count(n.unreadable, "unreadable event")
	}
	if n.refused > 0 {
		sum += ", " + count(n.refused, "refused object")
	}
	if n.copies+n.deletions > 0 {
		sum += "; run again with --yes to replay"
	}
	c.notef("%s\n", sum)
	if n.unreadable+n.refused > 0 {
		return errReported
	}
	return nil
}

// show prints what one object of an event would be copied to, or what would be deleted after it.
func (n *replayCounts) show(c console, set *rules.Set, o events.Object) {
	source := osscall.URL(o.Bucket, o.Key)
	if o.IsRemoval() {
		n.showRemoval(c, set, o, source)
		return
	}
	plan, err := set.Plan(o, nil)
	if err != nil {
		n.refuse(c, source, err)
		return
	}
	if len(plan.Copies) == 0 {
		terminal.Fprintf(c.out, "no rule     %s\n", source)
	}
	moves := ""
	for _, p := range plan.Copies {
		n.copies++
		terminal.Fprintf(c.out, "would copy  %s → %s  rule %s\n", source, osscall.URL(p.Bucket, p.Key), p.Rule)
		if p.DeleteSource {
			moves = p.Rule
		}
	}
	if moves != "" {
		n.moves++
		terminal.Fprintf(c.out, "would delete  %s, when all of its copies are made  rule %s\n", source, moves)
	}
}

// showRemoval prints what would be deleted after the removal of an object.
func (n *replayCounts) showRemoval(c console, set *rules.Set, o events.Object, source string) {
	deletions, err := set.Removal(o)
	if err != nil {
		n.refuse(c, source, err)
		return
	}
	if len(deletions) == 0 {
		terminal.Fprintf(c.out, "no rule     %s\n", source)
	}
	for _, d := range deletions {
		n.deletions++
		terminal.Fprintf(c.out, "would delete  %s, if it is the copy of %s and that is gone  rule %s\n",
			osscall.URL(d.Bucket, d.Key), source, d.Rule)
	}
}

// refuse prints why an object is refused.
func (n *replayCounts) refuse(c console, source string, err error) {
	n.refused++
	terminal.Fprintf(c.out, "refused     %s: %v\n", source, err)
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
