// Package fault makes the local OSS misbehave on purpose, and take its time:
// faults strike the requests they name, and a [Model] says how long the others
// take and when they are throttled. Both stand where [localoss.Config] has its
// Intercept, and come from Go values or from a file ([Load]).
//
// Everything drawn is drawn from a seed and from what a request is, never from
// the order in which requests happen to be scheduled: the same requests meet
// the same faults, however many run at once.
package fault

import (
	"fmt"
	"slices"
	"time"

	"github.com/bmatcuk/doublestar/v4"

	"afterput/internal/localoss"
)

// Fault is one thing that goes wrong, and the requests it happens to. A
// request that several faults select meets the first of them.
type Fault struct {
	// Operations are OSS's names, such as "UploadPartCopy"; none selects every
	// operation.
	Operations []string
	// Bucket and Key are globs in doublestar's syntax ("logs/**"), of the
	// bucket and key in the request line; "" selects every one.
	Bucket, Key string
	// Part is a part number; 0 selects every part.
	Part int
	// Calls selects by count, among the requests that all of the above select.
	Calls Calls
	// Probability selects at random from what is left; 0 and 1 select all of it.
	Probability float64

	// Delay comes before the request takes effect, ReplyDelay after it and
	// before the reply.
	Delay, ReplyDelay time.Duration

	// Error is the reply instead of the right one, and the request takes no
	// effect. With Status 200 it is an error's body under success.
	Error *localoss.Error
	// Drop cuts the connection instead of a reply, and the request takes no
	// effect.
	Drop bool
	// Committed lets the request take effect before Error or Drop: its reply
	// alone is lost.
	Committed bool
	// Later lets the request take effect after Error or Drop, this long after
	// the answer was given or the connection cut: the answer says nothing about
	// the work. What is accepted is decided before, as for every request: the
	// version that a copy reads, and whether its conditions are met. [Injector]
	// tells what is still to take effect. A server that closes ends it without.
	Later time.Duration

	// Body spoils the body of the reply.
	Body Body
	// WithoutETag takes the ETag out of the reply's headers and XML.
	WithoutETag bool
	// Header replaces headers of the reply; an empty value takes one out.
	Header map[string]string

	// Corrupt stores a wrong byte at each of these offsets of the object or
	// part; the reply shows nothing but the ETag and CRC-64 of what is stored.
	Corrupt []int64
	// IgnoreRange makes UploadPartCopy copy its whole source, without
	// Content-Range, as OSS does with a range it cannot read.
	IgnoreRange bool
}

// Calls is a span of calls, counted from 1. A First of 0 is 1, a Last of 0 is
// without end; the zero value is every call.
type Calls struct{ First, Last int }

// Nth is the one call number n.
func Nth(n int) Calls { return Calls{n, n} }

func (c Calls) has(n int) bool { return n >= c.First && (c.Last == 0 || n <= c.Last) }

// Body is a way for the body of a reply to be wrong.
type Body string

const (
	// Whole leaves the body alone.
	Whole Body = ""
	// Empty is a reply without a body, its length 0.
	Empty Body = "empty"
	// Malformed is the first half of the body, complete as HTTP but broken as XML.
	Malformed Body = "malformed"
	// Truncated is the first half of the body, then the connection is cut.
	Truncated Body = "truncated"
	// HTML is a web page, as a proxy or a login page answers: nothing of the
	// reply is left but its status, none of OSS's headers either. A HEAD has the
	// headers of that page.
	HTML Body = "html"
	// Other is a well-formed XML document with another root element, without
	// anything of the right one.
	Other Body = "other"
	// ErrorBody is an <Error> document in place of the body; the status stays.
	ErrorBody Body = "error"
	// Hollow is the right root element without anything in it.
	Hollow Body = "hollow"
)

var bodies = []Body{Whole, Empty, Malformed, Truncated, HTML, Other, ErrorBody, Hollow}

// check says what is contradictory in the fault, "" when nothing is.
func (f *Fault) check() string {
	switch {
	case f.Probability < 0 || f.Probability > 1:
		return fmt.Sprintf("probability %v is not between 0 and 1", f.Probability)
	case f.Calls.First < 0 || f.Calls.Last < 0 || f.Calls.Last != 0 && f.Calls.Last < f.Calls.First:
		return fmt.Sprintf("calls %d to %d is no span of calls counted from 1", f.Calls.First, f.Calls.Last)
	case f.Part < 0 || f.Part > 10_000:
		return fmt.Sprintf("part %d is not between 1 and 10000", f.Part)
	case !doublestar.ValidatePattern(f.Bucket):
		return fmt.Sprintf("bucket %q is not a glob", f.Bucket)
	case !doublestar.ValidatePattern(f.Key):
		return fmt.Sprintf("key %q is not a glob", f.Key)
	case f.Error != nil && f.Drop:
		return "a dropped reply cannot be an error too"
	case f.Error != nil && f.Error.Code == "":
		return "the error has no code"
	case f.Error != nil && f.Error.Status != 0 && (f.Error.Status < 200 || f.Error.Status > 599):
		return fmt.Sprintf("status %d is not between 200 and 599", f.Error.Status)
	case f.Committed && f.Error == nil && !f.Drop:
		return "committed says what precedes an error or a drop; this fault has neither"
	case f.Later > 0 && f.Error == nil && !f.Drop:
		return "later says what follows an error or a drop; this fault has neither"
	case f.Later > 0 && f.Committed:
		return "a request takes effect once: before the answer (committed) or after it (later)"
	case (f.Error != nil || f.Drop) && !f.Committed && f.Later == 0 && (len(f.Corrupt) > 0 || f.IgnoreRange):
		return "what is never stored cannot be stored wrongly; add committed or later"
	case f.Drop && (f.Body != Whole || f.WithoutETag || len(f.Header) > 0):
		return "a dropped reply has no body, ETag or headers to change"
	case f.Error != nil && f.Body == ErrorBody:
		return "the reply is an error already; leave out its body"
	case f.Delay < 0 || f.ReplyDelay < 0 || f.Later < 0:
		return "a delay cannot be negative"
	case !slices.Contains(bodies, f.Body):
		return fmt.Sprintf("body %q is none of empty, malformed, truncated, html, other, error, hollow", f.Body)
	}
	for _, offset := range f.Corrupt {
		if offset < 0 {
			return fmt.Sprintf("offset %d to corrupt is negative", offset)
		}
	}
	if f.harmless() {
		return "the fault does nothing"
	}
	return ""
}

func (f *Fault) harmless() bool {
	return f.Delay == 0 && f.ReplyDelay == 0 && f.Error == nil && !f.Drop && f.Body == Whole &&
		!f.WithoutETag && len(f.Header) == 0 && len(f.Corrupt) == 0 && !f.IgnoreRange
}

// selects reports whether the fault is about such a request, before counting.
func (f *Fault) selects(op localoss.Operation) bool {
	if f.Part != 0 && f.Part != op.PartNumber {
		return false
	}
	if !named(f.Operations, op.Name) {
		return false
	}
	return fits(f.Bucket, op.Bucket) && fits(f.Key, op.Key)
}

func named(names []string, name string) bool {
	for _, n := range names {
		if n == name {
			return true
		}
	}
	return len(names) == 0
}

func fits(glob, name string) bool {
	return glob == "" || doublestar.MatchUnvalidated(glob, name)
}
