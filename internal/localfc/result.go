package localfc

import (
	"encoding/json"
	"fmt"
	"time"
)

// Result is the outcome of one attempt at an event.
type Result struct {
	RequestID string
	Attempt   int  // counted from 1; the function sees Attempt-1 as its retry count
	Final     bool // no further attempt follows

	Payload  []byte
	Response []byte // what the function answered, an error's JSON included

	// Error is nil when the function succeeded.
	Error *FunctionError
	// TimedOut: killed at the time-out.
	TimedOut bool
	// Died: the process ended by itself, or could not be started.
	Died bool

	// Started and Ended span the attempt as it is billed: from the event's
	// handing over to the answer or the process's end.
	Started, Ended time.Time
}

func (r *Result) answered(a answer) {
	r.Response = a.body
	if a.failed {
		r.Error = reported(a.body)
	}
}

// FunctionError is a failed attempt, as the function reported it or as FC
// words a process that did not answer.
type FunctionError struct {
	Message    string          `json:"errorMessage"`
	Type       string          `json:"errorType,omitempty"`
	StackTrace json.RawMessage `json:"stackTrace,omitempty"`
}

func (e *FunctionError) Error() string {
	if e.Type == "" {
		return e.Message
	}
	return e.Type + ": " + e.Message
}

// reported reads the error a function posted. What is not FC's JSON is kept
// whole as the message.
func reported(body []byte) *FunctionError {
	e := new(FunctionError)
	if json.Unmarshal(body, e) != nil || e.Message == "" && e.Type == "" {
		return &FunctionError{Message: string(body)}
	}
	return e
}

// json is the error as it travels.
func (e *FunctionError) json() []byte {
	text, err := json.Marshal(e)
	if err != nil { // only a StackTrace that is no JSON, and those come from JSON
		panic(fmt.Sprintf("encode function error: %v", err))
	}
	return text
}

// Failure is an event given up after its last retry, in the shape in which FC
// delivers it to an on-failure destination.
type Failure struct {
	Timestamp       int64           `json:"timestamp"` // epoch, milliseconds
	RequestContext  RequestContext  `json:"requestContext"`
	RequestPayload  string          `json:"requestPayload"`
	ResponseContext ResponseContext `json:"responseContext"`
	ResponsePayload string          `json:"responsePayload"`

	// Refused says why a destination would not take this, "" if it would.
	Refused string `json:"-"`
}

// maxMessage is what SMQ and EventBridge take from FC in one message.
const maxMessage = 64 << 10

// RequestContext says which event of which function failed.
type RequestContext struct {
	RequestID              string `json:"requestId"`
	FunctionARN            string `json:"functionArn"`
	Condition              string `json:"condition"`
	ApproximateInvokeCount int    `json:"approximateInvokeCount"`
}

// ResponseContext says how it failed.
type ResponseContext struct {
	StatusCode    int    `json:"statusCode"`
	FunctionError string `json:"functionError"`
}

// How FC names the two kinds of function error: one the function reported, and
// one of a process that ended or was killed.
const (
	handledError   = "HandledInvocationError"
	unhandledError = "UnhandledInvocationError"
)

func (c Config) failure(r Result) Failure {
	kind := handledError
	if r.TimedOut || r.Died {
		kind = unhandledError
	}
	f := Failure{
		Timestamp: r.Ended.UnixMilli(),
		RequestContext: RequestContext{
			RequestID:              r.RequestID,
			FunctionARN:            c.arn(),
			Condition:              kind,
			ApproximateInvokeCount: r.Attempt,
		},
		RequestPayload:  string(r.Payload),
		ResponseContext: ResponseContext{StatusCode: 200, FunctionError: kind},
		ResponsePayload: string(r.Response),
	}
	message, err := json.Marshal(f)
	switch {
	case err != nil: // texts and numbers, all of them
		panic(fmt.Sprintf("encode a failure: %v", err))
	case len(message) > maxMessage:
		f.Refused = fmt.Sprintf("the message has %d bytes, a destination takes %d", len(message), maxMessage)
	}
	return f
}
