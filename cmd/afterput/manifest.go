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
	"afterput/rules"
)

// manifestCheck is what validate says of an s.yaml.
type manifestCheck struct {
	File     string    `json:"file"`
	Problems []finding `json:"problems"`
	Warnings []finding `json:"warnings"`

	path string // as the command line names it
}

func readManifest(path string) (*deploy.Manifest, error) {
	text, err := readInput("s.yaml", path)
	if err != nil {
		return nil, err
	}
	return deploy.ReadManifest(inputName(path), text, os.LookupEnv)
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
	return &manifestCheck{
		File:     inputName(path),
		Problems: findings(append(problems, inPackage...)),
		Warnings: findings(append(warnings, notThere...)),
		path:     path,
	}, nil
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
	ofTrigger := func(p finding) bool { return strings.Contains(p.Message, "trigger") }
	if m.path != stdin && slices.ContainsFunc(m.Problems, ofTrigger) {
		fmt.Fprintf(c.err, "to put in the triggers that the rules imply: afterput triggers --write %s %s\n",
			m.path, rulesFile)
	}
	for _, w := range m.Warnings {
		fmt.Fprintf(c.err, "%s:%d:%d: warning: %s\n", m.File, w.Line, w.Column, w.Message)
	}
}

func (m *manifestCheck) failed(strict bool) bool {
	return m != nil && (len(m.Problems) > 0 || strict && len(m.Warnings) > 0)
}
