package localfc

import (
	"encoding/json"
	"fmt"
	"time"
)

// Result is the outcome of one attempt.
type Result struct {
	RequestID string
	Attempt   int  // counted from 1; the function sees Attempt-1 as its retry count
	Final     bool // no further attempt follows

	Payload  []byte
	Response []byte // what the function sent, also the JSON of an error

	// Error is nil when the function succeeded.
	Error *FunctionError
	// TimedOut: the process was killed at the timeout.
	TimedOut bool
	// Died: the process ended by itself, or could not be started.
	Died bool
	// Stopped: the event's task was stopped.
	Stopped bool

	// Started and Ended are the attempt's billed time: from giving the event to the process until
	// the response or the end of the process.
	Started, Ended time.Time
}

func (r *Result) setResponse(resp response) {
	r.Response = resp.body
	if resp.failed {
		r.Error = parseFunctionError(resp.body)
	}
}

// FunctionError is the error of a failed attempt: the function's own, or FC's if the process sent no
// response.
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

// parseFunctionError reads the error that a function sent. If it is not FC's JSON, all of it becomes
// the message.
func parseFunctionError(body []byte) *FunctionError {
	e := new(FunctionError)
	if json.Unmarshal(body, e) != nil || e.Message == "" && e.Type == "" {
		return &FunctionError{Message: string(body)}
	}
	return e
}

// json returns the error as FC sends it.
func (e *FunctionError) json() []byte {
	text, err := json.Marshal(e)
	if err != nil { // impossible: StackTrace was decoded from JSON
		panic(fmt.Sprintf("encode function error: %v", err))
	}
	return text
}

// Failure is an event that was given up after its last retry, as FC delivers it to an on-failure
// destination.
type Failure struct {
	Timestamp       int64           `json:"timestamp"` // epoch, milliseconds
	RequestContext  RequestContext  `json:"requestContext"`
	RequestPayload  string          `json:"requestPayload"`
	ResponseContext ResponseContext `json:"responseContext"`
	ResponsePayload string          `json:"responsePayload"`

	// Refused is why a destination would refuse the message, "" if it would not.
	Refused string `json:"-"`
}

// maxMessage is the maximum size of a message from FC to SMQ or EventBridge.
const maxMessage = 64 << 10

// RequestContext identifies the failed event and its function.
type RequestContext struct {
	RequestID              string `json:"requestId"`
	FunctionARN            string `json:"functionArn"`
	Condition              string `json:"condition"`
	ApproximateInvokeCount int    `json:"approximateInvokeCount"`
}

// ResponseContext says how the event failed.
type ResponseContext struct {
	StatusCode    int    `json:"statusCode"`
	FunctionError string `json:"functionError"`
}

// The two kinds of function errors on FC: reported by the function, or of a process that ended or
// was killed.
const (
	handledError   = "HandledInvocationError"
	unhandledError = "UnhandledInvocationError"
)

// eventAgeExceeded is the condition of an event that has waited too long. FC's own name for it is not documented.
const eventAgeExceeded = "EventAgeExceeded"

// errorKind is which of them an attempt that failed is.
func (r *Result) errorKind() string {
	if r.TimedOut || r.Died {
		return unhandledError
	}
	return handledError
}

func (c Config) newFailure(r Result) Failure {
	kind := r.errorKind()
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
	case err != nil: // impossible: it has only strings and numbers
		panic(fmt.Sprintf("encode a failure: %v", err))
	case len(message) > maxMessage:
		f.Refused = fmt.Sprintf("the message has %d bytes; a destination takes at most %d", len(message), maxMessage)
	}
	return f
}
