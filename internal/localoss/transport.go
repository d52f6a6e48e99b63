package localoss

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
)

// Transport returns a RoundTripper that passes requests to the server in this process, without a
// socket. It works in a synctest bubble. It sends requests for any host name to this server: an
// http.Client with it reaches nothing else.
//
// Without an Intercept it starts no goroutine. With an Intercept, a request whose context ends
// returns at once, and the server carries out what it had accepted.
func (s *Server) Transport() http.RoundTripper { return transport{s} }

type transport struct{ s *Server }

var errCut = errors.New("the server closed the connection without a reply")

func (t transport) RoundTrip(out *http.Request) (*http.Response, error) {
	ctx := out.Context()
	if err := ctx.Err(); err != nil {
		if out.Body != nil {
			out.Body.Close()
		}
		return nil, err
	}
	body := &detached{body: out.Body}
	defer body.detach(context.Canceled)
	in := incoming(out, body)
	if t.s.config.Intercept == nil {
		return t.response(out, t.s.respond(in), body)
	}
	done := make(chan *Response, 1)
	go func() { done <- t.s.respond(in) }()
	select {
	case resp := <-done:
		return t.response(out, resp, body)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// incoming converts a client's request into one as a server receives it.
func incoming(out *http.Request, body io.ReadCloser) *http.Request {
	in := out.WithContext(context.WithoutCancel(out.Context()))
	u := *out.URL
	in.URL = &u
	in.RequestURI = u.RequestURI()
	if in.Host == "" {
		in.Host = u.Host
	}
	in.RemoteAddr = "127.0.0.1:0"
	in.Body = body
	if out.Body == nil || out.Body == http.NoBody {
		in.ContentLength = 0
	} else if out.ContentLength <= 0 {
		in.ContentLength = -1
		in.TransferEncoding = []string{"chunked"}
	}
	in.Header = out.Header.Clone()
	if in.Header == nil {
		in.Header = http.Header{}
	}
	if in.ContentLength >= 0 {
		in.Header.Set("Content-Length", strconv.FormatInt(in.ContentLength, 10))
	}
	return in
}

func (t transport) response(out *http.Request, resp *Response, body *detached) (*http.Response, error) {
	if resp == nil {
		return nil, errCut
	}
	if resp.Code == "" && out.ContentLength > 0 && body.hasMore() {
		return nil, fmt.Errorf("the body is longer than the announced %d bytes", out.ContentLength)
	}
	r := &http.Response{
		Status:     strconv.Itoa(resp.Status) + " " + http.StatusText(resp.Status),
		StatusCode: resp.Status,
		Proto:      "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: t.s.headers(resp), Request: out, Body: http.NoBody, ContentLength: resp.Length,
	}
	if resp.Body != nil && out.Method != http.MethodHead {
		r.Body = &replyBody{resp.Body, resp.Length}
	}
	return r, nil
}

// replyBody ends with an error if it has fewer bytes than announced, as a cut connection does.
type replyBody struct {
	r    io.Reader
	left int64
}

func (b *replyBody) Read(p []byte) (int, error) {
	if b.left == 0 {
		return 0, io.EOF
	}
	n, err := b.r.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	if errors.Is(err, io.EOF) && b.left > 0 {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

func (b *replyBody) Close() error { return nil }

// detached is a client's body that the server cannot read any more once the client has its reply or
// has given up: the client may use it again then.
type detached struct {
	mu   sync.Mutex
	body io.ReadCloser
	err  error
}

func (d *detached) Read(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.err != nil {
		return 0, d.err
	}
	if d.body == nil {
		return 0, io.EOF
	}
	return d.body.Read(p)
}

func (d *detached) Close() error { return nil }

// hasMore reports whether the server has left some of the body unread.
func (d *detached) hasMore() bool {
	n, _ := fill(d, make([]byte, 1))
	return n > 0
}

func (d *detached) detach(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.err = err
	if d.body != nil {
		d.body.Close()
	}
}
