package localoss

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
)

// Operation is what a request was understood to be, after it was routed and
// its signature verified and before anything is done.
type Operation struct {
	Name      string // OSS's name of the operation: "PutObject", "UploadPartCopy", …
	Bucket    string // "" for operations on the service
	Key       string // "" for operations on a bucket
	VersionID string // the versionId asked for, "" for the current version

	UploadID   string // of the multipart family
	PartNumber int    // 1 to 10,000, 0 when the operation has none

	Source *Source // what CopyObject and UploadPartCopy read, nil for all others

	// AccessKeyID is who signed the request, "" for an anonymous one.
	AccessKeyID string
	// Actions are the RAM actions the operation needs, each with its resource;
	// every one must be allowed.
	Actions []Action
	// SourceIP is the client's address.
	SourceIP string
}

// IsOperation reports whether the server serves an operation of that name.
func IsOperation(name string) bool {
	return slices.ContainsFunc(operations, func(o operation) bool { return o.name == name })
}

// Source names the object that a copy reads.
type Source struct{ Bucket, Key, VersionID string }

// Action is a RAM action and the resource it is about:
// "oss:PutObject" on "acs:oss:REGION:ACCOUNT:bucket/key".
type Action struct{ Name, Resource string }

// Authorize decides whether the operation may be done, with all its Actions.
// An error answers 403 AccessDenied; its text is for the log, a client never
// sees it. The server also asks with a single Action where OSS shows more to
// those who may see it (x-oss-tagging-count of HeadObject), and again for
// every object of DeleteMultipleObjects. It runs concurrently, and must not
// call the server.
type Authorize func(op Operation) error

// Allowing is the Authorize of an access key that may do what allows says, such
// as the policy of a RAM role. Other keys may do everything. The refusal names
// the first action that is not allowed.
func Allowing(accessKeyID string, allows func(action, resource string) bool) Authorize {
	return func(op Operation) error {
		if op.AccessKeyID != accessKeyID {
			return nil
		}
		for _, a := range op.Actions {
			if !allows(a.Name, a.Resource) {
				return &Error{Code: AccessDenied, Denied: a.Name}
			}
		}
		return nil
	}
}

// Call is one accepted request on its way to taking effect: its body was read
// and checked, the version that a copy reads was chosen and its conditions
// were met. What it changes changes when next is called.
type Call struct {
	Operation

	// RequestID is the x-oss-request-id of the reply.
	RequestID string
	// Method is the HTTP method.
	Method string
	// BytesIn is the length of the request's body as stored: what PutObject,
	// UploadPart and AppendObject send.
	BytesIn int64
	// BytesCopied is what the server moves inside, for CopyObject and
	// UploadPartCopy: the bytes of the source, or of its range.
	BytesCopied int64
	// Shallow says that a copy stays within its bucket and changes neither
	// storage class nor encryption, so that OSS need not move its bytes.
	Shallow bool
	// Failed is the error that next will answer with, because the request was
	// refused already when it was accepted (404, 412, …); "" when it was not.
	Failed ErrorCode

	corrupt     []int64
	ignoreRange bool

	holds atomic.Int32
	onEnd func() // what is to be done, once, when the request is no longer under way; nil for nothing
}

// Hold keeps the request under way after Intercept has returned, until release
// is called: what an Intercept needs that calls next later, from a goroutine of
// its own. Release may be called more than once.
func (c *Call) Hold() (release func()) {
	c.holds.Add(1)
	return sync.OnceFunc(func() {
		if c.holds.Add(-1) == 0 {
			c.ended()
		}
	})
}

// ended says that the request no longer is under way.
func (c *Call) ended() {
	if c.onEnd != nil {
		c.onEnd()
	}
}

// Corrupt makes one stored byte differ from what was sent or copied: the one
// at offset, counted from the start of the object or part that the call
// stores. The CRC-64 that OSS later answers is that of the stored bytes; the
// ETag and CRC-64 of this call's own reply are too. It must be called before
// next, and does nothing for operations that store no content.
func (c *Call) Corrupt(offset int64) { c.corrupt = append(c.corrupt, offset) }

// IgnoreRange makes UploadPartCopy copy its whole source and answer without
// Content-Range, as OSS does with a range that it does not understand. It must
// be called before next, and does nothing for other operations.
func (c *Call) IgnoreRange() { c.ignoreRange = true }

// Refuse gives the reply of an error. A code that the table of codes lacks
// needs a status and a message; status 200 makes an error body under success.
func (c *Call) Refuse(e *Error) *Response { return errorResponse(c.RequestID, c.Method, e) }

// Response is a reply before it is written.
type Response struct {
	Status int
	// Header is complete but for Date, Server, Connection and Content-Length.
	Header http.Header
	// Body is read once, while it is written; nil for none.
	Body io.Reader
	// Length is what Content-Length announces, and for HEAD what a GET would
	// send. Where Body gives fewer bytes, the connection is cut after them.
	Length int64
	// Code is the error code of a refusal, "" for success.
	Code ErrorCode
}

// SetBody makes b the whole body.
func (r *Response) SetBody(b []byte) {
	r.Body, r.Length = bytes.NewReader(b), int64(len(b))
}

// Truncate cuts the connection after n bytes of the body, while
// Content-Length still announces all of it.
func (r *Response) Truncate(n int64) {
	if r.Body != nil {
		r.Body = io.LimitReader(r.Body, n)
	}
}

// Intercept stands between a request's acceptance and its effect. It may
// delay (sleep before next: the effect comes late; after: the reply does),
// refuse (return [Call.Refuse] without calling next), drop the reply (return
// nil: the connection is cut without an answer, before the effect when next
// was not called, after it when it was), or alter the reply. It MUST call next
// at most once, and runs concurrently.
//
// It may also call next after it has returned, so that the request takes effect
// after its reply. It MUST then [Call.Hold] the call before it returns, and let
// go of it in the end, whether it called next or not; what next returns is not
// sent to anybody.
//
// The context ends when the server is closed, not when the client goes: what
// OSS has accepted goes on. In a synctest bubble the server must be made
// inside the bubble.
//
// For operations that read, next is also when the state is looked at; the
// content that GetObject will send is then in Response.Length.
type Intercept func(ctx context.Context, call *Call, next func() *Response) *Response

// Chain makes one Intercept of several: the first is the outermost.
func Chain(all ...Intercept) Intercept {
	return func(ctx context.Context, call *Call, next func() *Response) *Response {
		for i := len(all) - 1; i >= 0; i-- {
			inner, hook := next, all[i]
			if hook != nil {
				next = func() *Response { return hook(ctx, call, inner) }
			}
		}
		return next()
	}
}

// String is the operation as a log shows it: "UploadPartCopy b/k part 7".
func (o Operation) String() string {
	s := o.Name
	if o.Bucket != "" {
		s += " " + o.Bucket
	}
	if o.Key != "" {
		s += "/" + o.Key
	}
	if o.PartNumber > 0 {
		s += " part " + strconv.Itoa(o.PartNumber)
	}
	if o.Source != nil {
		s += fmt.Sprintf(" from %s/%s", o.Source.Bucket, o.Source.Key)
	}
	return s
}
