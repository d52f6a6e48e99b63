package main

import (
	"fmt"
	"maps"

	"github.com/alecthomas/kong"

	"afterput/internal/terminal"
)

// helpTexts are help texts that are too long for a struct tag, by the name that the tag has instead. They are no
// variables of kong, which expands each variable again for each flag: that took most of the time of a short command.
type helpTexts map[string]string

// expandHelp puts the texts in the place of their names.
func expandHelp(app *kong.Application, texts ...helpTexts) {
	all := make(helpTexts)
	for _, some := range texts {
		maps.Copy(all, some)
	}
	_ = kong.Visit(app, func(node kong.Visitable, next kong.Next) error { // no visit fails
		if v, ok := node.(*kong.Value); ok {
			if text, named := all[v.Help]; named {
				v.Help = text
			}
		}
		return next(nil)
	})
}

// printHelp prints a command's help, and then its examples.
func printHelp(options kong.HelpOptions, ctx *kong.Context) error {
	if err := kong.DefaultHelpPrinter(options, ctx); err != nil {
		return err
	}
	command := ctx.Selected()
	if command == nil {
		return nil
	}
	fmt.Fprint(ctx.Stdout, "\nExamples:\n")
	for _, e := range examples[command.Name] {
		terminal.Fprintf(ctx.Stdout, "  # %s\n  %s\n", e.does, e.line)
	}
	return nil
}
