package osscall

import (
	"context"
	"errors"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
)

// Classify says what an error means. It is the only place that does: who retries, what is
// permanent and what is not a failure at all follow from [Error.Kind]. op names what was being
// done, unless err knows that already.
func Classify(op string, err error) *Error { return Call{Op: op}.classify(err) }

// classify is Classify for an error of an attempt at c. An error that is classified already is returned as it is, and
// may be one that other goroutines have too, such as that of the session that they all wait for.
func (c Call) classify(err error) *Error {
	var known *Error
	if errors.As(err, &known) {
		if known.Op == "" {
			named := *known
			named.Op = c.Op
			return &named
		}
		return known
	}
	e := &Error{Op: c.Op, cause: err}
	var answer *oss.ServiceError
	switch {
	case errors.As(err, &answer):
		e.Code, e.EC, e.RequestID, e.Message = answer.Code, answer.EC, answer.RequestID, answer.Message
		e.Kind, e.Unproven = kindOf(answer)
		if c.As != "" && slices.Contains(sessionOver, e.Code) {
			e.Kind = KindUnsent // the next request has another session
		}
		e.Delay = delayOf(answer.Headers)
		if advice := c.adviceFor(answer); advice != "" {
			e.Message += " (" + advice + ")"
		}
	case unsent(err): // before the next case: a time-out of net's dialler is a DeadlineExceeded too
		e.Kind, e.Code, e.Message = KindUnsent, "NoConnection", whyUnsent(err)
		if c.Region != "" {
			e.Message += " (the endpoint of " + c.Region + " is reached over the internet: set internetAccess: true " +
				"in s.yaml, or AFTERPUT_ENDPOINTS to one that the function's network reaches)"
		}
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		e.Kind, e.Code = KindStopped, "Stopped"
		e.Message = "the invocation ran out of time; the next attempt resumes the copy"
	default:
		e.Kind, e.Code, e.Message = KindLost, "NoAnswer", innermost(err).Error()
	}
	e.Permanent = e.Kind == KindPermanent || e.Kind == KindImmutable
	return e
}

// kindOf classifies an error that OSS answered. unproven says of KindThrottled that the request
// may have been carried out all the same. With a status of 500 or more, only a refusal for load
// in an error document of OSS's own proves that it was not: a front end that stops waiting
// answers 502 or 504, and InternalError does not say how far OSS came.
// Source: OSS error codes, HTTP status codes 304 to 504.
func kindOf(e *oss.ServiceError) (kind Kind, unproven bool) {
	if kind, ok := kinds[e.Code]; ok {
		return kind, false
	}
	// A response to HEAD has no body that names the error; the body of the others could not be
	// read. A response without a request id did not come from OSS.
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

// unreadCode is the SDK's code for an error response without a readable error document.
const unreadCode = "BadErrorResponse"

// kinds classifies the error codes whose meaning does not depend on the status.
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

// refusesForLoad reports whether OSS refuses requests for load with an error code:
// TotalQpsLimitExceeded, UploadTrafficRateLimitExceeded,
// ActiveRequestLimitExceeded, MetaOperationQpsLimitExceeded and the like.
func refusesForLoad(code string) bool { return strings.HasSuffix(code, "LimitExceeded") }

// delayOf reads how long a refusal for load asks to wait: x-oss-qos-delay-time, in ms.
func delayOf(h http.Header) time.Duration {
	ms, err := strconv.Atoi(h.Get("x-oss-qos-delay-time"))
	if err != nil || ms < 0 {
		return 0
	}
	return min(time.Duration(min(ms, 1e9))*time.Millisecond, longestDelay)
}

// longestDelay is the longest pause that a refusal may ask for.
const longestDelay = 10 * time.Second

// whyUnsent says why no request was sent.
func whyUnsent(err error) string {
	if host := (*net.DNSError)(nil); errors.As(err, &host) && host.IsNotFound {
		return "there is no host " + host.Name + ": check the region, the endpoint, and the network's name server"
	}
	if dial := (*net.OpError)(nil); errors.As(err, &dial) && dial.Addr != nil {
		return dial.Addr.String() + ": " + innermost(err).Error()
	}
	return innermost(err).Error()
}

// innermost is the cause at the bottom of an error: the SDK's wrappers around it repeat the
// request's URL, which is long and says nothing new.
func innermost(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}
