package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"afterput/events"
	"afterput/internal/copier"
	"afterput/internal/existing"
	"afterput/internal/localfc"
	"afterput/internal/osscall"
	"afterput/internal/relay"
	"afterput/internal/terminal"
	"afterput/rules"
)

// localPrinter prints what happens in a local cloud. Its methods may be called at the same time.
type localPrinter interface {
	// listening says what is needed to try the rules by hand.
	listening(localWelcome)
	// attempt prints the outcome of one attempt.
	attempt(localfc.Result)
	// changed says that a changed rules file is in force, or why it is not.
	changed(file string, err error)
	// elsewhere says that an upload went to a bucket that is not one of the sources.
	elsewhere(bucket, key string, sources []string)
	// ended says what was done, and which copies were cut off. The cloud is closed.
	ended(cut []cutCopy)
	// close ends the status line.
	close()
}

// localText prints for people: a line for every copy, and on a terminal a live line with what was done so far.
type localText struct {
	console
	palette palette
	tally   localTally
	stop    func()
}

func newLocalText(c console) *localText {
	l := &localText{palette: c.palette()}
	onErr := c.paletteOf(c.err)
	l.console, l.stop = c.showing(func() terminal.Plain { return l.tally.line(time.Now(), onErr) })
	return l
}

func (l *localText) close() { l.stop() }

// attempt prints a line for every copy, or for every object of its event where the function did not report. It names
// the objects of an event that is given up.
func (l *localText) attempt(r localfc.Result) {
	if _, sweep, _ := existing.ReadSweep(r.Payload); sweep {
		printSweep(l.console, r)
		return
	}
	report, err := relay.ReadReport(r.Response)
	l.tally.add(r, report)
	if err == nil {
		printReport(l.out, l.palette, report)
	} else {
		if r.Error != nil {
			err = r.Error
		}
		for _, source := range objectsOf(r.Payload) {
			terminal.Fprintf(l.out, "%s %s: %v (request %s, attempt %d)\n", l.palette.outcome(copier.Failed), source,
				err, r.RequestID, r.Attempt)
		}
	}
	switch {
	case r.Error == nil, r.Stopped:
	case r.Final:
		terminal.Fprintf(l.err, "given up after %s: %s; deployed, the event would go to the on-failure destination\n",
			count(r.Attempt, "attempt"), strings.Join(objectsOf(r.Payload), ", "))
	default:
		terminal.Fprintf(l.err, "attempt %d failed; the event will be retried\n", r.Attempt)
	}
}

func (l *localText) changed(file string, err error) {
	var wrong rules.Problems
	switch {
	case err == nil:
		terminal.Fprintf(l.out, "%-10s %s: the changed rules are in force\n", "rules", file)
	case errors.Is(err, errUnchanged):
		terminal.Fprintf(l.out, "%-10s %s: %v; the rules in force stay\n", "rules", file, err)
	case errors.As(err, &wrong):
		terminal.Fprintf(l.err, "%s\nthe changed rules are refused; those in force stay\n",
			terminal.Lines(wrong.Error()))
	default:
		terminal.Fprintf(l.err, "%v; the rules in force stay\n", err)
	}
}

func (l *localText) elsewhere(bucket, key string, sources []string) {
	terminal.Fprintf(l.out, "%s oss://%s/%s: bucket %s is not one of the sources: %s\n", l.palette.outcome("no source"),
		bucket, key, bucket, strings.Join(sources, ", "))
}

func (l *localText) ended(cut []cutCopy) {
	for _, c := range cut {
		terminal.Fprintf(l.out, "%s %s → %s  rule %s\n", l.palette.outcome("cut off"), c.Source, c.Destination, c.Rule)
	}
	sum := l.tally.sum()
	if len(cut) > 0 {
		sum += fmt.Sprintf(", %s cut off: afterput backfill makes what is missing", plural(len(cut), "copy", "copies"))
	}
	l.notef("%s\n", sum)
}

// objectsOf names the objects of an event, each as oss://bucket/key.
func objectsOf(payload []byte) (names []string) {
	objects, err := events.Parse(payload)
	for _, o := range objects {
		names = append(names, osscall.URL(o.Bucket, o.Key))
	}
	if err != nil {
		names = append(names, "an event that cannot be read")
	}
	return names
}
