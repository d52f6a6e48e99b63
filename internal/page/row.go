package page

import (
	"encoding/json"
	"time"

	"afterput/events"
	"afterput/internal/copier"
	"afterput/rules"
)

// The states of a row beyond the outcomes of its copies.
const (
	stateWaiting     = "waiting"     // for the function
	stateRunning     = "running"     // the function is at it
	stateNone        = "none"        // no rule takes the object
	stateIgnored     = "ignored"     // the event leads to no copy
	stateUntriggered = "untriggered" // no trigger brings the event to the function
	stateRetrying    = "retrying"    // an attempt failed
	stateGivenUp     = "given-up"    // the last attempt failed
)

// row is an event and everything that follows from it. It is guarded by the hub's mu but for what never changes.
type row struct {
	// Never changed:
	id       int
	at       time.Time
	object   events.Object
	payload  []byte
	drawing  *drawing // of the rules that were in force
	facts    rules.Facts
	by       int // the row whose copy raised the event; 0 for none
	replayOf int // the row whose event is handed to the function again; 0 for none

	rev      uint64 // of the last change
	state    string
	open     bool // the function has not finished
	copies   []copyRow
	results  []result
	attempts int
	requests []request
	omitted  int       // requests that are no longer among requests
	nearest  []verdict // set once it is asked for
}

// copyRow is a copy, or a deletion, that a rule wants.
type copyRow struct {
	Arrow   int    `json:"arrow"`
	Rule    string `json:"rule"`
	Line    int    `json:"line"`
	Bucket  string `json:"bucket"`
	Key     string `json:"key"`
	Deletes bool   `json:"deletes,omitempty"`
	State   string `json:"state"`
	Error   string `json:"error,omitempty"`
	Done    int64  `json:"done"` // bytes
	Size    int64  `json:"size"`
	Parts   int    `json:"parts,omitempty"`
	Refused int    `json:"refused,omitempty"` // requests that were refused or had no reply, and
	Code    string `json:"code,omitempty"`    // that of the last one; "" without a reply
	MadeBy  int    `json:"made_by,omitempty"` // the replay that has made the failed copy
}

// result is the outcome of one attempt.
type result struct {
	Attempt int             `json:"attempt"`
	Final   bool            `json:"final"`
	Started time.Time       `json:"started"`
	Seconds float64         `json:"seconds"`
	Error   string          `json:"error,omitempty"`  // where there is no report
	Report  json.RawMessage `json:"report,omitempty"` // of the function
}

// request is a request to OSS about the row's object or one of its copies.
type request struct {
	At        time.Time `json:"at"`
	Operation string    `json:"operation"`
	Bucket    string    `json:"bucket"`
	Key       string    `json:"key"`
	Part      int       `json:"part,omitempty"`
	Status    int       `json:"status"` // 0: the connection was cut instead of a reply
	Code      string    `json:"code,omitempty"`
	Seconds   float64   `json:"seconds"`
	ID        string    `json:"id"`
}

// newRow makes the row of an event, with the copies that the rules want.
func newRow(o *events.Object, payload []byte, d *drawing, f rules.Facts) *row {
	r := &row{at: time.Now(), object: *o, payload: payload, drawing: d, facts: f, state: stateWaiting, open: true}
	if o.IsRemoval() {
		deletions, _ := d.set.Removal(*o) // an error is that of a bucket that is not a source
		for _, del := range deletions {
			r.copies = append(r.copies, copyRow{Arrow: d.arrow(del.Rule, del.Line, o.Bucket, o.Key), Rule: del.Rule,
				Line: del.Line, Bucket: del.Bucket, Key: del.Key, Deletes: true, State: stateWaiting,
				Error: text(del.Err)})
		}
		return r
	}
	plan, _ := d.set.Plan(*o, f) // the same
	for i := range plan.Copies {
		c := &plan.Copies[i]
		r.copies = append(r.copies, copyRow{Arrow: d.arrow(c.Rule, c.Line, o.Bucket, o.Key), Rule: c.Rule, Line: c.Line,
			Bucket: c.Bucket, Key: c.Key, State: stateWaiting, Error: text(c.Err), Size: o.Size.Value})
	}
	return r
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// copyTo is the copy to an object; nil if there is none.
func (r *row) copyTo(bucket, key string) *copyRow {
	for i := range r.copies {
		if c := &r.copies[i]; c.Bucket == bucket && c.Key == key {
			return c
		}
	}
	return nil
}

// shown is how many copies of a row the list of rows shows.
const shown = 6

// rowJSON is a row in the list.
type rowJSON struct {
	ID       int       `json:"id"`
	At       int64     `json:"at"` // ms
	Event    string    `json:"event"`
	Bucket   string    `json:"bucket"`
	Key      string    `json:"key"`
	Size     int64     `json:"size"`
	State    string    `json:"state"`
	Attempts int       `json:"attempts"`
	By       int       `json:"by,omitempty"`
	ReplayOf int       `json:"replay_of,omitempty"`
	Copies   []copyRow `json:"copies"`
	More     int       `json:"more,omitempty"` // copies that are not among Copies
	Version  int       `json:"version"`        // of the rules
	Rule     string    `json:"rule,omitempty"` // the rule that came nearest, where none takes the object
	Why      string    `json:"why,omitempty"`  // and why it does not
	Near     int       `json:"near,omitempty"` // other rules that came as near
}

func (r *row) json() rowJSON {
	n := min(len(r.copies), shown)
	j := rowJSON{ID: r.id, At: r.at.UnixMilli(), Event: r.object.Event, Bucket: r.object.Bucket, Key: r.object.Key,
		Size: r.object.Size.Value, State: r.state, Attempts: r.attempts, By: r.by, ReplayOf: r.replayOf,
		Copies: append([]copyRow{}, r.copies[:n]...), More: len(r.copies) - n, Version: r.drawing.version}
	switch {
	case r.object.Ignored != "" && !r.object.IsRemoval():
		j.Why = r.object.Ignored
	case len(r.copies) == 0:
		if r.nearest == nil {
			r.nearest = nearest(r.drawing.set, &r.object, r.facts)
		}
		j.Rule, j.Why, j.Near = r.nearest[0].Rule, r.nearest[0].Reason, len(r.nearest)-1
	}
	return j
}

// failed reports whether a copy ended in failure.
func failed(state string) bool { return state == string(copier.Failed) }
