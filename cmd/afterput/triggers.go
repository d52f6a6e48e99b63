package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"afterput/internal/deploy"
)

type triggersCmd struct {
	Rules string `arg:"" help:"Rules file; - is standard input." placeholder:"FILE"`
	Write string `help:"Put them into this s.yaml, in place of its triggers on OSS; nothing else in it changes." placeholder:"FILE"`
	JSON  bool   `name:"json" help:"Print the triggers as JSON instead of YAML."`
}

// impliedTriggers is what triggers --json prints.
type impliedTriggers struct {
	Triggers []deploy.Trigger `json:"triggers"`
	Notes    []string         `json:"notes"`
}

func (cmd *triggersCmd) Run(c console) error {
	if cmd.Write != "" && cmd.JSON {
		return usageError("--write and --json go apart: s.yaml is YAML")
	}
	if cmd.Write == stdin {
		return usageError("--write needs a file: standard input cannot be written")
	}
	set, err := loadRules(cmd.Rules, os.LookupEnv)
	if err != nil {
		return err
	}
	triggers, notes := deploy.Triggers(set)
	switch {
	case cmd.JSON:
		return printJSON(c.out, impliedTriggers{append([]deploy.Trigger{}, triggers...), append([]string{}, notes...)})
	case cmd.Write != "":
		if err := cmd.write(c, triggers); err != nil {
			return err
		}
	default:
		fmt.Fprint(c.out, deploy.YAML(triggers))
	}
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

// write puts the triggers that the rules imply into s.yaml.
func (cmd *triggersCmd) write(c console, triggers []deploy.Trigger) error {
	m, err := readManifest(cmd.Write)
	if err != nil {
		return err
	}
	text, gone, err := m.WithTriggers(triggers)
	if err != nil {
		return err
	}
	if bytes.Equal(text, m.Text()) {
		fmt.Fprintf(c.out, "%s: its triggers are as the rules imply\n", cmd.Write)
		return nil
	}
	if err := replaceFile(cmd.Write, text); err != nil {
		return fmt.Errorf("write s.yaml: %w", err)
	}
	fmt.Fprintf(c.out, "%s: its triggers are now as the rules imply\n", cmd.Write)
	for _, n := range gone {
		fmt.Fprintln(c.err, n)
	}
	return nil
}

// replaceFile writes a file whole or not at all.
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
	defer os.Remove(f.Name()) // not there any more if all went well
	_, err = f.Write(text)
	if err := errors.Join(err, f.Chmod(info.Mode()), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
