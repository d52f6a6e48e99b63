package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"afterput/events"
	"afterput/internal/copier"
	"afterput/rules"
)

type explainCmd struct {
	Rules string `arg:"" help:"Rules file; - is standard input." placeholder:"FILE"`

	Event string `help:"Explain events as Function Compute delivers them, or gives them up, one after the other or in an array; - is standard input." placeholder:"FILE" xor:"what"`
	Keys  string `help:"Explain a whole listing, one key a line, with --bucket and the other values for each; - is standard input." placeholder:"FILE" xor:"what"`
	Key   string `help:"Key of the object." xor:"what"`

	Bucket       string            `help:"Bucket the object was put into."`
	Size         string            `help:"Its size, in bytes or with a unit such as 8MiB." placeholder:"SIZE"`
	ETag         string            `name:"etag" help:"Its ETag."`
	EventName    string            `default:"ObjectCreated:PutObject" help:"How it was put (default ObjectCreated:PutObject)." placeholder:"NAME"`
	ContentType  string            `help:"Its Content-Type." placeholder:"TYPE"`
	Time         time.Time         `help:"When it was put, RFC 3339; default: now." placeholder:"TIME"`
	Principal    string            `help:"Who put it: the principal id." placeholder:"ID"`
	SourceIP     string            `name:"source-ip" help:"Where it was put from." placeholder:"ADDRESS"`
	StorageClass string            `enum:",Standard,IA,Archive,ColdArchive,DeepColdArchive" default:"" help:"Its storage class; makes the answer to HeadObject known, with --meta." placeholder:"CLASS"`
	Meta         map[string]string `help:"User metadata it has." placeholder:"KEY=VALUE"`
	Tag          map[string]string `help:"Tags it has; makes the answer to GetObjectTagging known." placeholder:"KEY=VALUE"`
	Rate         string            `help:"Bytes a second the copy moves: says whether it can be done in the function's time." placeholder:"SIZE"`
	Timeout      time.Duration     `default:"1h" help:"The function's time-out, as in s.yaml. Default 1h." placeholder:"TIME"`
	Retries      int               `default:"3" help:"How often an event is tried again, as in s.yaml. Default 3." placeholder:"N"`
	JSON         bool              `name:"json" help:"Print the result as JSON."`
	engineFlags
}

