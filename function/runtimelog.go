package main

import (
	"log/slog"
	"strings"
)

// runtimeLog takes what the runtime SDK and net/http write to the standard logger,
// so that the function's log is JSON lines alone. A failed invocation's error is left out: it
// is the report, each line of which was logged by then.
type runtimeLog struct{ to *slog.Logger }

func (l runtimeLog) Write(p []byte) (int, error) {
	text := string(p)
	if len(text) > 4 && text[4] == '/' { // the standard logger's date and time
		_, text, _ = strings.Cut(text, " ")
		_, text, _ = strings.Cut(text, " ")
	}
	text = strings.TrimSpace(text)
	if !strings.HasSuffix(text, "\"errorType\": \"Failure\"\n}") {
		l.to.Error("runtime", "error", text)
	}
	return len(p), nil
}
