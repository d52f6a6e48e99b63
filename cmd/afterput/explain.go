package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"time"

	"afterput/events"
	"afterput/internal/copier"
	"afterput/internal/osscall"
	"afterput/internal/terminal"
	"afterput/rules"
)

type explainCmd struct {
	Rules string `arg:"" help:"Rules file; - is standard input." placeholder:"FILE"`

	Event string  `placeholder:"FILE" xor:"what" help:"event_help"`
	Keys  string  `placeholder:"FILE" xor:"what" help:"keys_help"`
	Key   rawText `xor:"what" placeholder:"KEY" help:"Key of the object, or oss://BUCKET/KEY."`

	Bucket      string    `placeholder:"BUCKET" help:"explain_bucket_help"`
	Region      string    `env:"OSS_REGION" placeholder:"REGION" help:"region_help"`
	Size        string    `placeholder:"SIZE" help:"Its size, in bytes or with a unit such as 8MiB."`
	ETag        string    `name:"etag" help:"Its ETag."`
	EventName   string    `default:"ObjectCreated:PutObject" placeholder:"NAME" help:"event_name_help"`
	ContentType string    `placeholder:"TYPE" help:"Its Content-Type."`
	Time        time.Time `placeholder:"TIME" help:"When it was put, RFC 3339; default: now."`
	Principal   string    `placeholder:"ID" help:"Who put it: the principal id."`
	SourceIP    string    `name:"source-ip" placeholder:"ADDRESS" help:"Where it was put from."`

	StorageClass string            `enum:"${classes}" default:"" placeholder:"CLASS" help:"storage_class_help"`
	Meta         map[string]string `placeholder:"KEY=VALUE" help:"User metadata it has."`
	Tag          map[string]string `placeholder:"KEY=VALUE" help:"tag_help"`

	Rate    string        `placeholder:"SIZE" help:"rate_help"`
	Timeout time.Duration `default:"1h" placeholder:"TIME" help:"The function's time-out, as in s.yaml. Default 1h."`
	Retries int           `default:"3" placeholder:"N" help:"How often an event is retried, as in s.yaml. Default 3."`
	JSON    bool          `name:"json" help:"Print the result as JSON."`
	engineFlags

	size, rate int64 // those of --size and --rate
}

// classes are the values of --storage-class, for its tag: "" is one that is not known.
func classes() string { return "," + strings.Join(rules.StorageClasses(), ",") }

// explainHelp holds the texts that are too long for a struct tag.
var explainHelp = helpTexts{
	"event_help": "Explain events as Function Compute delivers them, or hands them to an on-failure destination, " +
		"one after the other or in an array; - is standard input.",
	"keys_help": "Explain a whole listing, one key or oss://BUCKET/KEY a line, with the other values for each; - is " +
		"standard input.",
	"region_help": "Its region. Without it the placeholder of the region stays as it is: the function fills it in " +
		"from the event.",
	"explain_bucket_help": "Bucket the object was put into; default: the source, if the rules have one.",
	"event_name_help":     "How it was put (default ObjectCreated:PutObject).",
	"storage_class_help":  "Its storage class; makes the answer to HeadObject known, with --meta.",
	"tag_help":            "Tags it has; makes the answer to GetObjectTagging known.",
	"rate_help":           "Bytes a second the copy moves: says whether it can be done in the function's time.",
}

func (cmd *explainCmd) Run(ctx context.Context, c console) error {
	if err := onlyOnce(cmd.Rules, cmd.Event, cmd.Keys); err != nil {
		return err
	}
	if err := cmd.check(); err != nil {
		return err
	}
	options, err := cmd.options(&cloudFlags{})
	if err != nil {
		return err
	}
	set, err := loadRules(ctx, cmd.Rules, os.LookupEnv)
	if err != nil {
		return err
	}
	objects, unreadable, err := cmd.objects(set)
	if err != nil {
		return err
	}
	for _, problem := range unreadable {
		terminal.Fprintf(c.err, "unreadable  %v\n", problem)
	}
	show, finish := cmd.writer(c, len(objects))
	refused := 0
	for _, o := range objects {
		e, err := cmd.explain(ctx, set, options, o)
		switch {
		case errors.As(err, new(usageError)):
			return err
		case err != nil:
			refused++
			terminal.Fprintf(c.err, "refused     oss://%s/%s: %v\n", o.Bucket, o.Key, err)
		default:
			show(o, e)
		}
	}
	if err := finish(); err != nil {
		return err
	}
	if refused+len(unreadable) > 0 {
		return errReported
	}
	return nil
}

