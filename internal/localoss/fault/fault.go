// Package fault makes the local OSS misbehave on purpose, and slow: faults happen to the requests
// they select, and a [Model] decides how long the other requests take and when they are throttled.
// Both are used as the Intercept of [localoss.Config]. They are Go values, or read from a file
// ([Load]).
//
// Random numbers depend on a seed and on the request, never on the order in which goroutines run:
// the same requests meet the same faults, however many are under way at once.
package fault

import (
	"fmt"
	"slices"
	"time"

	"github.com/bmatcuk/doublestar/v4"

	"afterput/internal/localoss"
)

// Fault is one fault and the requests it happens to. If several faults select a request, the first
// of them happens.
type Fault struct {
	// Operations are OSS's names of operations, such as "UploadPartCopy"; none selects every
	// operation.
	Operations []string
	// Bucket and Key are globs in doublestar's syntax ("logs/**") for the bucket and key of the
	// request; "" selects all. For a copy these are the destination's.
	Bucket, Key string
	// Part is a part number; 0 selects all parts.
	Part int
	// Calls selects by count among the requests that all of the above select.
	Calls Calls
	// Probability selects at random among the remaining requests; 0 and 1 select all of them.
	Probability float64

	// Delay is a wait before the request takes effect, ReplyDelay one after it and before the reply.
	Delay, ReplyDelay time.Duration

	// Error is the reply, and the request takes no effect. With Status 200 it is an error document
	// with a success status.
	Error *localoss.Error
	// Drop cuts the connection instead of a reply, and the request takes no effect.
	Drop bool
	// Committed lets the request take effect before Error or Drop: only its reply is lost.
	Committed bool
	// Later lets the request take effect after Error or Drop, this long after the error was sent or
	// the connection cut. As for every request, the source version of a copy and its conditions are
	// decided before. [Injector] reports which requests are still to take effect. Closing the server
	// cancels them.
	Later time.Duration

	// Body changes the body of the reply.
	Body Body
	// WithoutETag removes the ETag from the reply's headers and XML.
	WithoutETag bool
	// Header replaces headers of the reply; an empty value removes one.
	Header map[string]string

	// Corrupt flips a bit of the stored byte at each of these offsets of the object or part. The
	// reply shows it only by the ETag and CRC-64, which are those of the stored bytes.
	Corrupt []int64
	// IgnoreRange makes UploadPartCopy copy its whole source, and GetObject send the whole object,
	// without Content-Range, as OSS does with a range it cannot parse.
	IgnoreRange bool
}

// Calls is a range of calls, counted from 1. First 0 is the first call, Last 0 is no end; the zero
// value is all calls.
type Calls struct{ First, Last int }

// Nth is call number n only.
func Nth(n int) Calls { return Calls{n, n} }

func (c Calls) include(n int) bool { return n >= c.First && (c.Last == 0 || n <= c.Last) }

// Body is what is wrong with the body of a reply.
type Body string

const (
	// Whole does not change the body.
	Whole Body = ""
	// Empty is no body, with length 0.
	Empty Body = "empty"
	// Malformed is the first half of the body: complete for HTTP, but not well-formed XML, and of the
	// content of an object only a half.
	Malformed Body = "malformed"
	// Truncated is the first half of the body; then the connection is cut.
	Truncated Body = "truncated"
	// Spoiled is the body with one bit flipped in its middle. The headers are those of the right body.
	Spoiled Body = "spoiled"
	// HTML is a web page such as a proxy or a login page sends. Only the status of the reply
	// remains; OSS's headers are gone. A HEAD has the headers of that page.
	HTML Body = "html"
	// Other is a well-formed XML document with another root element and none of the right content.
	Other Body = "other"
	// ErrorBody is an <Error> document; the status does not change.
	ErrorBody Body = "error"
	// Hollow is the right root element without content.
	Hollow Body = "hollow"
)

var bodies = []Body{Whole, Empty, Malformed, Truncated, Spoiled, HTML, Other, ErrorBody, Hollow}

