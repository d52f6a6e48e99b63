package page

import (
	"encoding/json"
	"slices"

	"afterput/events"
	"afterput/internal/copier"
	"afterput/internal/localfc"
	"afterput/internal/osscall"
	"afterput/internal/relay"
)

// result records the outcome of an attempt.
func (h *hub) result(r *localfc.Result) {
	objects, err := events.Parse(r.Payload)
	if err != nil {
		return
	}
	report, _ := relay.ReadReport(r.Response) // without one, the error of the attempt is shown
	h.mu.Lock()
	defer h.mu.Unlock()
	for i := range objects {
		if row := h.byEvent[eventOf(&objects[i])]; row != nil {
			h.conclude(row, r, report)
		}
	}
}

// conclude records what an attempt did about a row. h.mu is held.
func (h *hub) conclude(row *row, r *localfc.Result, report *relay.Report) {
	defer h.touch(row)
	row.results = append(row.results, resultOf(r, report))
	row.results = row.results[max(0, len(row.results)-maxResults):]
	row.attempts = r.Attempt
	if row.open && r.Final {
		row.open = false
		h.totals.Waiting--
	}
	state := ""
	if report != nil {
		i := slices.IndexFunc(report.Objects, func(o relay.ObjectReport) bool {
			return o.Bucket == row.object.Bucket && o.Key == row.object.Key && o.Event == row.object.Event
		})
		if i >= 0 {
			state = h.report(row, &report.Objects[i])
		}
	}
	switch {
	case r.Error != nil && r.Final:
		row.state = stateGivenUp
		for i := range row.copies { // those of which no report says anything
			if c := &row.copies[i]; c.State == stateRunning || c.State == stateWaiting {
				h.setState(row, c, string(copier.Failed))
			}
		}
	case r.Error != nil:
		row.state = stateRetrying
	case state != "":
		row.state = state
	case row.object.Ignored != "":
		row.state = stateIgnored
	default:
		row.state = stateNone
	}
}

// report records the copies that a report has, and is the state of their row: "" if there are none.
func (h *hub) report(row *row, o *relay.ObjectReport) (state string) {
	for i := range o.Copies {
		reported := &o.Copies[i]
		c := row.of(reported)
		if c == nil {
			continue
		}
		h.setState(row, c, string(reported.Result))
		c.Error = ""
		if reported.Error != nil {
			c.Error = reported.Error.Message
		}
		made := arrowCount{}
		switch reported.Result {
		case copier.Copied, copier.Deleted:
			c.Done, c.Parts = c.Size, reported.Parts
			made.Copied, made.Bytes = 1, reported.Bytes
		}
		h.totals.Copies += made.Copied
		h.count(row, c, made)
		if state == "" || c.State == string(copier.Copied) {
			state = c.State
		}
	}
	return state
}

// setState sets the state of a copy, and counts it as failed or no longer failed: once, however many attempts it takes.
// A replay that makes it takes the failure back. h.mu is held.
func (h *hub) setState(row *row, c *copyRow, state string) {
	was := c.State
	c.State = state
	switch {
	case failed(state) && !failed(was):
		h.countFailed(row, c, 1)
	case failed(was) && !failed(state):
		h.countFailed(row, c, -1)
	}
	if failed(state) {
		return
	}
	for first := h.find(row.replayOf); first != nil; first = h.find(first.replayOf) {
		if old := first.copyTo(c.Bucket, c.Key); old != nil && failed(old.State) && old.MadeBy == 0 {
			old.MadeBy = row.id
			h.countFailed(first, old, -1)
			h.touch(first)
		}
	}
}

// countFailed counts a copy as failed, or with -1 as no longer failed. h.mu is held.
func (h *hub) countFailed(row *row, c *copyRow, more int) {
	h.totals.Failed += more
	h.count(row, c, arrowCount{Failed: more})
}

// of is the row's copy that a report is about.
func (r *row) of(reported *relay.CopyReport) *copyRow {
	for i := range r.copies {
		if c := &r.copies[i]; osscall.URL(c.Bucket, c.Key) == reported.Destination {
			return c
		}
	}
	return nil
}

func resultOf(r *localfc.Result, report *relay.Report) result {
	all := result{Attempt: r.Attempt, Final: r.Final, Started: r.Started, Seconds: r.Ended.Sub(r.Started).Seconds()}
	switch {
	case report != nil:
		all.Report, _ = json.Marshal(report)
	case r.Error != nil:
		all.Error = r.Error.Error()
	}
	return all
}
