package main

import (
	"io"
	"maps"
	"slices"

	"afterput/internal/copier"
	"afterput/internal/relay"
	"afterput/internal/terminal"
)

// printReport prints a line for every copy of a report, and for every object that failed as a whole.
func printReport(w io.Writer, report *relay.Report) {
	if report.Error != nil {
		terminal.Fprintf(w, "%-10s %s\n", "failed", report.Error.Message)
	}
	printCounts(w, "objects that are not named", report.FailedByCode)
	for _, o := range report.Objects {
		source := "oss://" + o.Bucket + "/" + o.Key
		if o.Error != nil {
			terminal.Fprintf(w, "%-10s %s: %s\n", "failed", source, o.Error.Message)
		}
		printCounts(w, source, o.FailedByCode)
		if o.Error == nil && o.Ignored == "" && len(o.Copies) == 0 && len(o.FailedByCode) == 0 {
			terminal.Fprintf(w, "%-10s %s\n", "no rule", source)
		}
		for _, copied := range o.Copies {
			method := ""
			if copied.Method != "" { // else it failed before one was chosen
				method = "  " + copied.Method
			}
			terminal.Fprintf(w, "%-10s %s → %s%s  rule %s  %.1f ms\n", copied.Outcome.Result, source,
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
func printCounts(w io.Writer, of string, byCode map[string]int) {
	for _, code := range slices.Sorted(maps.Keys(byCode)) {
		terminal.Fprintf(w, "%-10s %s: %d × %s\n", "failed", of, byCode[code], code)
	}
}
