package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"afterput/rules"
)

type validateCmd struct {
	Rules  string `arg:"" help:"Rules file to check; - is standard input." placeholder:"FILE"`
	Strict bool   `help:"Fail on warnings too."`
	JSON   bool   `name:"json" help:"Print the result as JSON, for editors and CI."`
	SYAML  string `name:"s-yaml" help:"Also check that the triggers of this s.yaml bring every event that a rule wants, once." placeholder:"FILE"`
}

// validation is what validate --json prints.
type validation struct {
	File     string           `json:"file"`
	Valid    bool             `json:"valid"`
	Problems []finding        `json:"problems"`
	Warnings []rules.Warning  `json:"warnings"`
	Sources  []string         `json:"sources,omitempty"`
	Rules    []rules.RuleInfo `json:"rules,omitempty"`
	SYAML    *manifestCheck   `json:"s_yaml,omitempty"`
}

// finding is one problem with its place.
type finding struct {
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Message string `json:"message"`
}

func (cmd *validateCmd) Run(c console) error {
	if err := onlyOnce(cmd.Rules, cmd.SYAML); err != nil {
		return err
	}
	set, err := loadRules(cmd.Rules, os.LookupEnv)
	var problems rules.Problems
	if err != nil && !errors.As(err, &problems) {
		return err
	}
	result := validation{File: inputName(cmd.Rules), Valid: err == nil, Problems: []finding{}, Warnings: []rules.Warning{}}
	for _, p := range problems {
		result.Problems = append(result.Problems, finding{Line: p.Line, Column: p.Col, Message: p.Message})
	}
	if set != nil {
		result.Sources, result.Rules = set.Sources(), set.Rules()
		result.Warnings = append(result.Warnings, set.Lint()...)
	}
	if set != nil && cmd.SYAML != "" {
		if result.SYAML, err = checkManifest(cmd.SYAML, set); err != nil {
			return err
		}
	}
	switch {
	case cmd.JSON:
		if err := printJSON(c.out, result); err != nil {
			return err
		}
	case err != nil:
		fmt.Fprintf(c.err, "%v\n", err)
	default:
		result.print(c.out)
		for _, w := range result.Warnings {
			fmt.Fprintf(c.err, "%s:%d:%d: warning: %s (%s)\n", result.File, w.Line, w.Col, w.Message, w.Code)
		}
		result.SYAML.print(c, cmd.Rules)
	}
	if err != nil || result.SYAML.failed(cmd.Strict) || cmd.Strict && len(result.Warnings) > 0 {
		return errSaid
	}
	return nil
}

// print sums a valid file up, with the requests its rules make beyond the copies.
func (v *validation) print(w io.Writer) {
	disabled, copies, width := 0, 0, 0
	for _, r := range v.Rules {
		copies += r.Copies
		if r.Disabled {
			disabled++
		}
		width = max(width, len(r.Name))
	}
	off := ""
	if disabled > 0 {
		off = fmt.Sprintf(" (%d disabled)", disabled)
	}
	fmt.Fprintf(w, "%s: %s, %s%s, %s\n", v.File, count(len(v.Sources), "source"), count(len(v.Rules), "rule"), off, plural(copies, "copy", "copies"))
	for _, r := range v.Rules {
		var needs []string
		for _, n := range r.Needs {
			why := strings.Join(n.Why, ", ")
			if n.OnlyIf != "" {
				why += ", if " + n.OnlyIf
			}
			needs = append(needs, n.Request+" ("+why+")")
		}
		if needs != nil {
			fmt.Fprintf(w, "  %-*s  needs %s\n", width, r.Name, strings.Join(needs, " and "))
		}
	}
}

// loadRules reads and loads a rules file, "-" from standard input.
func loadRules(path string, env func(string) (string, bool)) (*rules.Set, error) {
	text, err := readInput("the rules", path)
	if err != nil {
		return nil, err
	}
	return rules.Load(inputName(path), text, env)
}

func count(n int, one string) string { return plural(n, one, one+"s") }

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func printJSON(w io.Writer, v any) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(v)
}
