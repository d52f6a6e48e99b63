package relay

import (
	"encoding/json"
	"fmt"

	"afterput/events"
	"afterput/internal/copier"
	"afterput/internal/osscall"
)

// Report is what the handler answers: one entry for every object of the
// payload, nothing silently dropped.
type Report struct {
	RequestID  string         `json:"request_id"`
	RetryCount int            `json:"retry_count,omitempty"`
	Rules      string         `json:"rules,omitempty"` // version of the rules in force, of those that may change
	Objects    []ObjectReport `json:"objects"`
	// Error is set when the payload, or some record of it, could not be read.
	Error *osscall.Error `json:"error,omitempty"`
	// Omitted counts what was left out to keep the report within its limit: by
	// outcome copies that did not fail, objects that were ignored or unwanted, and,
	// as objects, failed objects that are not named.
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
	Ignored  string       `json:"ignored,omitempty"`  // why no rule was asked
	Requests int          `json:"requests,omitempty"` // sent for all of its copies together
	Copies   []CopyReport `json:"copies,omitempty"`
	// Error is set when the object as a whole could not be dealt with.
	Error *osscall.Error `json:"error,omitempty"`
	// FailedByCode counts the object's failures that were left out of Copies and
	// Error to keep the report within its limit.
	FailedByCode map[string]int `json:"failed_by_code,omitempty"`

	earlier bool // logged by an earlier attempt, which made all of its copies
}

// ownState is why objects of the engine's own bookkeeping are ignored.
const ownState = "the copy engine's own state"

// CopyReport is what became of one copy.
type CopyReport struct {
	Rule        string `json:"rule"`
	Destination string `json:"destination"` // oss://bucket/key
	copier.Outcome
}

// Failure is a report with a failure in it. Its text is the report.
type Failure struct{ report []byte }

func (f *Failure) Error() string { return string(f.report) }

// ReadReport reads a report back from what the function answered: the report
// itself, or the runtime's error around it.
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

// sourceOf names an object as log and messages do.
func sourceOf(bucket, key string) string { return "oss://" + bucket + "/" + key }

func reportOf(o events.Object) ObjectReport {
	r := ObjectReport{Event: o.Event, Bucket: o.Bucket, Key: o.Key, Ignored: o.Ignored}
	if o.Size.Known {
		r.Size = &o.Size.Value
	}
	if o.ETag.Known {
		r.ETag = &o.ETag.Value
	}
	return r
}

// learnSize adds the size that an event left out and a copy found.
func (o *ObjectReport) learnSize(copies []CopyReport) {
	for i := range copies {
		if size := copies[i].Bytes; o.Size == nil && size > 0 {
			o.Size = &size
		}
	}
}

// answer is the report as the handler returns it: as an answer if all went
// well, as an error if not. It fits beside the payload into what a destination of
// Function Compute takes.
func (r *Report) answer(payload []byte) ([]byte, error) {
	data, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	failed := r.failed()
	if l := limitOf(payload, failed); len(data) > l.room || l.weight(data) > l.room {
		if data, err = json.Marshal(r.shortened(l)); err != nil {
			return nil, err
		}
	}
	if failed {
		return nil, &Failure{report: data}
	}
	return data, nil
}

func (r *Report) failed() bool {
	for i := range r.Objects {
		if r.Objects[i].failed() {
			return true
		}
	}
	return r.Error != nil
}

func (o *ObjectReport) failed() bool {
	for i := range o.Copies {
		if o.Copies[i].Outcome.Result == copier.Failed {
			return true
		}
	}
	return o.Error != nil
}
