package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"afterput/events"
	"afterput/internal/copier"
	"afterput/internal/relay"
	"afterput/rules"
)

type replayCmd struct {
	File  string `arg:"" help:"Failed events as Function Compute delivers them to its on-failure destination, one after the other or in an array; - is standard input." placeholder:"FILE"`
	Rules string `required:"" help:"Rules file to replay them by." placeholder:"FILE"`
	Yes   bool   `help:"Do it; without it only what would be done is shown."`
	engineFlags
	cloudFlags
}

func (cmd *replayCmd) Run(ctx context.Context, c console) error {
	if err := onlyOnce(cmd.File, cmd.Rules); err != nil {
		return err
	}
	options, err := cmd.options()
	if err != nil {
		return err
	}
	set, err := loadRules(cmd.Rules, os.LookupEnv)
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

// showReplay prints what each event would do, without a request.
func showReplay(c console, set *rules.Set, payloads [][]byte) error {
	copies, bad := 0, 0
	for _, payload := range payloads {
		objects, err := events.Parse(payload)
		if err != nil {
			bad++
			fmt.Fprintf(c.out, "unreadable  %v\n", err)
		}
		for _, o := range objects {
			source := "oss://" + o.Bucket + "/" + o.Key
			plan, err := set.Plan(o, nil)
			switch {
			case err != nil:
				bad++
				fmt.Fprintf(c.out, "refused     %s: %v\n", source, err)
			case len(plan.Copies) == 0:
				fmt.Fprintf(c.out, "nothing     %s\n", source)
			}
			for _, p := range plan.Copies {
				copies++
				fmt.Fprintf(c.out, "would copy  %s → oss://%s/%s  rule %s\n", source, p.Bucket, p.Key, p.Rule)
			}
		}
	}
	sum := count(len(payloads), "event") + ", " + plural(copies, "copy", "copies")
	if bad > 0 {
		sum += fmt.Sprintf(", %d that cannot be replayed", bad)
	}
	if copies > 0 {
		sum += "; run again with --yes to do it"
	}
	fmt.Fprintln(c.err, sum)
	if bad > 0 {
		return errSaid
	}
	return nil
}

// replay handles each event as the function would, one after the other.
func replay(ctx context.Context, c console, handler *relay.Handler, keys copier.Credentials, payloads [][]byte) error {
	failed := 0
	for i, payload := range payloads {
		if ctx.Err() != nil {
			fmt.Fprintf(c.err, "stopped: %s not replayed\n", count(len(payloads)-i, "event"))
			return errSaid
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
		fmt.Fprintf(c.err, "event %d of %d\n", i+1, len(payloads))
		printReport(c.out, report)
	}
	fmt.Fprintf(c.err, "%s replayed, %d failed\n", count(len(payloads), "event"), failed)
	if failed > 0 {
		return errSaid
	}
	return nil
}
