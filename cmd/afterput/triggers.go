package main

import (
	"fmt"
	"os"

	"afterput/internal/deploy"
	"afterput/rules"
)

type triggersCmd struct {
	Rules string `arg:"" help:"Rules file; - is standard input." placeholder:"FILE"`
	JSON  bool   `name:"json" help:"Print the triggers as JSON instead of YAML."`
}

// impliedTriggers is what triggers --json prints.
type impliedTriggers struct {
	Triggers []deploy.Trigger `json:"triggers"`
	Notes    []string         `json:"notes"`
}

func (cmd *triggersCmd) Run(c console) error {
	set, err := loadRules(cmd.Rules, os.LookupEnv)
	if err != nil {
		return err
	}
	triggers, notes := deploy.Triggers(set)
	if cmd.JSON {
		return printJSON(c.out, impliedTriggers{append([]deploy.Trigger{}, triggers...), append([]string{}, notes...)})
	}
	fmt.Fprint(c.out, deploy.YAML(triggers))
	for _, t := range triggers {
		if t.Excess != "" {
			fmt.Fprintf(c.err, "%s: lets through more than the rules want: %s\n", t.Name, t.Excess)
		}
	}
	for _, n := range notes {
		fmt.Fprintln(c.err, n)
	}
	return nil
}

// manifestCheck is what validate says of an s.yaml.
type manifestCheck struct {
	File     string    `json:"file"`
	Problems []finding `json:"problems"`
	Warnings []finding `json:"warnings"`
}

func checkManifest(path string, set *rules.Set) (*manifestCheck, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read s.yaml: %w", err)
	}
	m, err := deploy.ReadManifest(path, text, os.LookupEnv)
	if err != nil {
		return nil, err
	}
	problems, warnings := m.Check(set)
	return &manifestCheck{path, findings(problems), findings(warnings)}, nil
}

func findings(all rules.Problems) []finding {
	found := []finding{}
	for _, p := range all {
		found = append(found, finding{Line: p.Line, Column: p.Col, Message: p.Message})
	}
	return found
}

func (m *manifestCheck) print(c console) {
	if m == nil {
		return
	}
	if len(m.Problems) == 0 {
		fmt.Fprintf(c.out, "%s: its triggers bring what the rules want\n", m.File)
	}
	for _, p := range m.Problems {
		fmt.Fprintf(c.err, "%s:%d:%d: %s\n", m.File, p.Line, p.Column, p.Message)
	}
	for _, w := range m.Warnings {
		fmt.Fprintf(c.err, "%s:%d:%d: warning: %s\n", m.File, w.Line, w.Column, w.Message)
	}
}

func (m *manifestCheck) failed(strict bool) bool {
	return m != nil && (len(m.Problems) > 0 || strict && len(m.Warnings) > 0)
}
