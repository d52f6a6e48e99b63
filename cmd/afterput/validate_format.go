package main

import (
	"io"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"afterput/internal/terminal"
	"afterput/rules"
)

// annotation is a mistake, a warning or a note at its location, for the formats of CI.
type annotation struct {
	file         string
	line, column int
	level        string // "error", "warning" or "note"
	code         string // of a warning or a note; "invalid" for a mistake
	message      string
}

func annotationsOf(all []*validation) (list []annotation) {
	add := func(file string, problems []problem, warnings []rules.Warning) {
		for _, p := range problems {
			list = append(list, annotation{file, p.Line, p.Column, "error", "invalid", p.Message})
		}
		for _, w := range warnings {
			list = append(list, annotation{file, w.Line, w.Col, string(w.Level), string(w.Code), w.Message})
		}
	}
	for _, v := range all {
		add(v.File, v.Problems, v.Warnings)
		if v.SYAML != nil {
			add(v.SYAML.File, v.SYAML.Problems, v.SYAML.Warnings)
		}
	}
	return list
}

// printGitHub prints commands for a workflow of GitHub, which shows them at their lines.
// Source: GitHub docs, workflow commands for GitHub Actions; its toolkit's command.ts for the escaping.
func printGitHub(w io.Writer, all []*validation) {
	data := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	property := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
	for _, a := range annotationsOf(all) {
		command := map[string]string{"error": "error", "warning": "warning", "note": "notice"}[a.level]
		terminal.Fprintf(w, "::%s file=%s,line=%d,col=%d,title=%s::%s\n", command, property.Replace(a.file), a.line,
			a.column, property.Replace("afterput: "+a.code), data.Replace(a.message))
	}
}

// sarifLog is a log of SARIF 2.1.0 with what it must have, and what code scanning of GitHub shows.
type sarifLog struct {
	Schema  string     `json:"$schema"`
	Version string     `json:"version"`
	Runs    []sarifRun `json:"runs"`
}

type sarifRun struct {
	Tool struct {
		Driver sarifDriver `json:"driver"`
	} `json:"tool"`
	ColumnKind string        `json:"columnKind"`
	Results    []sarifResult `json:"results"`
}

type sarifDriver struct {
	Name    string      `json:"name"`
	Version string      `json:"version"`
	Rules   []sarifRule `json:"rules"`
}

type sarifRule struct {
	ID string `json:"id"`
}

type sarifResult struct {
	RuleID    string          `json:"ruleId"`
	Level     string          `json:"level"`
	Message   sarifMessage    `json:"message"`
	Locations []sarifLocation `json:"locations"`
}

type sarifMessage struct {
	Text string `json:"text"`
}

type sarifLocation struct {
	Physical struct {
		Artifact struct {
			URI string `json:"uri"`
		} `json:"artifactLocation"`
		Region struct {
			StartLine   int `json:"startLine"`
			StartColumn int `json:"startColumn"`
		} `json:"region"`
	} `json:"physicalLocation"`
}

func sarifOf(all []*validation) sarifLog {
	run := sarifRun{ColumnKind: "unicodeCodePoints", Results: []sarifResult{}}
	driver := sarifDriver{Name: "afterput", Version: version(), Rules: []sarifRule{}}
	for _, a := range annotationsOf(all) {
		if rule := (sarifRule{a.code}); !slices.Contains(driver.Rules, rule) {
			driver.Rules = append(driver.Rules, rule)
		}
		var at sarifLocation
		at.Physical.Artifact.URI = uriOf(a.file)
		at.Physical.Region.StartLine, at.Physical.Region.StartColumn = a.line, a.column
		run.Results = append(run.Results, sarifResult{a.code, a.level, sarifMessage{a.message}, []sarifLocation{at}})
	}
	run.Tool.Driver = driver
	return sarifLog{"https://json.schemastore.org/sarif-2.1.0.json", "2.1.0", []sarifRun{run}}
}

// uriOf is the URI of a file: a relative one stays relative, so that it is found in a checkout.
func uriOf(file string) string {
	u := url.URL{Path: filepath.ToSlash(file)}
	if filepath.IsAbs(file) {
		u.Scheme, u.Path = "file", "/"+strings.TrimPrefix(u.Path, "/") // C:/x on Windows
	}
	return u.String()
}