func (cmd *explainCmd) Run(ctx context.Context, c console) error {
	if err := onlyOnce(cmd.Rules, cmd.Event, cmd.Keys); err != nil {
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
	objects, unreadable, err := cmd.objects(set)
	if err != nil {
		return err
	}
	for _, problem := range unreadable {
		fmt.Fprintf(c.err, "unreadable  %v\n", problem)
	}
	refused := 0
	p := newPrinter(c.out, inputName(cmd.Rules))
	for i, o := range objects {
		e, err := cmd.explain(ctx, set, options, o)
		if errors.As(err, new(usageError)) {
			return err
		}
		if err != nil {
			refused++
			fmt.Fprintf(c.err, "refused     oss://%s/%s: %v\n", o.Bucket, o.Key, err)
			continue
		}
		if cmd.JSON {
			if err := printJSON(c.out, e); err != nil {
				return err
			}
			continue
		}
		if len(objects) > 1 {
			if i > 0 {
				fmt.Fprintln(c.out)
			}
			p.object(o)
		}
		p.explanation(e)
	}
	if refused+len(unreadable) > 0 {
		return errSaid
	}
	return nil
}

// explanation is what explain says of one object.
type explanation struct {
	Bucket  string          `json:"bucket"`
	Key     string          `json:"key"`
	Ignored string          `json:"ignored,omitempty"` // why no rule is asked
	Rules   []rules.Verdict `json:"rules"`
	Copies  []explainedCopy `json:"copies"`
	// Requests are all that would be sent, in order.
	Requests []sentRequest `json:"requests"`
	// Assumed is what the requests take the object to be where nothing was said.
	Assumed []string  `json:"assumed,omitempty"`
	Time    *copyTime `json:"time,omitempty"`
}

type explainedCopy struct {
	Rule        string        `json:"rule"`
	Destination string        `json:"destination"`
	Error       string        `json:"error,omitempty"` // why it cannot be made
	Values      []rules.Value `json:"values"`
	Chain       []rules.Hop   `json:"chain,omitempty"`
}

func (cmd *explainCmd) explain(
	ctx context.Context, set *rules.Set, options copier.Options, o events.Object,
) (*explanation, error) {
	plan, err := set.Plan(o, cmd.facts(o))
	if err != nil {
		return nil, err
	}
	e := &explanation{Bucket: o.Bucket, Key: o.Key, Ignored: o.Ignored, Rules: plan.Verdicts(), Copies: []explainedCopy{}}
	for _, planned := range plan.Copies {
		ec := explainedCopy{
			Rule:        planned.Rule,
			Destination: "oss://" + planned.Bucket + "/" + planned.Key,
			Values:      planned.Values(),
			Chain:       planned.Chain(),
		}
		if planned.Err != nil && !errors.Is(planned.Err, rules.ErrNotKnown) {
			ec.Error = planned.Err.Error()
		}
		e.Copies = append(e.Copies, ec)
	}
	if o.Ignored != "" {
		return e, nil
	}
	if e.Requests, err = cmd.requestsFor(ctx, set, options, o); err != nil {
		return nil, err
	}
	e.Assumed = cmd.assumed(o, e.Rules)
	if len(e.Copies) > 0 {
		e.Time, err = cmd.time(o.Size.Value)
	}
	return e, err
}

// objects are the objects the command line asks about; unreadable are the events
// that tell of none.
func (cmd *explainCmd) objects(set *rules.Set) (objects []events.Object, unreadable []error, err error) {
	if cmd.Event != "" {
		payloads, err := readEvents(cmd.Event)
		for _, payload := range payloads {
			read, problem := events.Parse(payload)
			objects = append(objects, read...)
			if problem != nil {
				unreadable = append(unreadable, problem)
			}
		}
		return objects, unreadable, err
	}
	objects, err = cmd.given(set)
	return objects, nil, err
}

// given are the objects that flags tell of.
func (cmd *explainCmd) given(set *rules.Set) ([]events.Object, error) {
	if cmd.Key == "" && cmd.Keys == "" {
		return nil, usageError("say which object: --bucket and --key, or --event FILE, or --bucket and --keys FILE")
	}
	if cmd.Bucket == "" {
		return nil, usageError("say which bucket the object was put into with --bucket: " + strings.Join(set.Sources(), ", "))
	}
	keys := []string{cmd.Key}
	if cmd.Keys != "" {
		var err error
		if keys, err = readLines(cmd.Keys); err != nil {
			return nil, err
		}
	}
	var objects []events.Object
	for _, key := range keys {
		o, err := cmd.object(key)
		if err != nil {
			return nil, err
		}
		objects = append(objects, o)
	}
	return objects, nil
}

// object is an object as an event would tell of it.
func (cmd *explainCmd) object(key string) (events.Object, error) {
	if len(key) > 1023 {
		return events.Object{}, usageError(fmt.Sprintf("the key %.20q… has %d bytes, OSS takes at most 1023", key, len(key)))
	}
	o := events.Object{
		Event: strings.TrimPrefix(cmd.EventName, "oss:"), Bucket: cmd.Bucket, Key: key,
		Time: cmd.Time.UTC(), Principal: cmd.Principal, SourceIP: cmd.SourceIP,
	}
	if cmd.Time.IsZero() {
		o.Time = time.Now().UTC()
	}
	if cmd.Size != "" {
		size, err := rules.ParseSize(cmd.Size)
		if err != nil {
			return o, usageError("--size: " + err.Error())
		}
		o.Size = events.Some(size)
	}
	if events.Ignored(o.Event) != "" {
		return o, usageError(fmt.Sprintf("--event-name is %q; want the name of an event that makes an object, such as ObjectCreated:PutObject", cmd.EventName))
	}
	if cmd.SourceIP != "" && net.ParseIP(cmd.SourceIP) == nil {
		return o, usageError(fmt.Sprintf("--source-ip is %q; want an address such as 10.1.2.3", cmd.SourceIP))
	}
	if cmd.ETag != "" {
		o.ETag = events.Some(cmd.ETag)
	}
	if cmd.ContentType != "" {
		o.ContentType = events.Some(cmd.ContentType)
	}
	return o, nil
}

// readLines reads a listing; empty lines are left out.
func readLines(path string) ([]string, error) {
	text, err := readText("the keys", path)
	if err != nil {
		return nil, err
	}
	var lines []string
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimRight(line, "\r\n"); line != "" {
			lines = append(lines, line)
		}
	}
	return lines, nil
}
