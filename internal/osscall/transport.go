package osscall

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/http/httptrace"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

const (
	// idle is how long without a request connections are still used: a frozen instance neither
	// keeps them alive nor notices that they were closed.
	idle = 5 * time.Second
	// A peer that vanished is noticed after probeFirst and probes times probeEvery.
	probeFirst, probeEvery, probes = 15 * time.Second, 5 * time.Second, 3
)

// transport keeps enough connections for all parts in flight, and never uses one that OSS has
// closed or that is older than a freeze of the instance: a request sent on such a connection is
// lost, and a lost CopyObject must not simply be sent again.
type transport struct {
	http     *http.Transport
	lastUsed atomic.Int64 // wall clock in nanoseconds: the monotonic clock may stop in a freeze
}

func newTransport() *transport {
	dialer := &net.Dialer{
		Timeout:         5 * time.Second,
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: probeFirst, Interval: probeEvery, Count: probes},
	}
	return &transport{http: &http.Transport{
		Proxy: http.ProxyFromEnvironment,
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := dialer.DialContext(ctx, network, addr)
			if err != nil {
				return nil, err
			}
			return &checkedConn{Conn: conn}, nil
		},
		// After a freeze a session is resumed, which takes half of a handshake's CPU: more than a small copy takes.
		TLSClientConfig:     &tls.Config{ClientSessionCache: tls.NewLRUClientSessionCache(0)},
		TLSHandshakeTimeout: 5 * time.Second,
		MaxIdleConnsPerHost: 256,
		IdleConnTimeout:     idle,
	}}
}

// RoundTrip sends the request. An error of one that had no connection is an unsentError.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	now := time.Now().UnixNano()
	if last := t.lastUsed.Swap(now); last != 0 && now-last > int64(idle) {
		t.http.CloseIdleConnections()
	}
	var connected atomic.Bool
	ctx := httptrace.WithClientTrace(req.Context(), &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { connected.Store(true) },
	})
	resp, err := t.http.RoundTrip(withoutEmptyBody(req.WithContext(ctx)))
	if err != nil && !connected.Load() {
		err = &unsentError{err}
	}
	return resp, err
}

// unsentError is the error of a request for which there was no connection.
type unsentError struct{ error }

func (e *unsentError) Unwrap() error { return e.error }

// closedIdle are texts of net/http's unexported errors about a connection that was found closed
// before the request was written to it. (If a request fails in other ways before its first byte
// is written, net/http itself sends it again.)
var closedIdle = []string{"server closed idle connection", "readLoopPeekFailLocked"}

// unsent reports whether err proves that nothing of the request reached OSS.
func unsent(err error) bool {
	var none *unsentError
	var dial *net.OpError
	if errors.As(err, &none) || errors.As(err, &dial) && dial.Op == "dial" {
		return true
	}
	says := innermost(err).Error()
	return slices.ContainsFunc(closedIdle, func(s string) bool { return strings.Contains(says, s) })
}

// checkedConn is a connection that is checked before a request is written to it: if the server
// has closed it since the last response, Write fails, and net/http takes another connection,
// since nothing was written.
type checkedConn struct {
	net.Conn
	answered atomic.Bool // what it carried last is a response, not a request
	ended    atomic.Bool // reading from it has failed
}

var errClosedByPeer = errors.New("the server has closed the connection")

// Write fails without writing if the server has closed the connection.
func (c *checkedConn) Write(p []byte) (int, error) {
	if c.ended.Load() || c.answered.Swap(false) && ClosedByPeer(c.Conn) {
		return 0, errClosedByPeer
	}
	return c.Conn.Write(p)
}

// Read notes responses and failures for Write.
func (c *checkedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 {
		c.answered.Store(true)
	}
	if err != nil {
		c.ended.Store(true)
	}
	return n, err
}
