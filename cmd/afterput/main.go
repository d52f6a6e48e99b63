// Command afterput checks and explains rules files, prepares and looks after a deployment, and runs the whole system on
// one machine.
package main

import (
	"cmp"
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

type commands struct {
	Validate validateCmd `cmd:"" help:"Check a rules file: every mistake with its location and how to fix it."`
	Explain  explainCmd  `cmd:"" help:"Say what the rules would do with an object, and why."`
	Graph    graphCmd    `cmd:"" help:"Draw a rules file: buckets, prefixes, and the rules as arrows."`
	Schema   schemaCmd   `cmd:"" help:"Print the JSON schema of rules files, for editors."`
	Local    localCmd    `cmd:"" help:"Run OSS and the function on this machine, to try rules without a cloud account."`
	Triggers triggersCmd `cmd:"" help:"Print the triggers that the rules imply, for s.yaml."`
	Policy   policyCmd   `cmd:"" help:"Print the RAM policy that the function's role needs for the rules."`
	Copy     copyCmd     `cmd:"" help:"Copy one object, or an older version of it."`
	Diff     diffCmd     `cmd:"" help:"Say which copies of the objects that are there already are missing or outdated."`
	Backfill backfillCmd `cmd:"" help:"Make the copies of the objects that are there already."`
	GC       gcCmd       `cmd:"" name:"gc" help:"List, and remove, unfinished uploads that killed invocations left."`
	Replay   replayCmd   `cmd:"" help:"Show what failed events would do, and do it."`
	OSS      ossCmd      `cmd:"" name:"oss" help:"Run a local OSS alone."`

	Completion completionCmd `cmd:"" help:"Print a script that completes command lines in bash, zsh or fish."`

	Color   string           `enum:"auto,always,never" default:"auto" placeholder:"WHEN" help:"color_help"`
	Quiet   bool             `short:"q" help:"Print results, warnings and errors only: no progress, no summaries."`
	Version kong.VersionFlag `help:"Print the version and exit."`
}

// toolHelp holds the help texts that are too long for a struct tag.
var toolHelp = helpTexts{
	"color_help": "Colours: always, never, or auto (default): on a terminal, unless NO_COLOR is set.",
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	code := run(ctx, os.Args[1:], console{out: os.Stdout, err: os.Stderr})
	stop()
	os.Exit(code)
}

// run parses the command line, carries out the command, and returns the exit code.
func run(ctx context.Context, args []string, c console) int {
	out := &results{to: c.out}
	c.out = out
	code, err := runCommand(ctx, args, c)
	return out.exit(c, code, err)
}

// runCommand also returns the error of the command, which is printed.
func runCommand(ctx context.Context, args []string, c console) (code int, err error) {
	var cmds commands
	printed := false // help or the version: kong calls its exit function and goes on
	parser := newParser(&cmds, c, func(int) { printed = true })
	if len(args) == 0 {
		args = []string{"--help"}
	}
	parsed, err := parser.Parse(args)
	if printed {
		return exitGood, nil
	}
	if err != nil {
		return c.exitUsage(commandOf(err), reworded(err)), err
	}
	if err := cmp.Or(repeated(parsed), empty(parsed)); err != nil {
		return c.exitUsage("afterput "+parsed.Selected().Name, err), err
	}
	c.color, c.quiet = cmds.Color, cmds.Quiet
	parsed.BindTo(ctx, (*context.Context)(nil))
	err = parsed.Run(c)
	return c.exit(parsed.Selected().Name, err), err
}

// newParser returns the parser of command lines, which fills in cmds.
func newParser(cmds *commands, c console, exit func(int)) *kong.Kong {
	cmds.Copy.copyFlags = newCopyFlags()
	parser, err := kong.New(cmds,
		kong.Name("afterput"),
		kong.Description("afterput copies objects server-side after they were put into OSS, by rules."),
		kong.Vars{"version": "afterput " + version(), "classes": classes()},
		kong.UsageOnError(),
		kong.Help(printHelp),
		kong.Writers(c.out, c.err),
		kong.Exit(exit),
	)
	if err != nil {
		panic(err) // the struct tags of a command are wrong
	}
	expandHelp(parser.Model, toolHelp, validateHelp, explainHelp, graphHelp, localHelp, triggersHelp, policyHelp,
		gcHelp, replayHelp, ossHelp, engineHelp, cloudHelp, copyHelp, existingHelp, backfillHelp, functionHelp)
	return parser
}
