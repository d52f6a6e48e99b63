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
	// KindUnsent: the request never reached OSS, which therefore did nothing.
	// Sending it again later may succeed.
	KindUnsent
	// KindThrottled: OSS refused the request because there are too many. It was not
	// carried out, unless [Error.Unproven] says that a front end answered instead.
	KindThrottled
	// KindLost: no answer that says what became of the request. It may not have
	// arrived, may have been carried out, or may still be running.
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
	KindImmutable    // 409 FileImmutable: a retention policy protects the destination
	// KindDamaged: what OSS holds of the copy is not what its source is. The
	// upload cannot be used, another may come out right.
	KindDamaged
	// KindPanic: code of ours, or a library, panicked.
	KindPanic
)

// Error is a request that did not succeed, in the words of the report.
type Error struct {
	Code      string `json:"code"`
	EC        string `json:"ec,omitempty"`
	RequestID string `json:"request_id,omitempty"`
	Message   string `json:"message"`
	// Permanent says that a retry fails the same way.
	Permanent bool `json:"permanent"`

	Kind  Kind          `json:"-"`
	Op    string        `json:"-"` // what was being done: "CopyObject", "part 7"
	Delay time.Duration `json:"-"` // how long OSS asks to wait, 0 when it does not say
	// Unproven says of a KindThrottled that the request may have been carried out all
	// the same: the answer holds no error document of OSS that is known to refuse.
	Unproven bool `json:"-"`
	cause    error
	stack    string
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

// lost is the error of a request that may have been carried out all the same.
func (e *Error) lost() *Error {
	unknown := *e
	unknown.Kind, unknown.Unproven = KindLost, false
	return &unknown
}

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
		if known.Op == "" {
			named := *known
			named.Op = op
			return &named
		}
		return known
	}
	e := &Error{Op: op, cause: err}
	var service *oss.ServiceError
	switch {
	case errors.As(err, &service):
		e.Code, e.EC, e.RequestID, e.Message = service.Code, service.EC, service.RequestID, service.Message
		e.Kind, e.Unproven = kindOf(service)
		e.Delay = delayOf(service.Headers)
		if mend := mendOf(op, service); mend != "" {
			e.Message += " (" + mend + ")"
		}
	case unsent(err): // before the next: net's time-out of connecting is a DeadlineExceeded too
		e.Kind, e.Code, e.Message = KindUnsent, "NoConnection", innermost(err).Error()
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		e.Kind, e.Code = KindStopped, "Stopped"
		e.Message = "the invocation ran out of time; the next attempt resumes the copy"
	default:
		e.Kind, e.Code, e.Message = KindLost, "NoAnswer", innermost(err).Error()
	}
	e.Permanent = e.Kind == KindPermanent || e.Kind == KindImmutable
	return e
}

// kindOf classifies what OSS answered, and says of KindThrottled whether that is
// unproven. Of a status of 500 and up only a refusal for load, in an error document
// of OSS's own, says that the request was not carried out: a front end that gives up
// waiting answers 502 or 504, and InternalError does not say how far OSS came.
// Source: OSS error codes, HTTP status codes 304 to 504.
func kindOf(e *oss.ServiceError) (kind Kind, unproven bool) {
	if kind, ok := kinds[e.Code]; ok {
		return kind, false
	}
	// HEAD has no body to say which error it is; of the others it could not be read. What
	// does not even name its request is not of OSS.
	unread, head := e.Code == unreadCode, strings.HasPrefix(e.RequestTarget, "HEAD ") && e.RequestID != ""
	switch status := e.StatusCode; {
	case status < 300:
		return KindLost, false // an error document under 200
	case status == http.StatusNotModified:
		return KindNotModified, false
	case refusesForLoad(e.Code):
		return KindThrottled, false
	case status == http.StatusTooManyRequests, status == http.StatusServiceUnavailable:
		return KindThrottled, true
	case status >= 500 && status != http.StatusNotImplemented, status == http.StatusRequestTimeout:
		return KindLost, false
	case unread && head && status == http.StatusNotFound:
		return KindNotFound, false
	case unread && !head:
		return KindLost, false
	}
	return KindPermanent, false
}

// unreadCode is the SDK's code for an answer without a readable error document.
const unreadCode = "BadErrorResponse"

// kinds are the error codes that say by themselves what they mean for a copy.
var kinds = map[string]Kind{
	"NoSuchKey":            KindNotFound,
	"NoSuchVersion":        KindNotFound,
	"NoSuchUpload":         KindNoSuchUpload,
	"InvalidPart":          KindInvalidPart,
	"PreconditionFailed":   KindPrecondition,
	"FileAlreadyExists":    KindExists,
	"FileImmutable":        KindImmutable,
	"EntityTooLarge":       KindTooLarge,
	"RequestTimeout":       KindLost,
	"RequestTimeTooSkewed": KindRenew,
	"SecurityTokenExpired": KindRenew,
	"InvalidSecurityToken": KindRenew,
	"InvalidAccessKeyId":   KindRenew,
	"ServiceUnavailable":   KindThrottled,
	"SlowDown":             KindThrottled,
	"TooManyRequests":      KindThrottled,
}

// refusesForLoad reports whether a code is one of OSS's that refuse a request for
// load: TotalQpsLimitExceeded, UploadTrafficRateLimitExceeded,
// ActiveRequestLimitExceeded, MetaOperationQpsLimitExceeded and the like.
func refusesForLoad(code string) bool { return strings.HasSuffix(code, "LimitExceeded") }

// delayOf reads how many milliseconds a throttled answer asks to wait.
func delayOf(h http.Header) time.Duration {
	ms, err := strconv.Atoi(h.Get("x-oss-qos-delay-time"))
	if err != nil || ms < 0 {
		return 0
	}
	return min(time.Duration(min(ms, 1e9))*time.Millisecond, longestDelay)
}

// longestDelay is the longest pause that an answer may ask for.
const longestDelay = 10 * time.Second

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
