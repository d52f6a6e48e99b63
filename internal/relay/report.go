package relay

import (
	"encoding/json"
	"fmt"

	"afterput/events"
	"afterput/internal/copier"
	"afterput/internal/osscall"
)

// Report is the result of an invocation: it has an entry for every object of the payload, or counts
// what it leaves out.
type Report struct {
	RequestID  string         `json:"request_id"`
	RetryCount int            `json:"retry_count,omitempty"`
	Rules      string         `json:"rules,omitempty"` // version of the rules in force, "" for rules that never change
	Objects    []ObjectReport `json:"objects"`
	// Summary counts the copies of all objects by rule and outcome; nil for a payload of one object.
	Summary map[string]map[copier.Result]int `json:"summary,omitempty"`
	// Error is set if the payload, or a record of it, could not be read.
	Error *osscall.Error `json:"error,omitempty"`
	// Omitted counts what is left out to keep the report within its limit: copies that did not
	// fail, by outcome; objects without a copy, as ignored or unwanted; and failed objects that
	// are not named, as objects.
	Omitted map[string]int `json:"omitted,omitempty"`
	// FailedByCode counts the failures of the failed objects that are not named.
	FailedByCode map[string]int `json:"failed_by_code,omitempty"`
}

// ObjectReport is what became of one object.
type ObjectReport struct {
	Event    string       `json:"event"`
	Bucket   string       `json:"bucket"`
	Key      string       `json:"key"`
	Size     *int64       `json:"size,omitempty"` // absent when the event does not say
	ETag     *string      `json:"etag,omitempty"`
	Ignored  string       `json:"ignored,omitempty"`  // why no rule was evaluated
	Requests int          `json:"requests,omitempty"` // sent for all of its copies together
	Copies   []CopyReport `json:"copies,omitempty"`
	// Error is set if the object as a whole could not be handled.
	Error *osscall.Error `json:"error,omitempty"`
	// FailedByCode counts the object's failures that are left out of Copies and Error to keep
	// the report within its limit.
	FailedByCode map[string]int `json:"failed_by_code,omitempty"`

	undecided []string // destinations of copies that were left out, see asked

	earlier bool // an earlier attempt made all of its copies and logged them
}

// ownState is why the engine's own state objects are ignored.
const ownState = "the copy engine's own state"

// CopyReport is what became of one copy.
type CopyReport struct {
	Rule        string `json:"rule"`
	Destination string `json:"destination"` // oss://bucket/key
	copier.Outcome
}

// Of is what became of the copy to a destination, oss://BUCKET/KEY; nil if none was planned. Where a newer version of
// the object was copied too, it is that of the newest.
func (r *ObjectReport) Of(destination string) *CopyReport {
	for i := len(r.Copies) - 1; i >= 0; i-- {
		if r.Copies[i].Destination == destination {
			return &r.Copies[i]
		}
	}
	return nil
}

// AllRequests is how many requests were sent for the object and for each of its copies.
func (r *ObjectReport) AllRequests() int {
	n := r.Requests
	for i := range r.Copies {
		n += r.Copies[i].Requests
	}
	return n
}

// Failure is the error of an invocation in which anything failed. Its text is the report.
type Failure struct{ report []byte }

// Error is the report as JSON.
func (f *Failure) Error() string { return string(f.report) }

// ReadReport reads a report from the response of the function: the report itself, or the runtime's
// error document around it.
func ReadReport(answer []byte) (*Report, error) {
	var failure struct {
		ErrorMessage string `json:"errorMessage"`
	}
	if json.Unmarshal(answer, &failure) == nil && failure.ErrorMessage != "" {
		answer = []byte(failure.ErrorMessage)
	}
	var r Report
	if err := json.Unmarshal(answer, &r); err != nil {
		return nil, fmt.Errorf("not a report: %w", err)
	}
	return &r, nil
}

// reportOf is the report of an object before anything is done; it points to the object's size and ETag.
func reportOf(o *events.Object) ObjectReport {
	r := ObjectReport{Event: o.Event, Bucket: o.Bucket, Key: o.Key, Ignored: o.Ignored}
	if o.Size.Known {
		r.Size = &o.Size.Value
	}
	if o.ETag.Known {
		r.ETag = &o.ETag.Value
	}
	return r
}

// learnSize sets the size that the event does not have, if a copy has found it.
func (o *ObjectReport) learnSize(copies []CopyReport) {
	for i := range copies {
		if size := copies[i].Bytes; o.Size == nil && size > 0 {
			o.Size = &size
		}
	}
}

// answer is the report as the handler returns it: as a [*Failure] if anything failed. It is short
// enough for a destination of Function Compute to accept it together with the payload.
func (r *Report) answer(payload []byte) ([]byte, error) {
	data, err := r.encode()
	if err != nil {
		return nil, err
	}
	failed := r.failed()
	if !surelyFits(payload, data) {
		if l := limitOf(payload, failed); l.weight(data) > l.room {
			if data, err = r.shortened(l).encode(); err != nil {
				return nil, err
			}
		}
	}
	if failed {
		return nil, &Failure{report: data}
	}
	return data, nil
}

// sumUp sets the summary of a report of several objects.
func (r *Report) sumUp() {
	if len(r.Objects) < 2 {
		return
	}
	r.Summary = map[string]map[copier.Result]int{}
	for i := range r.Objects {
		for _, c := range r.Objects[i].Copies {
			if r.Summary[c.Rule] == nil {
				r.Summary[c.Rule] = map[copier.Result]int{}
			}
			r.Summary[c.Rule][c.Result]++
		}
	}
}

// failed reports whether anything failed.
func (r *Report) failed() bool {
	for i := range r.Objects {
		if r.Objects[i].failed() {
			return true
		}
	}
	return r.Error != nil
}

// unwanted reports whether nothing was to be done about the object, which is worth a line at debug only.
func (o *ObjectReport) unwanted() bool {
	return len(o.Copies) == 0 && o.Error == nil && o.Ignored != ownState
}

// failed reports whether the object or one of its copies failed.
func (o *ObjectReport) failed() bool {
	for i := range o.Copies {
		if o.Copies[i].Outcome.Result == copier.Failed {
			return true
		}
	}
	return o.Error != nil
}
