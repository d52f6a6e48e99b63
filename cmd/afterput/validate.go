package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"afterput/internal/terminal"
	"afterput/rules"
)

type validateCmd struct {
	Rules  string   `arg:"" help:"Rules file to check; - is standard input." placeholder:"FILE"`
	Strict bool     `help:"Fail on warnings too; notes are none."`
	Ignore []string `placeholder:"CODE" help:"ignore_help"`
	JSON   bool     `name:"json" help:"Print the result as JSON, for editors and CI."`
	SYAML  string   `name:"s-yaml" placeholder:"FILE" help:"check_s_yaml_help"`
}

// validateHelp holds the help texts that are too long for a struct tag.
var validateHelp = helpTexts{
	"ignore_help": "Warnings and notes not to give, by the code at their end; a comment in the file ignores a " +
		"single one: # afterput: ignore CODE why.",
	"check_s_yaml_help": "Also check that the triggers of this s.yaml bring every event that a rule wants, once.",
}

// validation is what validate --json prints.
type validation struct {
	File     string           `json:"file"`
	Valid    bool             `json:"valid"`
	Problems []problem        `json:"problems"`
	Warnings []rules.Warning  `json:"warnings"`
	Sources  []string         `json:"sources,omitempty"`
	Rules    []rules.RuleInfo `json:"rules,omitempty"`
	SYAML    *manifestCheck   `json:"s_yaml,omitempty"`
}

func (cmd *validateCmd) Run(ctx context.Context, c console) error {
	if err := onlyOnce(cmd.Rules, cmd.SYAML); err != nil {
		return err
	}
	for _, code := range cmd.Ignore {
		if err := rules.CheckWarningCode(code); err != nil {
			return usageError("--ignore: " + err.Error())
		}
	}
	v, set, err := cmd.validate(ctx)
	if err != nil {
		return err
	}
	if set != nil && cmd.SYAML != "" {
		v.SYAML, err = untilStopped(ctx, func() (*manifestCheck, error) {
			return checkManifest(cmd.SYAML, set, cmd.Ignore)
		})
		if err != nil {
			return err
		}
	}
	switch {
	case cmd.JSON:
		if err := c.printJSON(v); err != nil {
			return err
		}
	case !v.Valid:
		v.printProblems(c.err)
	default:
		v.print(c.out)
		printWarnings(c.err, v.File, v.Warnings)
		v.SYAML.print(c, cmd.Rules)
	}
	if !v.Valid || v.SYAML.failed(cmd.Strict) || cmd.Strict && haveWarnings(v.Warnings) {
		return errReported
	}
	return nil
}

// validate loads the rules; set is nil if they are not valid. An error is one that keeps them from being read.
func (cmd *validateCmd) validate(ctx context.Context) (v *validation, set *rules.Set, err error) {
	v = &validation{File: inputName(cmd.Rules), Problems: []problem{}, Warnings: []rules.Warning{}}
	set, err = loadRules(ctx, cmd.Rules, os.LookupEnv)
	var wrong rules.Problems
	switch {
	case errors.As(err, &wrong):
		v.Problems = problemsOf(wrong)
		return v, nil, nil
	case err != nil:
		return nil, nil, err
	}
	v.Valid = true
	v.Sources, v.Rules = set.Sources(), set.Rules()
	warnings, err := untilStopped(ctx, func() ([]rules.Warning, error) { return set.Lint(), nil })
	v.Warnings = withoutCodes(warnings, cmd.Ignore)
	return v, set, err
}

// withoutCodes returns the warnings, never nil, that have none of the codes.
func withoutCodes(warnings []rules.Warning, codes []string) []rules.Warning {
	left := []rules.Warning{}
	for _, w := range warnings {
		if !slices.Contains(codes, string(w.Code)) {
			left = append(left, w)
		}
	}
	return left
}

// haveWarnings reports whether there are warnings that are more than notes.
func haveWarnings(warnings []rules.Warning) bool {
	return slices.ContainsFunc(warnings, func(w rules.Warning) bool { return w.Level == rules.LevelWarning })
}

func (v *validation) printProblems(w io.Writer) {
	for _, p := range v.Problems {
		terminal.Fprintf(w, "%s:%d:%d: %s\n", v.File, p.Line, p.Column, p.Message)
	}
}

func printWarnings(w io.Writer, file string, warnings []rules.Warning) {
	for _, warning := range warnings {
		terminal.Fprintf(w, "%s:%d:%d: %s: %s (%s)\n",
			file, warning.Line, warning.Col, warning.Level, warning.Message, warning.Code)
	}
}

// print sums a valid file up, with the requests that its rules make beyond the copies.
func (v *validation) print(w io.Writer) {
	disabled, copies, deletions, width := 0, 0, 0, 0
	for _, r := range v.Rules {
		copies, deletions = copies+r.Copies, deletions+r.Deletes
		if r.Disabled {
			disabled++
		}
		width = max(width, len(r.Name))
	}
	off := ""
	if disabled > 0 {
		off = fmt.Sprintf(" (%d disabled)", disabled)
	}
	deletes := ""
	if deletions > 0 {
		deletes = ", " + count(deletions, "deletion")
	}
	terminal.Fprintf(w, "%s: %s, %s%s, %s%s\n", v.File, count(len(v.Sources), "source"),
		count(len(v.Rules), "rule"), off, plural(copies, "copy", "copies"), deletes)
	for _, r := range v.Rules {
		if needs := needsOf(r); needs != "" {
			terminal.Fprintf(w, "  %-*s  needs %s\n", width, r.Name, needs)
		}
	}
}

// needsOf lists the requests that a rule needs beyond its copies, and why.
func needsOf(r rules.RuleInfo) string {
	var needs []string
	for _, n := range r.Needs {
		why := strings.Join(n.Why, ", ")
		if n.OnlyIf != "" {
			why += ", if " + n.OnlyIf
		}
		needs = append(needs, n.Request+" ("+why+")")
	}
	return strings.Join(needs, " and ")
}
