package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"afterput/internal/deploy"
	"afterput/internal/terminal"
	"afterput/rules"
)

type triggersCmd struct {
	Rules string        `arg:"" help:"Rules file; - is standard input." placeholder:"FILE"`
	Write string        `placeholder:"FILE" help:"write_triggers_help"`
	Sweep time.Duration `placeholder:"TIME" help:"sweep_help"`
	JSON  bool          `name:"json" help:"Print the triggers as JSON instead of YAML."`
}

// triggersHelp holds the help texts that are too long for a struct tag.
var triggersHelp = helpTexts{
	"sweep_help": "Add a timer that has the function look for lost events this often, such as 1h; its role needs the " +
		"policy of afterput policy --sweep.",
	"write_triggers_help": "Write them into this s.yaml, in place of its triggers on OSS; nothing else in it changes.",
}

// impliedTriggers is what triggers --json prints.
type impliedTriggers struct {
	Triggers []deploy.Trigger     `json:"triggers"`
	Sweep    *deploy.SweepTrigger `json:"sweep,omitempty"`
	Notes    []string             `json:"notes"`
}

func (cmd *triggersCmd) Run(ctx context.Context, c console) error {
	if cmd.Write != "" && cmd.JSON {
		return usageError("--write and --json cannot be combined: s.yaml is YAML")
	}
	if cmd.Write == stdin {
		return usageError("--write is standard input; want a file")
	}
	set, err := loadRules(ctx, cmd.Rules, os.LookupEnv)
	if err != nil {
		return err
	}
	sweep, err := cmd.sweep(set)
	if err != nil {
		return err
	}
	var notes []string
	triggers, err := untilStopped(ctx, func() (triggers []deploy.Trigger, _ error) {
		triggers, notes = deploy.Triggers(set)
		return triggers, nil
	})
	if err != nil {
		return err
	}
	switch {
	case cmd.JSON:
		return c.printJSON(impliedTriggers{
			Triggers: append([]deploy.Trigger{}, triggers...), Sweep: sweep, Notes: append([]string{}, notes...),
		})
	case cmd.Write != "":
		if err := cmd.write(c, triggers, sweep); err != nil {
			return err
		}
	case sweep != nil:
		fmt.Fprint(c.out, deploy.YAMLWithSweep(triggers, *sweep))
	default:
		fmt.Fprint(c.out, deploy.YAML(triggers))
	}
	for _, t := range triggers {
		if t.Excess != "" {
			terminal.Fprintf(c.err, "%s: lets through more than the rules want: %s\n", t.Name, t.Excess)
		}
	}
	for _, n := range notes {
		terminal.Fprintf(c.err, "%s\n", n)
	}
	if sweep != nil {
		terminal.Fprintf(c.err, "%s: the function's role needs the policy that afterput policy --sweep prints\n",
			sweep.Name)
	}
	return nil
}

// sweep is the sweep that --sweep asks for; nil for none.
func (cmd *triggersCmd) sweep(set *rules.Set) (*deploy.SweepTrigger, error) {
	if cmd.Sweep == 0 {
		return nil, nil
	}
	s, err := deploy.Sweep(set, cmd.Sweep)
	if err != nil {
		return nil, usageError("--sweep: " + err.Error())
	}
	return &s, nil
}

// write puts the triggers that the rules imply into s.yaml, and the sweep if there is one.
func (cmd *triggersCmd) write(c console, triggers []deploy.Trigger, sweep *deploy.SweepTrigger) error {
	m, err := readManifest(cmd.Write)
	if err != nil {
		return err
	}
	text, removed, err := m.WithTriggers(triggers)
	if err == nil && sweep != nil {
		text, err = withSweep(cmd.Write, text, *sweep)
	}
	if err != nil {
		return err
	}
	if bytes.Equal(text, m.Text()) {
		terminal.Fprintf(c.out, "%s: its triggers are already those that the rules imply\n", cmd.Write)
		return nil
	}
	if err := replaceFile(cmd.Write, text); err != nil {
		return fmt.Errorf("write s.yaml: %w", err)
	}
	terminal.Fprintf(c.out, "%s: its triggers are now those that the rules imply\n", cmd.Write)
	for _, n := range removed {
		terminal.Fprintf(c.err, "%s\n", n)
	}
	return nil
}

// withSweep puts a sweep into the text of an s.yaml.
func withSweep(path string, text []byte, s deploy.SweepTrigger) ([]byte, error) {
	m, err := deploy.ReadManifest(inputName(path), text, os.LookupEnv)
	if err != nil {
		return nil, err
	}
	return m.WithSweep(s)
}

// replaceFile replaces a file as a whole, or not at all.
func replaceFile(path string, text []byte) error {
	path, err := filepath.EvalSymlinks(path)
	if err != nil {
		return err
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".s-*.yaml")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // after the rename there is none
	_, err = f.Write(text)
	if err := errors.Join(err, f.Chmod(info.Mode()), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
