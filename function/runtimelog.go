package main

import (
	"log/slog"
	"slices"
	"strings"
)

// runtimeLog writes what the runtime SDK and net/http log through the standard logger
// as JSON lines, like the rest of the function's log. It leaves out the error of a
// failed invocation: that is the report, whose lines have been logged already.
type runtimeLog struct{ to *slog.Logger }

func (l runtimeLog) Write(p []byte) (int, error) {
	text := string(p)
	if len(text) > 4 && text[4] == '/' { // the standard logger's date and time
		_, text, _ = strings.Cut(text, " ")
		_, text, _ = strings.Cut(text, " ")
	}
	text = strings.TrimSpace(text)
	if !slices.ContainsFunc(reported, func(name string) bool {
		return strings.HasSuffix(text, "\"errorType\": \""+name+"\"\n}")
	}) {
		l.to.Error("runtime", "error", text)
	}
	return len(p), nil
}

// reported are the names of the errors that are reports: relay.Failure and existing.SweepFailure.
var reported = []string{"Failure", "SweepFailure"}
