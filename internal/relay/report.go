package relay

import (
	"encoding/json"
	"fmt"
	"strings"

	"afterput/events"
	"afterput/internal/copier"
)

// Report is what the handler answers: one entry for every object of the
// payload, nothing silently dropped.
type Report struct {
	RequestID  string         `json:"request_id"`
	RetryCount int            `json:"retry_count,omitempty"`
	Rules      string         `json:"rules,omitempty"` // version of the rules in force, of those that may change
	Objects    []ObjectReport `json:"objects"`
	// Error is set when the payload, or some record of it, could not be read.
	Error *copier.Error `json:"error,omitempty"`
	// Omitted counts, by outcome, the entries left out to keep the report within
	// its limit.
	Omitted map[string]int `json:"omitted,omitempty"`
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
	Error *copier.Error `json:"error,omitempty"`
}

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

// maxReport is the longest report in bytes: destinations of Function Compute
// hold 64 KB, request payload included.
const maxReport = 48 << 10

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

// answer is the report as the handler returns it: as an answer if all went
// well, as an error if not.
func (r *Report) answer() ([]byte, error) {
	data, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	if len(data) > maxReport {
		if data, err = json.Marshal(r.shortened()); err != nil {
			return nil, err
		}
	}
	if r.failed() {
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
		if o.Copies[i].Outcome.Outcome == copier.Failed {
			return true
		}
	}
	return o.Error != nil
}

// shortened is the report with its failures only, as many as fit, and the rest
// counted.
func (r *Report) shortened() *Report {
	const room = maxReport - 1<<10 // for what encloses the objects
	short := &Report{RequestID: r.RequestID, Rules: r.Rules, RetryCount: r.RetryCount, Error: shortenedError(r.Error), Omitted: map[string]int{}, Objects: []ObjectReport{}}
	used := jsonSize(short.Error)
	for _, o := range r.Objects {
		kept := o
		kept.Copies = nil
		kept.Error = shortenedError(o.Error)
		if o.Ignored != "" {
			short.Omitted["ignored"]++
			continue
		}
		var good []CopyReport
		for _, c := range o.Copies {
			if c.Outcome.Outcome == copier.Failed {
				c.Error = shortenedError(c.Error)
				kept.Copies = append(kept.Copies, c)
			} else {
				good = append(good, c)
			}
		}
		if !kept.failed() {
			count(short.Omitted, o.Copies)
			continue
		}
		size := jsonSize(kept)
		if used+size > room {
			count(short.Omitted, o.Copies)
			if o.Error != nil {
				short.Omitted[string(copier.Failed)]++
			}
			continue
		}
		used += size
		count(short.Omitted, good)
		short.Objects = append(short.Objects, kept)
	}
	return short
}

func count(omitted map[string]int, copies []CopyReport) {
	for _, c := range copies {
		omitted[string(c.Outcome.Outcome)]++
	}
}

// shortenedError bounds a message: a payload of many bad records joins many.
func shortenedError(e *copier.Error) *copier.Error {
	const most = 4 << 10
	if e == nil || len(e.Message) <= most {
		return e
	}
	short := *e
	short.Message = strings.ToValidUTF8(e.Message[:most], "") + "…"
	return &short
}

func jsonSize(v any) int {
	data, err := json.Marshal(v)
	if err != nil {
		return maxReport // never kept
	}
	return len(data)
}
