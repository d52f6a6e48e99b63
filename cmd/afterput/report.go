package main

import (
	"fmt"
	"io"
	"maps"
	"slices"

	"afterput/internal/copier"
	"afterput/internal/osscall"
	"afterput/internal/relay"
	"afterput/internal/terminal"
)

// printReport prints a line for every copy of a report, and for every object that failed as a whole.
func printReport(w io.Writer, p palette, report *relay.Report) {
	if report.Error != nil {
		terminal.Fprintf(w, "%s %s\n", p.outcome(copier.Failed), report.Error.Message)
	}
	printCounts(w, p, "objects that are not named", report.FailedByCode)
	for _, o := range report.Objects {
		source := osscall.URL(o.Bucket, o.Key)
		if o.Error != nil {
			terminal.Fprintf(w, "%s %s: %s\n", p.outcome(copier.Failed), source, o.Error.Message)
		}
		printCounts(w, p, source, o.FailedByCode)
		if o.Error == nil && o.Ignored == "" && len(o.Copies) == 0 && len(o.FailedByCode) == 0 {
			terminal.Fprintf(w, "%s %s\n", p.outcome("no rule"), source)
		}
		for _, copied := range o.Copies {
			method := ""
			if copied.Method != "" { // else it failed before one was chosen
				method = "  " + copied.Method
			}
			terminal.Fprintf(w, "%s %s → %s%s  rule %s  %.1f ms\n", p.outcome(copied.Outcome.Result), source,
				copied.Destination, method, copied.Rule, copied.Seconds*1000)
			if copied.Outcome.Result == copier.Restoring {
				terminal.Fprintf(w, "%-10s %s\n", "", copied.Reason)
			}
			if copied.Error != nil {
				terminal.Fprintf(w, "%-10s %s: %s\n", "", copied.Error.Code, copied.Error.Message)
			}
		}
	}
}

// printCounts prints a line for every code of the failures that a report counts.
func printCounts(w io.Writer, p palette, of string, byCode map[string]int) {
	for _, code := range slices.Sorted(maps.Keys(byCode)) {
		terminal.Fprintf(w, "%s %s: %d × %s\n", p.outcome(copier.Failed), of, byCode[code], code)
	}
}

// outcome writes the first word of a line of a report.
func (p palette) outcome(word copier.Result) terminal.Plain {
	colour := dim
	switch word {
	case copier.Copied, copier.Deleted:
		colour = green
	case copier.Restoring:
		colour = yellow
	case copier.Failed:
		colour = red
	}
	return p.paint(colour, fmt.Sprintf("%-10s", word))
}