// check checks the flags that no other part of the command does, and reads sizes.
func (cmd *explainCmd) check() (err error) {
	if err := checkTimeout(cmd.Timeout); err != nil {
		return err
	}
	if cmd.Retries < 0 || cmd.Retries > mostRetries {
		return usageError(fmt.Sprintf("--retries is %d; want 0 to %d", cmd.Retries, mostRetries))
	}
	if cmd.Size != "" {
		if cmd.size, err = rules.ParseSize(cmd.Size); err == nil && cmd.size > rules.MaxObject {
			err = errTooLarge
		}
		if err != nil {
			return usageError("--size: " + err.Error())
		}
	}
	cmd.rate = streamedRate
	if cmd.Rate != "" {
		if cmd.rate, err = rules.ParseSize(cmd.Rate); err != nil || cmd.rate == 0 {
			return usageError(fmt.Sprintf("--rate is %q; want bytes a second, such as 500MiB", cmd.Rate))
		}
	}
	for key, value := range cmd.Tag {
		if err := rules.CheckTag(key, value); err != nil {
			return usageError("--tag: " + err.Error())
		}
	}
	if cmd.SourceIP != "" && net.ParseIP(cmd.SourceIP) == nil {
		return usageError(fmt.Sprintf("--source-ip is %q; want an address such as 10.1.2.3", cmd.SourceIP))
	}
	return nil
}

// errTooLarge is the error of an object that OSS cannot have.
var errTooLarge = errors.New("no object has more than 48.8 TiB")

// writer returns what writes each of n explanations, and what to call after the last one. JSON is one document: the
// explanation of the object that --key names, or the list of those of --keys or --event.
func (cmd *explainCmd) writer(c console, n int) (show func(events.Object, *explanation), finish func() error) {
	if !cmd.JSON {
		p := newPrinter(c, inputName(cmd.Rules))
		return func(o events.Object, e *explanation) {
			if n > 1 {
				p.object(o)
			}
			p.explanation(e)
		}, func() error { return nil }
	}
	all := []*explanation{}
	return func(_ events.Object, e *explanation) { all = append(all, e) }, func() error {
		switch {
		case cmd.Key == "":
			return c.printJSON(all)
		case len(all) == 1:
			return c.printJSON(all[0])
		}
		return nil // it was refused
	}
}

// explanation is what explain says of one object.
type explanation struct {
	Bucket  string          `json:"bucket"`
	Key     string          `json:"key"`
	Ignored string          `json:"ignored,omitempty"` // why the rules are not applied
	Rules   []rules.Verdict `json:"rules"`
	Copies  []explainedCopy `json:"copies"`
	// Deletions are made after a removal, if the source is gone and the object is its copy.
	Deletions []explainedDeletion `json:"deletions,omitempty"`
	// Undelivered is why no trigger brings the event.
	Undelivered string `json:"undelivered,omitempty"`
	// Requests are all that would be sent, in order.
	Requests []sentRequest `json:"requests"`
	// Assumed is what the requests assume of the object where the command line gives nothing.
	Assumed []string  `json:"assumed,omitempty"`
	Time    *copyTime `json:"time,omitempty"`
}

type explainedCopy struct {
	Rule        string        `json:"rule"`
	Destination string        `json:"destination"`
	Error       string        `json:"error,omitempty"`   // why it cannot be made
	Skipped     string        `json:"skipped,omitempty"` // why it is not made, though nothing is wrong
	Values      []rules.Value `json:"values"`
	Chain       []rules.Hop   `json:"chain,omitempty"`
}

