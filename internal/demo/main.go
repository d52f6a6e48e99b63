// Command demo runs the main job on local servers: it uploads objects with the official SDK, has the compiled function
// copy them by examples/rules.yaml, reads every destination back, and compares it with the expectations in expected.go.
//
// With -backfill N it has the command line tool copy N objects that are there already, and kills it in the middle.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"

	"afterput/internal/localcloud"
	"afterput/internal/localfc"
	"afterput/internal/localoss"
	"afterput/internal/terminal"
	"afterput/rules"
)

func main() {
	function := flag.String("function", "bin/function", "compiled function to run")
	rulesFile := flag.String("rules", "examples/rules.yaml", "rules file for the function")
	tool := flag.String("tool", "bin/afterput", "command line tool to run")
	objects := flag.Int("backfill", 0, "show a backfill of so many objects instead")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, 3*time.Minute) // each takes less than one on two cores
	defer cancel()
	show := func(ctx context.Context) error { return run(ctx, *function, *rulesFile, 3<<30, os.Stdout) }
	if *objects > 0 {
		show = (&backfillDemo{tool: *tool, objects: *objects, out: os.Stdout}).run
	}
	if err := show(ctx); err != nil {
		terminal.Fprintf(os.Stderr, "demo: %s\n", terminal.Lines(err.Error()))
		os.Exit(1)
	}
}

// restoreTime is how long a restore takes: a moment at the tier of the film, and none for the copies that are read
// back.
func restoreTime(_, tier string) time.Duration {
	if tier == "Expedited" {
		return 200 * time.Millisecond
	}
	return 0
}

// mostMemory is how much memory the function may use, whatever the size of the objects.
const mostMemory = 64 << 20

// run runs the demo, with a log of hugeSize bytes among the uploads. It stops when ctx ends.
func run(ctx context.Context, function, rulesFile string, hugeSize int64, w io.Writer) (err error) {
	text, err := os.ReadFile(rulesFile)
	if err != nil {
		return err
	}
	set, err := rules.Load(rulesFile, text, os.LookupEnv)
	if err != nil {
		return err
	}
	reported := &reports{}
	cloud, err := localcloud.Start(ctx, localcloud.Config{
		Function:      function,
		Rules:         rulesFile,
		Sources:       set.Sources(),
		Destinations:  set.Destinations(),
		FinishRestore: set.WantsFinishRestore(),

		OSS: localoss.Config{RestoreTime: restoreTime},
		FC:  localfc.Config{OnResult: reported.add, Log: reported},
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cloud.Close()) }()
	terminal.Fprintf(w, "OSS listens on %s; the function %s uses the rules in %s.\n",
		cloud.Endpoint, function, rulesFile)

	client := cloud.Client()
	terminal.Fprintf(w, "Uploading …\n")
	sources, err := upload(ctx, cloud, client, hugeSize)
	if err != nil {
		return fmt.Errorf("upload: %w", err)
	}
	if err := reported.wait(ctx, cloud, "oss://films-replica/"+film); err != nil {
		return fmt.Errorf("wait for the function: %w\n%s", err, reported.log())
	}
	if failed := cloud.FC.Failed(); len(failed) > 0 {
		return fmt.Errorf("the function gave up an event:\n%s", failed[0].ResponsePayload)
	}
	terminal.Fprintf(w, "Reading every destination back …\n\n")
	expected := expectations(sources)
	if err := verify(ctx, client, set.Destinations(), expected); err != nil {
		return err
	}
	rows, err := reported.rows(expected)
	if err != nil {
		return err
	}
	printTable(w, rows)
	used := cloud.FC.Usage().MaxRSS
	if used >= mostMemory {
		return fmt.Errorf("the function used %d MiB of memory, want less than %d", used>>20, mostMemory>>20)
	}
	terminal.Fprintf(w, "\n"+
		"All verified: %d destinations, content, headers, metadata, tags, ACL, class and encryption of each,\n"+
		"and nothing else was written: no copy of %s, which no rule matches, or of the parts of %s.\n"+
		"The function used %d MiB of memory.\n", len(expected), unwanted, log, used>>20)
	return nil
}
