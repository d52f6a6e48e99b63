package osscall

import (
	"errors"
	"fmt"
	"time"
)

// Kind is what an error means for the work in which it happened.
type Kind int

const (
	// KindPermanent: the same request will fail the same way.
	KindPermanent Kind = iota
	// KindUnsent: nothing was done, because the request never reached OSS, or because OSS
	// refused it for a moment. Sending it again may succeed.
	KindUnsent
	// KindThrottled: OSS refused the request because there are too many. It was not carried
	// out, unless [Error.Unproven] says that it may have been.
	KindThrottled
	// KindLost: no response says what became of the request. It may not have arrived, may
	// have been carried out, or may still be running.
	KindLost
	// KindStopped: the context ended, because the invocation ran out of time or was cancelled.
	KindStopped
	// KindRenew: the credentials of the invocation or the clock are out of date; the next invocation has others.
	KindRenew
	// KindSuperseded: the source was overwritten or deleted since its event.
	KindSuperseded
	KindPrecondition // code PreconditionFailed, with which OSS answers 412
	KindNotModified  // 304
	KindExists       // 409 FileAlreadyExists
	KindTooLarge     // 400 EntityTooLarge
	KindNoSuchUpload // 404 NoSuchUpload
	KindInvalidPart  // 400 InvalidPart: a part changed after it was listed
	KindNotFound     // 404 of an object
	KindImmutable    // 409 FileImmutable: a retention policy protects the destination
	// KindDamaged: what OSS has stored of the copy differs from its source. The upload is
	// unusable; a new one may succeed.
	KindDamaged
	// KindPanic: afterput or one of its libraries panicked.
	KindPanic
)

// Error is a request that did not succeed, in the words of the report. Once returned it is not changed: goroutines that
// wait for the same request share it.
type Error struct {
	Code      string `json:"code"`
	EC        string `json:"ec,omitempty"`
	RequestID string `json:"request_id,omitempty"`
	Message   string `json:"message"`
	// Permanent says that a retry fails the same way.
	Permanent bool `json:"permanent"`

	Kind  Kind          `json:"-"`
	Op    string        `json:"-"` // what was being done: "CopyObject", "part 7"
	Delay time.Duration `json:"-"` // how long OSS asks to wait, 0 if it does not say
	// Unproven says of a KindThrottled that the request may have been carried out all the
	// same: the response has no error document in which OSS refuses it.
	Unproven bool `json:"-"`
	cause    error
	stack    string
}

// Error is the operation, the code, the message and the request id in one line.
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

// Because returns e with the error that it follows from.
func (e *Error) Because(cause error) *Error {
	e.cause = cause
	return e
}

// Unwrap is the error that was classified, or that it follows from; nil if there is none.
func (e *Error) Unwrap() error { return e.cause }

// lost is the error as one of a request that may have been carried out all the same.
func (e *Error) lost() *Error {
	unknown := *e
	unknown.Kind, unknown.Unproven = KindLost, false
	return &unknown
}

// Is reports whether err is an [Error] of a kind.
func Is(err error, kind Kind) bool {
	var e *Error
	return errors.As(err, &e) && e.Kind == kind
}

// NewError returns an error of afterput's own.
func NewError(kind Kind, op, code, format string, args ...any) *Error {
	return &Error{
		Kind: kind, Op: op, Code: code, Message: fmt.Sprintf(format, args...), Permanent: kind == KindPermanent}
}

// HasCode reports whether err is an [Error] with a code, OSS's or afterput's own.
func HasCode(err error, code string) bool {
	var e *Error
	return errors.As(err, &e) && e.Code == code
}