func (cmd *explainCmd) explain(
	ctx context.Context, set *rules.Set, options copier.Options, o events.Object,
) (*explanation, error) {
	if err := rules.CheckKey(o.Key); err != nil {
		return nil, fmt.Errorf("no object has this key: %w", err)
	}
	if cmd.sizeOf(o) > rules.MaxObject {
		return nil, errTooLarge
	}
	plan, err := set.Plan(o, cmd.facts(o))
	if err != nil {
		return nil, err
	}
	e := &explanation{
		Bucket: o.Bucket, Key: o.Key, Ignored: o.Ignored, Rules: plan.Verdicts(), Copies: []explainedCopy{},
		Requests:    []sentRequest{},
		Undelivered: undelivered(set, o),
	}
	for _, planned := range plan.Copies {
		ec := explainedCopy{
			Rule:        planned.Rule,
			Destination: osscall.URL(planned.Bucket, planned.Key),
			Values:      append([]rules.Value{}, planned.Values()...),
			Chain:       planned.Chain(),
		}
		switch {
		case planned.Err == nil, errors.Is(planned.Err, rules.ErrNotKnown):
		case errors.Is(planned.Err, rules.ErrFolderMarker):
			ec.Skipped = planned.Err.Error()
		default:
			ec.Error = planned.Err.Error()
		}
		e.Copies = append(e.Copies, ec)
	}
	if o.IsRemoval() {
		return e, e.addDeletions(set, o)
	}
	if o.Ignored != "" {
		return e, nil
	}
	if e.Requests, err = cmd.requestsFor(ctx, set, options, o); err != nil {
		return nil, err
	}
	e.Assumed = cmd.assumed(o, e)
	if len(e.Copies) > 0 {
		e.Time = cmd.time(cmd.sizeOf(o), slices.ContainsFunc(plan.Copies, isStreamed))
	}
	return e, nil
}

// objects are the objects the command line asks about; unreadable are the errors of events that name none.
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

// given are the objects that flags describe.
func (cmd *explainCmd) given(set *rules.Set) ([]events.Object, error) {
	if cmd.Key == "" && cmd.Keys == "" {
		return nil, usageError("the object is missing: " +
			"give --key, or --event FILE, or --keys FILE")
	}
	if cmd.Keys == "" {
		bucket, key, err := cmd.named(set, string(cmd.Key))
		if err != nil {
			return nil, usageError("--key: " + err.Error())
		}
		o, err := cmd.object(bucket, key)
		return []events.Object{o}, err
	}
	var objects []events.Object
	err := eachLine("the keys", cmd.Keys, func(line string) error {
		bucket, key, err := cmd.named(set, line)
		if err != nil {
			return err
		}
		o, err := cmd.object(bucket, key)
		objects = append(objects, o)
		return err
	})
	return objects, err
}

// named returns the bucket and the key of an object that is given as a key in --bucket, or as oss://bucket/key.
func (cmd *explainCmd) named(set *rules.Set, given string) (bucket, key string, err error) {
	bucket, key, isURL := osscall.CutURL(given)
	switch write := otherURL(given); {
	case isURL && (bucket == "" || key == ""):
		return "", "", fmt.Errorf("%q names no object; want oss://BUCKET/KEY", given)
	case isURL && cmd.Bucket != "" && bucket != cmd.Bucket:
		return "", "", fmt.Errorf("%q is not in the bucket %q, which --bucket names", given, cmd.Bucket)
	case isURL:
	case cmd.Bucket == "" && write != "":
		return "", "", fmt.Errorf("%q: write %s", given, write)
	default:
		bucket, key = cmd.Bucket, given
	}
	if err := checkKey(key); err != nil {
		return "", "", err
	}
	if sources := set.Sources(); bucket == "" {
		if len(sources) > 1 {
			return "", "", fmt.Errorf("the rules have several sources; write oss://BUCKET/KEY, or --bucket with one "+
				"of %s", strings.Join(sources, ", "))
		}
		bucket = sources[0]
	}
	return bucket, key, nil
}

// object is an object as an event would describe it.
func (cmd *explainCmd) object(bucket, key string) (events.Object, error) {
	o := events.Object{
		Event: strings.TrimPrefix(cmd.EventName, "oss:"), Bucket: bucket, Key: key,
		Region: cmp.Or(cmd.Region, rules.RegionNotKnown),
		Time:   cmd.Time.UTC(), Principal: cmd.Principal, SourceIP: cmd.SourceIP,
	}
	if cmd.Time.IsZero() {
		o.Time = time.Now().UTC()
	}
	if o.Ignored = events.Ignored(o.Event); o.Ignored != "" && !o.IsRemoval() {
		return o, usageError(fmt.Sprintf("--event-name is %q; want the name of an event that makes an object, "+
			"such as ObjectCreated:PutObject, or removes one%s", cmd.EventName,
			rules.Meant(strings.TrimPrefix(o.Event, "s3:"), rules.Events())))
	}
	if o.Event == events.FinishRestore { // which does not say more of the object
		o.Restored, o.MayBeCopied = true, true
		return o, nil
	}
	if cmd.Size != "" {
		o.Size = events.Some(cmd.size)
	}
	if cmd.ETag != "" {
		o.ETag = events.Some(strings.Trim(cmd.ETag, `"`))
	}
	if cmd.ContentType != "" {
		o.ContentType = events.Some(cmd.ContentType)
	}
	return o, nil
}
