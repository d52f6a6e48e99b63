package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"afterput/internal/existing"
	"afterput/internal/terminal"
)

// backfillLine is a summary for programs.
type backfillLine struct {
	Job      string                       `json:"job"`
	Phase    existing.Phase               `json:"phase"`
	Counts   existing.Counts              `json:"counts"`
	Estimate existing.Estimate            `json:"estimate"`
	Rules    map[string]existing.Estimate `json:"estimate_by_rule,omitempty"`
	// ForMillion is what each million objects take, if all are like those of the sample.
	ForMillion existing.Estimate `json:"estimate_for_million,omitzero"`
	Tasks      *taskCounts       `json:"tasks,omitempty"`
}

func (cmd *backfillCmd) line(id string, p existing.Phase, c existing.Counts, tasks *taskCounts) backfillLine {
	line := backfillLine{Job: id, Phase: p, Counts: c, Estimate: c.Estimate("", cmd.pace()),
		ForMillion: c.ForMillion(cmd.pace()), Tasks: tasks, Rules: map[string]existing.Estimate{}}
	for rule := range c.ToDo {
		line.Rules[rule] = c.Estimate(rule, cmd.pace())
	}
	return line
}

// pace is how fast the copies are made.
func (cmd *backfillCmd) pace() existing.Pace {
	return existing.Pace{QPS: cmd.QPS, InFlight: cmd.InFlight, ByFunction: cmd.Function != ""}
}

// printEstimate prints what the copies take that are to be made.
func (r *existingRun) printEstimate(c existing.Counts, p existing.Pace) {
	all := c.Estimate("", p)
	if all.Copies == 0 {
		r.notef("nothing is to be copied\n")
		return
	}
	if c.Sampled > 0 {
		r.notef("from the first %s of each source; there are more, so that each count is at least:\n",
			count(r.config.Sample, "object"))
	}
	rows := [][]string{{"rule", "wanted", "in place", "to copy", "size", "requests", "time", "CNY"}}
	names := c.RuleNames()
	for _, rule := range names {
		rows = append(rows, estimateRow(rule, c.Wanted(rule), c.Rules[rule][existing.Same], c.Estimate(rule, p)))
	}
	if len(names) > 1 {
		rows = append(rows, estimateRow("all", c.Wanted(""), c.Of(existing.Same), all))
	}
	printTable(r.err, rows)
	printMoney(r.err, all)
	if c.Sampled > 0 {
		m := c.ForMillion(p)
		r.notef(
			"for each million objects, if the others are like these: about %s of %s, %s, %s, CNY %s\n",
			plural(int(m.Copies), "copy", "copies"), humanBytes(m.Bytes), count(int(m.Requests), "request"),
			humanTime(m.Time()), yuan(m.CNY.Total()))
	}
}

func estimateRow(name string, wanted, inPlace existing.Tally, e existing.Estimate) []string {
	return []string{name, strconv.FormatInt(wanted.Copies, 10), strconv.FormatInt(inPlace.Copies, 10),
		strconv.FormatInt(e.Copies, 10), humanBytes(e.Bytes), strconv.FormatInt(e.Requests, 10), humanTime(e.Time()),
		yuan(e.CNY.Total())}
}

// printMoney says what the money is charged for.
func printMoney(w io.Writer, e existing.Estimate) {
	parts := []string{yuan(e.CNY.Requests) + " requests"}
	if e.Invocations > 0 {
		parts = append(parts, fmt.Sprintf("%s function (%s, %s of its instances)", yuan(e.CNY.Function),
			count(int(e.Invocations), "invocation"),
			humanTime(time.Duration(e.FunctionSeconds*float64(time.Second)))))
	}
	if e.CNY.Retrieval > 0 {
		parts = append(parts, yuan(e.CNY.Retrieval)+" reading sources of class IA")
	}
	if e.CNY.Traffic > 0 {
		parts = append(parts, yuan(e.CNY.Traffic)+" sending to other regions (half of that from 0:00 to 8:00)")
	}
	if e.CNY.Storage > 0 {
		parts = append(parts, yuan(e.CNY.Storage)+" storing the copies for the least time of their class")
	}
	terminal.Fprintf(w, "CNY %s in all: %s; list prices of mainland China\n", yuan(e.CNY.Total()),
		strings.Join(parts, ", "))
	if e.Restores > 0 {
		terminal.Fprintf(w, "%s archived, and restored first for CNY %s; DeepColdArchive has prices of its own\n",
			plural(int(e.Restores), "of them has a source that is", "of them have sources that are"),
			yuan(e.RestoresCNY))
	}
}

// printTable prints rows whose first column is text, and the others numbers.
func printTable(w io.Writer, rows [][]string) {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, row := range rows {
		line := ""
		for i, cell := range row {
			fill := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if i == 0 {
				line += "  " + cell + fill
			} else {
				line += "  " + fill + cell
			}
		}
		terminal.Fprintf(w, "%s\n", line)
	}
}

// yuan writes an amount of money.
func yuan(v float64) string {
	if v > 0 && v < 0.01 {
		return "<0.01"
	}
	return strconv.FormatFloat(v, 'f', 2, 64)
}

// humanTime writes a time without more digits than an estimate has.
func humanTime(d time.Duration) string {
	switch {
	case d < time.Second:
		return "<1s"
	case d >= 48*time.Hour:
		return fmt.Sprintf("%.1fd", d.Hours()/24)
	case d >= time.Hour:
		d = d.Round(time.Minute)
	}
	text := d.Round(time.Second).String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
