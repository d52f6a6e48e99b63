package main

import (
	"encoding/json"
	"errors"
	"sync"
	"time"

	"afterput/internal/localfc"
	"afterput/rules"
)

// localJSON prints for programs: one JSON document a line.
type localJSON struct {
	console
	mu sync.Mutex
}

// localLine is a line of afterput local --json. One of its fields is set, besides the time.
type localLine struct {
	Time      time.Time     `json:"time"`
	Listening *localWelcome `json:"listening,omitempty"`
	Attempt   *attemptLine  `json:"attempt,omitempty"`
	Rules     *rulesLine    `json:"rules,omitempty"`
	NoSource  *uploadLine   `json:"no_source,omitempty"`
	Ended     *endLine      `json:"ended,omitempty"`
}

// attemptLine is the outcome of one attempt.
type attemptLine struct {
	RequestID string  `json:"request_id"`
	Attempt   int     `json:"attempt"` // counted from 1
	Seconds   float64 `json:"seconds"`
	// Next says what becomes of the event: "done", "retried", "given up", or "stopped".
	Next   string          `json:"next"`
	Event  json.RawMessage `json:"event"`            // what the function was given
	Report json.RawMessage `json:"report,omitempty"` // what it returned, of a sweep too
	Error  string          `json:"error,omitempty"`  // why there is no report
}

// rulesLine says that a changed rules file is in force, or why it is not.
type rulesLine struct {
	File     string    `json:"file"`
	InForce  bool      `json:"in_force"`
	Error    string    `json:"error,omitempty"`
	Problems []problem `json:"problems,omitempty"`
}

// uploadLine is an upload to a bucket that is not one of the sources.
type uploadLine struct {
	Bucket  string   `json:"bucket"`
	Key     string   `json:"key"`
	Sources []string `json:"sources"`
}

// endLine is the last line.
type endLine struct {
	CutOff []cutCopy `json:"cut_off"`
}

func (l *localJSON) listening(w localWelcome) { l.print(localLine{Listening: &w}) }

func (l *localJSON) attempt(r localfc.Result) {
	line := attemptLine{RequestID: r.RequestID, Attempt: r.Attempt, Seconds: r.Ended.Sub(r.Started).Seconds(),
		Next: nextOf(r), Event: document(r.Payload)}
	text := string(r.Response)
	if r.Error != nil {
		text = r.Error.Message
	}
	if json.Valid([]byte(text)) {
		line.Report = json.RawMessage(text)
	} else {
		line.Error = text
	}
	l.print(localLine{Attempt: &line})
}

func nextOf(r localfc.Result) string {
	switch {
	case r.Error == nil:
		return "done"
	case r.Stopped:
		return "stopped"
	case r.Final:
		return "given up"
	}
	return "retried"
}

// document is a text as JSON: itself if it is JSON, else as a string.
func document(text []byte) json.RawMessage {
	if json.Valid(text) {
		return text
	}
	quoted, _ := json.Marshal(string(text)) // a string can always be encoded
	return quoted
}

func (l *localJSON) changed(file string, err error) {
	line := rulesLine{File: file, InForce: err == nil}
	var wrong rules.Problems
	switch {
	case errors.As(err, &wrong):
		line.Problems = problemsOf(wrong)
	case err != nil:
		line.Error = err.Error()
		line.InForce = errors.Is(err, errUnchanged)
	}
	l.print(localLine{Rules: &line})
}

func (l *localJSON) elsewhere(bucket, key string, sources []string) {
	l.print(localLine{NoSource: &uploadLine{bucket, key, sources}})
}

func (l *localJSON) ended(cut []cutCopy) {
	l.print(localLine{Ended: &endLine{append([]cutCopy{}, cut...)}})
}

func (l *localJSON) close() {}

func (l *localJSON) print(line localLine) {
	l.mu.Lock()
	defer l.mu.Unlock()
	line.Time = time.Now()
	_ = l.printLine(line) // whoever reads has gone: the cloud serves on
}
