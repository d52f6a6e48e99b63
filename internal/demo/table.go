package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
	"unicode"

	"afterput/internal/localcloud"
	"afterput/internal/localfc"
	"afterput/internal/relay"
	"afterput/internal/terminal"
)

// reports collects what the function reported and logged.
type reports struct {
	mu     sync.Mutex
	copies map[string]relay.CopyReport // the last one of each destination
	logged bytes.Buffer
}

func (r *reports) add(result localfc.Result) {
	report, err := relay.ReadReport(result.Response)
	if err != nil {
		return // the failure is shown when the event is given up
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.copies == nil {
		r.copies = make(map[string]relay.CopyReport)
	}
	for _, o := range report.Objects {
		for _, c := range o.Copies {
			if c.Outcome.Result == "copied" {
				r.copies[c.Destination] = c
			}
		}
	}
}

// wait waits until every event is handled, and with it the one that the restore of a copy's source has ended.
func (r *reports) wait(ctx context.Context, cloud *localcloud.Cloud, restored string) error {
	for {
		if err := cloud.FC.Wait(ctx); err != nil {
			return err
		}
		r.mu.Lock()
		_, copied := r.copies[restored]
		r.mu.Unlock()
		if copied || len(cloud.FC.Failed()) > 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s: %w", restored, ctx.Err())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Write keeps the function's log, which is shown if something fails.
func (r *reports) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.logged.Write(p)
}

func (r *reports) log() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.logged.String()
}

type row struct {
	expectation
	copied relay.CopyReport
}

// rows pairs every expectation with what the function reported about it.
func (r *reports) rows(expected []expectation) ([]row, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var rows []row
	for _, e := range expected {
		c, ok := r.copies["oss://"+e.bucket+"/"+e.key]
		if !ok || c.Rule != e.rule || c.Method != e.method {
			return nil, fmt.Errorf("oss://%s/%s: reported %+v, want rule %s, %s", e.bucket, e.key, c, e.rule, e.method)
		}
		rows = append(rows, row{e, c})
	}
	return rows, nil
}

func printTable(w io.Writer, rows []row) {
	lines := [][]string{{"SOURCE", "RULE", "DESTINATION", "HOW", "REPLACED", "TIME"}}
	for _, r := range rows {
		how := r.method
		if r.copied.Parts > 0 {
			how = fmt.Sprintf("%s × %d", r.method, r.copied.Parts)
		}
		took := fmt.Sprintf("%.1f ms", r.copied.Seconds*1000)
		lines = append(lines, []string{r.source, r.rule, r.bucket + "/" + r.key, how, r.replaced, took})
	}
	widths := make([]int, len(lines[0]))
	for _, line := range lines {
		for i, cell := range line {
			line[i] = terminal.Escape(cell)
			widths[i] = max(widths[i], width(line[i]))
		}
	}
	for _, line := range lines {
		for i, cell := range line[:len(line)-1] {
			terminal.Fprintf(w, "%s%s", cell, strings.Repeat(" ", widths[i]-width(cell)+2))
		}
		terminal.Fprintf(w, "%s\n", line[len(line)-1])
	}
}

// width returns how many columns a text takes up in a terminal; text/tabwriter counts one for every character.
func width(s string) (n int) {
	for _, r := range s {
		n++
		if unicode.In(r, unicode.Han, unicode.Hangul, unicode.Hiragana, unicode.Katakana) {
			n++
		}
	}
	return n
}
