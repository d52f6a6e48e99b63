package existing

import (
	"encoding/json"
	"strings"
	"time"
)

// retrying is how long Function Compute may try an event again before it gives the event up: so long after an object
// was put, a sweep may still be the first to find that its copy is missing.
const retrying = 24 * time.Hour

// WindowFor is the window of a sweep that runs so often. It is longer by the time for which events are retried, so that
// a copy that the last sweep left to its event is looked at once more, and by that of the longest restore.
func WindowFor(every, restore time.Duration) Window {
	return Window{ModifiedWithin: shortText(every + retrying + restore), OlderThan: defaultOlderThan}
}

// shortText writes a time such as 25h, without zeros at its end.
func shortText(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// Payload is what a timer trigger sends for a sweep of this window, which [ReadSweep] reads.
func (w Window) Payload() string {
	type sweep struct {
		Sweep Window `json:"sweep"`
	}
	text, err := json.Marshal(map[string]sweep{"afterput": {w}})
	if err != nil {
		panic(err) // texts alone
	}
	return string(text)
}

// Covers reports whether sweeps of this window that run so often look at every object, once it is old enough.
func (w Window) Covers(every time.Duration) bool {
	within, older, err := w.Durations()
	return err == nil && within-older >= every
}
