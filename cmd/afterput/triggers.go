package main

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"afterput/internal/deploy"
	"afterput/rules"
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

// manifestCheck is what validate says of an s.yaml.
type manifestCheck struct {
	File     string    `json:"file"`
	Problems []finding `json:"problems"`
	Warnings []finding `json:"warnings"`
}

func readManifest(path string) (*deploy.Manifest, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read s.yaml: %w", err)
	}
	return deploy.ReadManifest(path, text, os.LookupEnv)
}

func checkManifest(path string, set *rules.Set) (*manifestCheck, error) {
	m, err := readManifest(path)
	if err != nil {
		return nil, err
	}
	problems, warnings := m.Check(set)
	files, err := packageOf(path, m)
	if err != nil {
		return nil, err
	}
	defer files.Close()
	inPackage, notThere := m.CheckPackage(files.FS)
	return &manifestCheck{path, findings(append(problems, inPackage...)), findings(append(warnings, notThere...))}, nil
}

// opened is a package; its FS is nil if there is none.
type opened struct {
	fs.FS
	io.Closer
}

// packageOf opens the folder or the zip that s.yaml uploads.
func packageOf(path string, m *deploy.Manifest) (opened, error) {
	code := m.Code()
	if !filepath.IsAbs(code) {
		code = filepath.Join(filepath.Dir(path), code)
	}
	nothing := opened{nil, io.NopCloser(nil)}
	if _, err := os.Stat(code); m.Code() == "" || errors.Is(err, fs.ErrNotExist) {
		return nothing, nil
	}
	if strings.HasSuffix(code, ".zip") {
		z, err := zip.OpenReader(code)
		if err != nil {
			return nothing, fmt.Errorf("read the package %s: %w", code, err)
		}
		return opened{z, z}, nil
	}
	return opened{os.DirFS(code), nothing}, nil
}

func findings(all rules.Problems) []finding {
	found := []finding{}
	for _, p := range all {
		found = append(found, finding{Line: p.Line, Column: p.Col, Message: p.Message})
	}
	return found
}

func (m *manifestCheck) print(c console, rulesFile string) {
	if m == nil {
		return
	}
	if len(m.Problems) == 0 {
		fmt.Fprintf(c.out, "%s: it runs the function, and its triggers bring what the rules want\n", m.File)
	}
	for _, p := range m.Problems {
		fmt.Fprintf(c.err, "%s:%d:%d: %s\n", m.File, p.Line, p.Column, p.Message)
	}
	if slices.ContainsFunc(m.Problems, func(p finding) bool { return strings.Contains(p.Message, "trigger") }) {
		fmt.Fprintf(c.err, "to put in the triggers that the rules imply: afterput triggers --write %s %s\n", m.File, rulesFile)
	}
	for _, w := range m.Warnings {
		fmt.Fprintf(c.err, "%s:%d:%d: warning: %s\n", m.File, w.Line, w.Column, w.Message)
	}
}

func (m *manifestCheck) failed(strict bool) bool {
	return m != nil && (len(m.Problems) > 0 || strict && len(m.Warnings) > 0)
}
