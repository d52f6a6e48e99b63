package osscall

import (
	"errors"
	"fmt"
	"time"
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

// NewError is an error of afterput's own, in place of or beside OSS's.
func NewError(kind Kind, op, code, format string, args ...any) *Error {
	return &Error{Kind: kind, Op: op, Code: code, Message: fmt.Sprintf(format, args...), Permanent: kind == KindPermanent}
}

// HasCode reports whether err is an [Error] with OSS's error code, or one of ours.
func HasCode(err error, code string) bool {
	var e *Error
	return errors.As(err, &e) && e.Code == code
}
