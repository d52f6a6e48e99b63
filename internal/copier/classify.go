package copier

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
)

// Kind is what an error means for the copy it happened to.
type Kind int

const (
	// KindPermanent: the same request will fail the same way.
	KindPermanent Kind = iota
	// KindBusy: OSS answered that it could not just now; sending it again later
	// may succeed, and this request was not carried out.
	KindBusy
	// KindThrottled: as KindBusy, because there are too many requests.
	KindThrottled
	// KindLost: no usable answer. The request may not have arrived, may have been
	// carried out, or may still be running.
	KindLost
	// KindStopped: the invocation's time is up, or it was cancelled.
	KindStopped
	// KindRenew: the credentials or the clock are out of date; another
	// invocation has others.
	KindRenew
	// KindSuperseded: the source is another version by now, or gone.
	KindSuperseded
	KindPrecondition // 412
	KindNotModified  // 304
	KindExists       // 409 FileAlreadyExists
	KindTooLarge     // 400 EntityTooLarge
	KindNoSuchUpload // 404 NoSuchUpload
	KindInvalidPart  // 400 InvalidPart: a part changed after it was listed
	KindNotFound     // 404 of an object
	// KindDamaged: what OSS holds of the copy is not what its source is. The
	// upload cannot be used, another may come out right.
	KindDamaged
)

// Error is a request that did not succeed, in the words of the report.
type Error struct {
	Code      string `json:"code"`
	EC        string `json:"ec,omitempty"`
	RequestID string `json:"request_id,omitempty"`
	Message   string `json:"message"`
	// Permanent says that a retry cannot mend it.
	Permanent bool `json:"permanent"`

	Kind  Kind          `json:"-"`
	Op    string        `json:"-"` // what was being done: "CopyObject", "part 7"
	Delay time.Duration `json:"-"` // how long OSS asks to wait, 0 when it does not say
	cause error
}

func (e *Error) Error() string {
	s := e.Op + ": "
	if e.Code != "" {
		s += e.Code + ": "
	}
	s += e.Message
	if e.RequestID != "" {
		s += " (request " + e.RequestID + ")"
	}
	return s
}

func (e *Error) Unwrap() error { return e.cause }

// Is reports whether err means kind.
func Is(err error, kind Kind) bool {
	var e *Error
	return errors.As(err, &e) && e.Kind == kind
}

// refusal is an error of our own making.
func refusal(kind Kind, op, code, format string, args ...any) *Error {
	return &Error{Kind: kind, Op: op, Code: code, Message: fmt.Sprintf(format, args...), Permanent: kind == KindPermanent}
}

// Classify says what an error means. It is the only place that does: who
// retries, what is permanent and what is no failure at all follow from Kind.
func Classify(op string, err error) *Error {
	var known *Error
	if errors.As(err, &known) {
		return known
	}
	e := &Error{Op: op, cause: err}
	var service *oss.ServiceError
	switch {
	case errors.As(err, &service):
		e.Code, e.EC, e.RequestID, e.Message = service.Code, service.EC, service.RequestID, service.Message
		e.Kind = kindOf(service)
		e.Delay = delayOf(service.Headers)
		if mend := mendOf(op, service); mend != "" {
			e.Message += " (" + mend + ")"
		}
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		e.Kind, e.Code, e.Message = KindStopped, "Stopped", "the invocation's time was up; the next try goes on"
	default:
		e.Kind, e.Code, e.Message = KindLost, "NoAnswer", innermost(err).Error()
	}
	e.Permanent = e.Kind == KindPermanent
	return e
}

// kindOf classifies what OSS answered.
// Source: OSS error codes, HTTP status codes 304 to 503.
func kindOf(e *oss.ServiceError) Kind {
	switch e.Code {
	case "NoSuchKey", "NoSuchVersion":
		return KindNotFound
	case "NoSuchUpload":
		return KindNoSuchUpload
	case "InvalidPart":
		return KindInvalidPart
	case "FileAlreadyExists":
		return KindExists
	case "EntityTooLarge":
		return KindTooLarge
	case "RequestTimeout":
		return KindLost
	case "RequestTimeTooSkewed", "SecurityTokenExpired", "InvalidSecurityToken", "InvalidAccessKeyId":
		return KindRenew
	}
	// HEAD has no body to say which error it is; of the others it could not be read.
	unread, head := e.Code == "BadErrorResponse", strings.HasPrefix(e.RequestTarget, "HEAD ")
	switch status := e.StatusCode; {
	case status < 300:
		return KindLost // an error document under 200
	case status == http.StatusNotModified:
		return KindNotModified
	case status == http.StatusPreconditionFailed:
		return KindPrecondition
	case status == http.StatusTooManyRequests, status == http.StatusServiceUnavailable:
		return KindThrottled
	case status >= 500 && status != http.StatusNotImplemented:
		return KindBusy
	case status == http.StatusRequestTimeout:
		return KindLost
	case unread && head && status == http.StatusNotFound:
		return KindNotFound
	case unread && !head:
		return KindLost
	}
	return KindPermanent
}

// delayOf reads how many milliseconds a throttled answer asks to wait.
func delayOf(h http.Header) time.Duration {
	ms, err := strconv.Atoi(h.Get("x-oss-qos-delay-time"))
	if err != nil || ms < 0 {
		return 0
	}
	return time.Duration(ms) * time.Millisecond
}

// innermost unwraps an error to what went wrong at the bottom: the SDK's
// wrappers repeat the request's URL, which is long and says nothing new.
func innermost(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}
