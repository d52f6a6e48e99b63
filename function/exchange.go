package main

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"afterput/internal/osscall"
)

// exchange carries the requests that the runtime SDK sends to Function Compute, for the next event and with the answer
// to one, and passes those to other hosts on. The goroutine that sends a request also reads the response; net/http has
// two more for each connection, so that a request can be cancelled or have a time-out. The SDK cancels none and sets no
// time-out, and those goroutines take a twelfth of the CPU of a small copy.
type exchange struct {
	host   string // of Function Compute, with its port
	others http.RoundTripper

	mu   sync.Mutex
	idle []*connection // the one that was used last is the last
}

// connection is one to Function Compute.
type connection struct {
	net.Conn
	r *bufio.Reader
	w *bufio.Writer
}

// dialTimeout is that of net/http's default.
const dialTimeout = 30 * time.Second

// RoundTrip sends the request. One without a body whose connection had carried others is sent again if that fails, as
// net/http does: Function Compute may have closed the connection just then.
func (e *exchange) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Host != e.host {
		return e.others.RoundTrip(req)
	}
	for {
		c, used, err := e.take()
		if err != nil {
			if req.Body != nil {
				_ = req.Body.Close()
			}
			return nil, err
		}
		resp, err := c.roundTrip(req)
		if err == nil {
			e.keepAfter(resp, c)
			return resp, nil
		}
		_ = c.Close()
		if !used || req.Body != nil {
			return nil, err
		}
	}
}

// keepAfter keeps a connection for other requests once the body of its response is closed.
func (e *exchange) keepAfter(resp *http.Response, c *connection) {
	resp.Body = &answerBody{resp.Body, func(read error) {
		if read != nil || resp.Close || c.r.Buffered() > 0 {
			_ = c.Close()
			return
		}
		e.mu.Lock()
		defer e.mu.Unlock()
		e.idle = append(e.idle, c)
	}}
}

// take gives a connection that has no request: one that Function Compute has not closed, as it may while the instance
// is frozen, or a new one. used reports whether it had requests before.
func (e *exchange) take() (c *connection, used bool, err error) {
	for {
		e.mu.Lock()
		if len(e.idle) == 0 {
			e.mu.Unlock()
			break
		}
		c = e.idle[len(e.idle)-1]
		e.idle = e.idle[:len(e.idle)-1]
		e.mu.Unlock()
		if !osscall.ClosedByPeer(c.Conn) {
			return c, true, nil
		}
		_ = c.Close()
	}
	conn, err := net.DialTimeout("tcp", e.host, dialTimeout)
	if err != nil {
		return nil, false, err
	}
	return &connection{conn, bufio.NewReader(conn), bufio.NewWriter(conn)}, false, nil
}

func (c *connection) roundTrip(req *http.Request) (*http.Response, error) {
	if err := req.Write(c.w); err != nil { // which closes the request's body
		return nil, err
	}
	if err := c.w.Flush(); err != nil {
		return nil, err
	}
	return http.ReadResponse(c.r, req)
}

// answerBody is the body of a response. Closing it reads the rest of it and calls closed, once.
type answerBody struct {
	io.ReadCloser
	closed func(read error)
}

func (b *answerBody) Close() error {
	err := b.ReadCloser.Close()
	if b.closed != nil {
		b.closed(err)
		b.closed = nil
	}
	return err
}
