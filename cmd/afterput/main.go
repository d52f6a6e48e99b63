// Command afterput checks and explains rules files, and runs the whole system on
// one machine.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"afterput/rules"
)

// Exit codes.
const (
	exitGood  = 0
	exitBad   = 1 // a check failed, or work was left undone
	exitUsage = 2 // the command line is wrong
)

type commands struct {
	Validate validateCmd `cmd:"" help:"Check a rules file: every mistake with its place and its mend."`
	Explain  explainCmd  `cmd:"" help:"Say what the rules would do with an object, and why."`
	Schema   schemaCmd   `cmd:"" help:"Print the JSON schema of rules files, for editors."`
	Local    localCmd    `cmd:"" help:"Run OSS and the function on this machine, to try rules without a cloud account."`
	Triggers triggersCmd `cmd:"" help:"Print the triggers that the rules imply, for s.yaml."`
	Policy   policyCmd   `cmd:"" help:"Print the RAM policy that the function's role needs for the rules."`
	GC       gcCmd       `cmd:"" name:"gc" help:"List, and abort, unfinished uploads that killed invocations left in a bucket."`
	Replay   replayCmd   `cmd:"" help:"Show what failed events would do, and do it."`
	OSS      ossCmd      `cmd:"" name:"oss" help:"Run a local OSS alone."`
}

// console is what a command reads and writes: results on out, progress and
// problems on err.
type console struct {
	out, err io.Writer
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], console{out: os.Stdout, err: os.Stderr})
	stop()
	os.Exit(code)
}

// run parses the command line, carries out the command, and gives the exit code.
func run(ctx context.Context, args []string, c console) int {
	var cmds commands
	helped := false
	parser, err := kong.New(&cmds,
		kong.Name("afterput"),
		kong.Description("afterput copies objects server-side after they were put into OSS, by rules."),
		kong.UsageOnError(),
		kong.Writers(c.out, c.err),
		kong.Exit(func(int) { helped = true }),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(c),
	)
	if err != nil {
		panic(err) // the struct tags above are wrong
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	parsed, err := parser.Parse(args)
	if helped {
		return exitGood
	}
	if err != nil {
		fmt.Fprintf(c.err, "afterput: %v\nTry: %s --help\n", err, commandOf(err))
		return exitUsage
	}
	err = parsed.Run()
	var usage usageError
	var problems rules.Problems
	switch {
	case err == nil:
		return exitGood
	case errors.As(err, &usage):
		fmt.Fprintf(c.err, "afterput: %v\nTry: afterput %s --help\n", err, parsed.Selected().Name)
		return exitUsage
	case errors.As(err, &problems):
		fmt.Fprintln(c.err, problems) // each has its place in front
	case !errors.Is(err, errSaid):
		fmt.Fprintf(c.err, "afterput: %v\n", err)
	}
	return exitBad
}

// commandOf is the command that a wrong command line was meant for, as far as it
// names one.
func commandOf(err error) string {
	var wrong *kong.ParseError
	if errors.As(err, &wrong) && wrong.Context != nil && wrong.Context.Selected() != nil {
		return "afterput " + wrong.Context.Selected().Name
	}
	return "afterput"
}

// usageError is a wrong command line that only the command itself can see.
type usageError string

func (e usageError) Error() string { return string(e) }

// errSaid is a failure whose reasons are printed already.
var errSaid = errors.New("failed")
