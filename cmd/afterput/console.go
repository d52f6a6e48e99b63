package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/term"

	"afterput/internal/terminal"
	"afterput/rules"
)

// Exit codes.
const (
	exitGood  = 0
	exitBad   = 1 // a check failed, or work was left undone
	exitUsage = 2 // the command line is wrong
)

// console is where a command writes: results to out, progress and problems to err.
type console struct {
	out, err io.Writer
	color    string // --color
	quiet    bool   // --quiet
}

// notef prints progress, or a summary, unless that is not wanted.
func (c console) notef(format string, args ...any) {
	if !c.quiet {
		terminal.Fprintf(c.err, format, args...)
	}
}

// usageError is an error in the command line that only the command itself can find.
type usageError string

func (e usageError) Error() string { return string(e) }

// errLines is an error whose message has several lines, and nothing of an event.
type errLines struct{ error }

// errReported is a failure whose reasons are already printed.
var errReported = errors.New("failed")

// exit prints why a command failed, if that is not printed yet, and returns the exit code.
func (c console) exit(command string, err error) int {
	var usage usageError
	var problems rules.Problems
	switch {
	case err == nil:
		return exitGood
	case errors.As(err, &usage):
		return c.exitUsage("afterput "+command, err)
	case errors.As(err, &problems):
		terminal.Fprintf(c.err, "%s\n", terminal.Lines(problems.Error())) // each begins with its location
	case errors.As(err, new(errLines)):
		terminal.Fprintf(c.err, "afterput: %s\n", terminal.Lines(err.Error()))
	case !errors.Is(err, errReported):
		terminal.Fprintf(c.err, "afterput: %v\n", err)
	}
	return exitBad
}

// exitUsage prints what is wrong with the command line, and whose help to read.
func (c console) exitUsage(command string, err error) int {
	terminal.Fprintf(c.err, "afterput: %s\nTry: %s --help\n", terminal.Lines(err.Error()), command)
	return exitUsage
}

// printJSON prints a result for programs, as it is.
func (c console) printJSON(v any) error {
	encoder := json.NewEncoder(c.out)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(v)
}

// printLine prints a result for programs in one line.
func (c console) printLine(v any) error {
	encoder := json.NewEncoder(c.out)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(v)
}

// palette paints text. The zero palette leaves it plain.
type palette struct{ colours bool }

// palette is that of the results.
func (c console) palette() palette { return c.paletteOf(c.out) }

// paletteOf paints as --color says: by default on a terminal only, and not where NO_COLOR is set.
func (c console) paletteOf(w io.Writer) palette {
	if c.color == "always" || c.color == "never" {
		return palette{colours: c.color == "always"}
	}
	f := fileOf(w)
	return palette{
		colours: f != nil && term.IsTerminal(int(f.Fd())) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb",
	}
}

// Colours, as SGR parameters.
const (
	bold   = "1"
	dim    = "2"
	red    = "31"
	green  = "32"
	yellow = "33"
)

func (p palette) paint(colour, s string) terminal.Plain {
	s = terminal.Escape(s)
	if p.colours && s != "" {
		s = "\x1b[" + colour + "m" + s + "\x1b[0m"
	}
	return terminal.Plain(s)
}

// count writes a number and a noun whose plural ends in s.
func count(n int, one string) string { return plural(n, one, one+"s") }

// plural writes a number and its noun.
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
