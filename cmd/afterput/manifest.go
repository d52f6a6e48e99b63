package main

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"afterput/internal/deploy"
	"afterput/internal/terminal"
	"afterput/rules"
)

// manifestCheck is what validate reports about an s.yaml.
type manifestCheck struct {
	File     string          `json:"file"`
	Problems []problem       `json:"problems"`
	Warnings []rules.Warning `json:"warnings"`
	Notes    []string        `json:"notes,omitempty"`

	path     string // as the command line names it
	forTasks bool
}

func readManifest(path string) (*deploy.Manifest, error) {
	text, err := readInput("s.yaml", path)
	if err != nil {
		return nil, err
	}
	return deploy.ReadManifest(inputName(path), text, os.LookupEnv)
}

// checkManifest checks an s.yaml. Warnings with one of the codes are left out.
func checkManifest(path string, set *rules.Set, ignore []string) (*manifestCheck, error) {
	m, err := readManifest(path)
	if err != nil {
		return nil, err
	}
	problems, warnings := m.Check(set)
	files, err := openPackage(path, m)
	if err != nil {
		return nil, err
	}
	defer files.Close()
	inPackage, missing := m.CheckPackage(files.FS)
	notes := m.SweepNotes()
	if !m.ForTasks() {
		notes = append(notes, deploy.MergeNotes(set)...)
	}
	return &manifestCheck{
		File:     inputName(path),
		Problems: problemsOf(append(problems, inPackage...)),
		Warnings: withoutCodes(m.WithoutIgnored(append(warnings, missing...)), ignore),
		Notes:    notes,
		path:     path,
		forTasks: m.ForTasks(),
	}, nil
}

// codePackage is the code that s.yaml uploads; its FS is nil if there is none.
type codePackage struct {
	fs.FS
	io.Closer
}

// openPackage opens the folder or the zip that s.yaml uploads.
func openPackage(path string, m *deploy.Manifest) (codePackage, error) {
	code := m.Code()
	if !filepath.IsAbs(code) {
		code = filepath.Join(filepath.Dir(path), code)
	}
	none := codePackage{nil, io.NopCloser(nil)}
	if _, err := os.Stat(code); m.Code() == "" || errors.Is(err, fs.ErrNotExist) {
		return none, nil
	}
	if strings.HasSuffix(code, ".zip") {
		z, err := zip.OpenReader(code)
		if err != nil {
			return none, fmt.Errorf("read the package %s: %w", code, err)
		}
		return codePackage{z, z}, nil
	}
	return codePackage{os.DirFS(code), none}, nil
}

func (m *manifestCheck) print(c console, rulesFile string) {
	if m == nil {
		return
	}
	switch {
	case len(m.Problems) > 0, c.quiet:
	case m.forTasks:
		terminal.Fprintf(c.out, "%s: runs the function for afterput backfill --function; it has no triggers\n", m.File)
	default:
		terminal.Fprintf(c.out,
			"%s: runs the function, and its triggers deliver the events that the rules want\n", m.File)
	}
	for _, p := range m.Problems {
		terminal.Fprintf(c.err, "%s:%d:%d: %s\n", m.File, p.Line, p.Column, p.Message)
	}
	ofTrigger := func(p problem) bool { return strings.Contains(p.Message, "trigger") }
	if m.path != stdin && slices.ContainsFunc(m.Problems, ofTrigger) {
		terminal.Fprintf(c.err, "to write the triggers that the rules imply: afterput triggers --write %s %s\n",
			m.path, rulesFile)
	}
	for _, n := range m.Notes {
		c.notef("%s: %s\n", m.File, n)
	}
	c.printWarnings(m.File, m.Warnings)
}

func (m *manifestCheck) failed(strict bool) bool {
	return m != nil && (len(m.Problems) > 0 || strict && haveWarnings(m.Warnings))
}
