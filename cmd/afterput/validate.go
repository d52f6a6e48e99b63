package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"afterput/internal/terminal"
	"afterput/rules"
)

type validateCmd struct {
	Rules  []string `arg:"" help:"validate_rules_help" placeholder:"FILE"`
	Strict bool     `help:"Fail on warnings too; notes are none."`
	Ignore []string `placeholder:"CODE" help:"ignore_help"`
	Format string   `enum:"text,json,sarif,github" default:"text" placeholder:"FORMAT" help:"validate_format_help"`
	JSON   bool     `name:"json" help:"Print the result as JSON, for editors and CI: --format json."`
	SYAML  string   `name:"s-yaml" placeholder:"FILE" help:"check_s_yaml_help"`
}

// validateHelp holds the help texts that are too long for a struct tag.
var validateHelp = helpTexts{
	"validate_rules_help": "Rules files to check, and folders whose *.yaml and *.yml are rules files; - is standard " +
		"input.",
	"ignore_help": "Warnings and notes not to give, by the code at their end; a comment in the file ignores a " +
		"single one: # afterput: ignore CODE why.",
	"validate_format_help": "text (default); json, with the requests that the rules need; sarif, for code scanning; " +
		"or github, for annotations by a workflow.",
	"check_s_yaml_help": "Also check that the triggers of this s.yaml bring every event that a rule wants, once.",
}

// validation is what validate --json prints of a file.
type validation struct {
	File     string           `json:"file"`
	Valid    bool             `json:"valid"`
	Problems []problem        `json:"problems"`
	Warnings []rules.Warning  `json:"warnings"`
	Sources  []string         `json:"sources,omitempty"`
	Rules    []rules.RuleInfo `json:"rules,omitempty"`
	SYAML    *manifestCheck   `json:"s_yaml,omitempty"`

	path string // as the command line names it
}

func (cmd *validateCmd) Run(ctx context.Context, c console) error {
	if err := onlyOnce(append(cmd.Rules, cmd.SYAML)...); err != nil {
		return err
	}
	for _, code := range cmd.Ignore {
		if err := rules.CheckWarningCode(code); err != nil {
			return usageError("--ignore: " + err.Error())
		}
	}
	if cmd.JSON && cmd.Format != "text" && cmd.Format != "json" {
		return usageError("--json and --format " + cmd.Format + " cannot be combined")
	}
	files, err := rulesFiles(cmd.Rules)
	if err != nil {
		return err
	}
	if cmd.SYAML != "" && len(files) > 1 {
		return usageError("--s-yaml: a function has one rules file; name it alone")
	}
	all := []*validation{}
	for _, file := range files {
		v, err := cmd.validate(ctx, file)
		if err != nil {
			return err
		}
		all = append(all, v)
	}
	if err := cmd.print(c, all); err != nil {
		return err
	}
	if slices.ContainsFunc(all, func(v *validation) bool { return v.failed(cmd.Strict) }) {
		return errReported
	}
	return nil
}

// rulesFiles are the files that arguments name, and those in folders that they name.
func rulesFiles(arguments []string) (files []string, err error) {
	for _, path := range arguments {
		if info, err := os.Stat(path); path == stdin || err != nil || !info.IsDir() {
			files = append(files, path) // a missing one is reported when it is read
			continue
		}
		entries, err := os.ReadDir(path)
		if err != nil {
			return nil, fmt.Errorf("read the rules: %w", err)
		}
		before := len(files)
		for _, e := range entries {
			if ext := filepath.Ext(e.Name()); !e.IsDir() && (ext == ".yaml" || ext == ".yml") {
				files = append(files, filepath.Join(path, e.Name()))
			}
		}
		if len(files) == before {
			return nil, fmt.Errorf("read the rules: folder %s has no *.yaml or *.yml; name a rules file", path)
		}
	}
	return files, nil
}

// print prints the results as --format says. JSON is one document: the result of the file that the command line names,
// or the list of those of several.
func (cmd *validateCmd) print(c console, all []*validation) error {
	switch {
	case cmd.JSON || cmd.Format == "json":
		if len(all) == 1 && all[0].path == cmd.Rules[0] {
			return c.printJSON(all[0])
		}
		return c.printJSON(all)
	case cmd.Format == "sarif":
		return c.printJSON(sarifOf(all))
	case cmd.Format == "github":
		printGitHub(c.out, all)
		return nil
	}
	for _, v := range all {
		if !v.Valid {
			v.printProblems(c.err)
			continue
		}
		if !c.quiet {
			v.print(c.out)
		}
		c.printWarnings(v.File, v.Warnings)
		v.SYAML.print(c, v.path)
	}
	return nil
}

func (v *validation) failed(strict bool) bool {
	return !v.Valid || v.SYAML.failed(strict) || strict && haveWarnings(v.Warnings)
}

// validate checks a rules file, and s.yaml if there is one. An error is one that keeps them from being read.
func (cmd *validateCmd) validate(ctx context.Context, path string) (*validation, error) {
	v := &validation{File: inputName(path), Problems: []problem{}, Warnings: []rules.Warning{}, path: path}
	set, err := loadRules(ctx, path, os.LookupEnv)
	var wrong rules.Problems
	switch {
	case errors.As(err, &wrong):
		v.Problems = problemsOf(wrong)
		return v, nil
	case err != nil:
		return nil, err
	}
	v.Valid = true
	v.Sources, v.Rules = set.Sources(), set.Rules()
	warnings, err := untilStopped(ctx, func() ([]rules.Warning, error) { return set.Lint(), nil })
	v.Warnings = withoutCodes(warnings, cmd.Ignore)
	if err != nil || cmd.SYAML == "" {
		return v, err
	}
	v.SYAML, err = untilStopped(ctx, func() (*manifestCheck, error) {
		return checkManifest(cmd.SYAML, set, cmd.Ignore)
	})
	return v, err
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

// printWarnings prints warnings, and notes unless only results are wanted.
func (c console) printWarnings(file string, warnings []rules.Warning) {
	for _, w := range warnings {
		if !c.quiet || w.Level == rules.LevelWarning {
			terminal.Fprintf(c.err, "%s:%d:%d: %s: %s (%s)\n", file, w.Line, w.Col, w.Level, w.Message, w.Code)
		}
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
