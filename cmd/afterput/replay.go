package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
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
	cloudFlags
}

func (cmd *replayCmd) Run(ctx context.Context, c console) error {
	set, err := loadRules(cmd.Rules, os.LookupEnv)
	if err != nil {
		return err
	}
	payloads, err := readFailures(cmd.File)
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
	handler := relay.New(relay.Config{Rules: relay.Fixed(set), Copier: copier.New(client, copier.Options{}), Log: slog.New(slog.DiscardHandler)})
	return replay(ctx, c, handler, cmd.credentials(), payloads)
}

// readFailures reads the payloads of failed events.
func readFailures(file string) ([][]byte, error) {
	in := io.Reader(os.Stdin)
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return nil, fmt.Errorf("read the failed events: %w", err)
		}
		defer f.Close()
		in = f
	}
	text, err := io.ReadAll(in)
	if err != nil {
		return nil, fmt.Errorf("read the failed events: %w", err)
	}
	payloads := split(bytes.TrimPrefix(text, []byte("\ufeff")))
	if payloads == nil {
		return nil, fmt.Errorf("%s holds no failed event", file)
	}
	return payloads, nil
}

// split takes a file of failed events apart: JSON values, one after the other or
// in arrays, or lines of Base64. What is neither is an event of its own up to the
// end of its line, which nobody will be able to read.
func split(text []byte) (payloads [][]byte) {
	for {
		text = bytes.TrimSpace(text)
		if len(text) == 0 {
			return payloads
		}
		decoder := json.NewDecoder(bytes.NewReader(text))
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			line, rest, _ := bytes.Cut(text, []byte("\n"))
			payloads, text = append(payloads, payloadOf(bytes.TrimSpace(line))), rest
			continue
		}
		text = text[decoder.InputOffset():]
		several := []json.RawMessage{value}
		if value[0] == '[' {
			_ = json.Unmarshal(value, &several) // an array, and valid
		}
		for _, one := range several {
			payloads = append(payloads, payloadOf(one))
		}
	}
}

// payloadOf is the event within a failure as FC delivers it: bare, in Base64, as
// the message of an SMQ topic or as the data of an event of EventBridge. What is
// none of these is taken for an event itself.
// Source: FC user guide, result callbacks.
func payloadOf(value []byte) []byte {
	if decoded, err := base64.StdEncoding.DecodeString(string(value)); err == nil && json.Valid(decoded) {
		return payloadOf(decoded)
	}
	var text string
	if bytes.HasPrefix(value, []byte(`"`)) && json.Unmarshal(value, &text) == nil {
		return payloadOf([]byte(text))
	}
	type failed struct {
		RequestPayload *string `json:"requestPayload"`
	}
	var failure struct {
		failed
		Data         failed  `json:"data"`
		Message      *string // of a topic
		Subscription *string `json:"SubscriptionName"`
	}
	if json.Unmarshal(value, &failure) != nil {
		return value
	}
	if failure.Message != nil && failure.Subscription != nil {
		return payloadOf([]byte(*failure.Message))
	}
	if p := cmp.Or(failure.RequestPayload, failure.Data.RequestPayload); p != nil {
		return []byte(*p)
	}
	return value
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
		inv := relay.Invocation{RequestID: fmt.Sprintf("replay-%d", i+1), RetryCount: relay.RetryUnknown, Credentials: keys}
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
