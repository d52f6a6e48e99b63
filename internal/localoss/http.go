package localoss

import (
	"errors"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

// ServeHTTP serves OSS over HTTP.
func (s *Server) ServeHTTP(w http.ResponseWriter, hr *http.Request) {
	hr.Body = &timedBody{hr.Body, http.NewResponseController(w)}
	if hr.ContentLength != 0 && (hr.Method == http.MethodGet || hr.Method == http.MethodHead) {
		// A body that was announced may never come. It is not waited for, so the connection cannot be used again.
		hr.Body = http.NoBody
		w.Header().Set("Connection", "close")
	}
	resp := s.respond(hr)
	if resp == nil {
		panic(http.ErrAbortHandler) // net/http's way to cut a connection
	}
	// The body of a refused upload is read to its end, within limits: if the connection is closed
	// while the client sends, it may never see the reply.
	if resp.Code != "" && hr.Header.Get("Expect") == "" {
		_, _ = io.CopyN(io.Discard, hr.Body, maxDrained)
	}
	for name, values := range s.headers(resp) {
		w.Header()[sentName(name)] = values
	}
	w.WriteHeader(resp.Status)
	if resp.Body == nil || hr.Method == http.MethodHead {
		return
	}
	if resp.Chunked { // net/http would announce the length of a short body
		_ = http.NewResponseController(w).Flush()
	}
	n, err := io.Copy(w, resp.Body)
	if err != nil || n < resp.Length {
		// The part of the reply that exists is sent before the connection is cut.
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
}

// headers returns the headers of a reply together with those that every reply has.
func (s *Server) headers(resp *Response) http.Header {
	h := resp.Header
	h.Set("Server", "AliyunOSS")
	h.Set("Date", s.config.Now().UTC().Format(http.TimeFormat))
	if resp.Status != http.StatusNoContent && resp.Status != http.StatusNotModified && !resp.Chunked {
		h.Set("Content-Length", strconv.FormatInt(resp.Length, 10))
	}
	return h
}

// sentName returns a header's name in the case in which OSS sends it. The PHP SDK v2 finds a header only by that.
func sentName(name string) string {
	switch {
	case strings.HasPrefix(name, "X-Oss-"), strings.HasPrefix(name, "X-Amz-"):
		return strings.ToLower(name)
	case name == "Etag":
		return "ETag"
	case name == "Content-Md5":
		return "Content-MD5"
	}
	return name
}

// maxReadPause is how long a client may pause while it sends a body.
const maxReadPause = 30 * time.Second

// timedBody is a request body whose Read fails if the client pauses for too long. The whole body may
// take any time.
type timedBody struct {
	io.ReadCloser
	connection *http.ResponseController
}

func (p *timedBody) Read(b []byte) (int, error) {
	// Without support for deadlines the request comes from this process, and nobody pauses.
	_ = p.connection.SetReadDeadline(time.Now().Add(maxReadPause))
	return p.ReadCloser.Read(b)
}

// maxDrained is how many bytes of a refused upload are read.
const maxDrained = 16 << 20

// bodyError returns the reply to a request whose body could not be read or stored.
func bodyError(err error) *Error {
	switch {
	case errors.Is(err, errTooLarge):
		return &Error{Code: EntityTooLarge, Message: "Your proposed upload exceeds the maximum allowed size."}
	case errors.Is(err, errChunkSignature):
		return refuseWithEC(SignatureDoesNotMatch, "0002-00000430")
	case errors.Is(err, errStore):
		return refuse(InternalError, "")
	case errors.Is(err, os.ErrDeadlineExceeded):
		return refuse(RequestTimeout, "")
	default:
		return refuse(IncompleteBody, "")
	}
}
