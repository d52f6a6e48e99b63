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
	"time"

	"afterput/internal/localoss/ram"
)

// Operation is what a request asks for, known once it is routed and authenticated.
type Operation struct {
	Name      string // OSS's name of the operation: "PutObject", "UploadPartCopy", …
	Bucket    string // "" for operations on the service
	Key       string // "" for operations on a bucket
	VersionID string // the parameter versionId, "" for the current version

	UploadID   string // of a multipart upload; "" when the operation has none
	PartNumber int    // 1 to 10,000, 0 when the operation has none

	Source *Source // what CopyObject and UploadPartCopy read, nil for all others

	// AccessKeyID is the access key that signed the request, "" for an anonymous one.
	AccessKeyID string
	// Actions are the RAM actions that the operation needs, each with its resource. All of them must
	// be allowed.
	Actions []Action
	// SourceIP is the client's address.
	SourceIP string
}

// IsOperation reports whether the server has an operation of that name.
func IsOperation(name string) bool {
	return slices.ContainsFunc(operations, func(o operation) bool { return o.name == name })
}

// Source is the object that a copy reads.
type Source struct{ Bucket, Key, VersionID string }

// Action is a RAM action and its resource: "oss:PutObject" on "acs:oss:REGION:ACCOUNT:bucket/key".
type Action struct{ Name, Resource string }

// Request is a request with its outcome.
type Request struct {
	Operation        // as far as it was known when the request ended
	Method    string // of HTTP
	Status    int    // 0 if the connection was cut
	Code      ErrorCode
	Began     time.Time
	Took      time.Duration // until its reply begins
}

// Authorize decides whether the operation is allowed, with all its Actions. An [*Error] is the
// reply; any other error is answered with 403 AccessDenied, and the client does not see its text.
// The server also calls it with a single Action where a permission only adds to the reply
// (x-oss-tagging-count of HeadObject), and for every object of DeleteMultipleObjects. It is called
// concurrently, and must not call the server.
type Authorize func(op Operation) error

// Allowing returns an Authorize for one access key, by a function that says what it may do. Other
// keys may do everything. The error names the first action that is not allowed.
func Allowing(accessKeyID string, allows func(action, resource string) bool) Authorize {
	return deciding(accessKeyID, func(action, resource string) ram.Decision {
		if allows(action, resource) {
			return ram.Allow
		}
		return ram.ImplicitDeny
	})
}

// Enforcing is Allowing by a RAM policy. No bucket policy can allow what it denies.
func Enforcing(accessKeyID string, policy *ram.Policy) Authorize {
	return deciding(accessKeyID, policy.Decide)
}

func deciding(accessKeyID string, decide func(action, resource string) ram.Decision) Authorize {
	return func(op Operation) error {
		if op.AccessKeyID != accessKeyID {
			return nil
		}
		for _, a := range op.Actions {
			if d := decide(a.Name, a.Resource); d != ram.Allow {
				return &Error{Code: AccessDenied, Denied: a.Name, DeniedExplicitly: d == ram.ExplicitDeny}
			}
		}
		return nil
	}
}

// Call is one accepted request: its body was read and checked, and for a copy the source version was
// found and the conditions were met. The request takes effect when next is called.
type Call struct {
	Operation

	// RequestID is the x-oss-request-id of the reply.
	RequestID string
	// Method is the HTTP method.
	Method string
	// BytesIn is the length of the stored request body of PutObject, UploadPart and AppendObject.
	BytesIn int64
	// BytesCopied is how many bytes CopyObject or UploadPartCopy copies: the source, or its range.
	BytesCopied int64
	// Shallow reports whether a copy stays within its bucket and changes neither storage class nor
	// encryption, so that OSS need not move bytes.
	Shallow bool
	// Failed is the error that next will return because the request was already refused (404, 412,
	// …), "" if it was not.
	Failed ErrorCode

	corrupt     []int64
	ignoreRange bool

	holds atomic.Int32
	onEnd func() // called when the request is no longer under way; may be nil
}

// Hold keeps the request under way after Intercept has returned, until release is called. An
// Intercept needs it to call next later, in a goroutine of its own. Release may be called more than
// once.
func (c *Call) Hold() (release func()) {
	c.holds.Add(1)
	return sync.OnceFunc(func() {
		if c.holds.Add(-1) == 0 {
			c.end()
		}
	})
}

// end is called when the request is no longer under way.
func (c *Call) end() {
	if c.onEnd != nil {
		c.onEnd()
	}
}

// Corrupt flips a bit in the stored byte at offset, counted from the start of the object or part
// that the call stores. The ETag and CRC-64 of the reply, and the CRC-64 in later replies, are those
// of the stored bytes. It must be called before next, and does nothing for operations that store no
// content.
func (c *Call) Corrupt(offset int64) { c.corrupt = append(c.corrupt, offset) }

// IgnoreRange makes UploadPartCopy copy its whole source, and GetObject send the whole object, without
// Content-Range, as OSS does with a range it cannot parse. It must be called before next, and does
// nothing for other operations.
func (c *Call) IgnoreRange() { c.ignoreRange = true }

// Refuse returns an error as the reply. A code that the server does not know needs a status and a
// message. Status 200 makes an error document with a success status.
func (c *Call) Refuse(e *Error) *Response { return errorResponse(c.RequestID, c.Method, e) }

// Response is a reply before it is written.
type Response struct {
	Status int
	// Header has all headers but Date, Server, Connection and Content-Length.
	Header http.Header
	// Body is read once, while it is sent; nil for none.
	Body io.Reader
	// Length is the Content-Length, which for HEAD is that of a GET. If Body has fewer bytes, the
	// connection is cut after them.
	Length int64
	// Chunked is whether the reply is sent without Content-Length.
	Chunked bool
	// Code is the error code, "" for success.
	Code ErrorCode
}

// SetBody sets the whole body and its length.
func (r *Response) SetBody(b []byte) {
	r.Body, r.Length = bytes.NewReader(b), int64(len(b))
}

// Truncate cuts the connection after n bytes of the body. Content-Length keeps the full length.
func (r *Response) Truncate(n int64) {
	if r.Body != nil {
		r.Body = io.LimitReader(r.Body, n)
	}
}

// Intercept is called for each accepted request, and calls next to let it take effect. It may delay
// the request (sleep before next) or its reply (sleep after next), refuse it (return [Call.Refuse]
// without calling next), drop the reply (return nil: the connection is cut), or change the reply. It
// MUST call next at most once. It is called concurrently.
//
// It may also call next after it has returned, so that the request takes effect after its reply. It
// MUST then [Call.Hold] the call before it returns, and release it in the end, whether it called
// next or not. Nobody receives what next returns then.
//
// The context ends when the server is closed, not when the client disconnects: OSS carries out what
// it has accepted. In a synctest bubble the server must be made inside the bubble.
//
// Operations that only read also read the state when next is called. The size of the content that
// GetObject will send is then in Response.Length.
type Intercept func(ctx context.Context, call *Call, next func() *Response) *Response

// Chain combines several Intercepts into one; the first is the outermost.
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

// String returns the operation as a log shows it: "UploadPartCopy b/k part 7".
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