// check returns what is invalid or contradictory in the fault, "" if nothing is.
func (f *Fault) check() string {
	for _, problem := range []string{f.checkSelection(), f.checkError(), f.checkEffect(), f.checkReply()} {
		if problem != "" {
			return problem
		}
	}
	if f.harmless() {
		return "the fault does nothing"
	}
	return ""
}

func (f *Fault) checkSelection() string {
	switch {
	case f.Probability < 0 || f.Probability > 1:
		return fmt.Sprintf("probability %v is not between 0 and 1", f.Probability)
	case f.Calls.First < 0 || f.Calls.Last < 0 || f.Calls.Last != 0 && f.Calls.Last < f.Calls.First:
		return fmt.Sprintf("calls %d to %d is not a range of calls counted from 1", f.Calls.First, f.Calls.Last)
	case f.Part < 0 || f.Part > 10_000:
		return fmt.Sprintf("part %d is not between 1 and 10000", f.Part)
	case !doublestar.ValidatePattern(f.Bucket):
		return fmt.Sprintf("bucket %q is not a valid glob", f.Bucket)
	case !doublestar.ValidatePattern(f.Key):
		return fmt.Sprintf("key %q is not a valid glob", f.Key)
	}
	return ""
}

func (f *Fault) checkError() string {
	switch {
	case f.Error == nil:
		return ""
	case f.Drop:
		return "a dropped reply cannot be an error too"
	case f.Error.Code == "":
		return "the error has no code"
	case f.Error.Status != 0 && (f.Error.Status < 200 || f.Error.Status > 599):
		return fmt.Sprintf("status %d is not between 200 and 599", f.Error.Status)
	case f.Body == ErrorBody:
		return "the reply is already an error; leave out its body"
	}
	return ""
}

// fails reports whether the client gets no success.
func (f *Fault) fails() bool { return f.Error != nil || f.Drop }

// checkEffect checks when the request takes effect, and what it stores.
func (f *Fault) checkEffect() string {
	switch {
	case f.Committed && !f.fails():
		return "committed needs an error or a drop"
	case f.Later > 0 && !f.fails():
		return "later needs an error or a drop"
	case f.Later > 0 && f.Committed:
		return "committed and later cannot be combined: a request takes effect once, before its reply or after it"
	case f.fails() && !f.Committed && f.Later == 0 && (len(f.Corrupt) > 0 || f.IgnoreRange):
		return "a request without effect stores nothing to corrupt; add committed or later"
	case f.Delay < 0 || f.ReplyDelay < 0 || f.Later < 0:
		return "a delay cannot be negative"
	}
	for _, offset := range f.Corrupt {
		if offset < 0 {
			return fmt.Sprintf("offset %d to corrupt is negative", offset)
		}
	}
	return ""
}

func (f *Fault) checkReply() string {
	switch {
	case f.Drop && (f.Body != Whole || f.WithoutETag || len(f.Header) > 0):
		return "a dropped reply has no body, ETag or headers to change"
	case !slices.Contains(bodies, f.Body):
		return fmt.Sprintf("body %q is not one of empty, malformed, truncated, spoiled, html, other, error, hollow",
			f.Body)
	}
	return ""
}

func (f *Fault) harmless() bool {
	return f.Delay == 0 && f.ReplyDelay == 0 && !f.fails() && f.Body == Whole &&
		!f.WithoutETag && len(f.Header) == 0 && len(f.Corrupt) == 0 && !f.IgnoreRange
}

// selects reports whether the fault selects a request, apart from Calls and Probability.
func (f *Fault) selects(op localoss.Operation) bool {
	if f.Part != 0 && f.Part != op.PartNumber {
		return false
	}
	if len(f.Operations) > 0 && !slices.Contains(f.Operations, op.Name) {
		return false
	}
	return matches(f.Bucket, op.Bucket) && matches(f.Key, op.Key)
}

func matches(glob, name string) bool {
	return glob == "" || doublestar.MatchUnvalidated(glob, name)
}
