package osscall

import (
	"context"
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
	// idle is after how long without a request connections are taken for dead: a
	// frozen instance neither keeps them alive nor notices that they are gone.
	idle = 5 * time.Second
	// A peer that vanished is found out after probeFirst and probes times probeEvery.
	probeFirst, probeEvery, probes = 15 * time.Second, 5 * time.Second, 3
)

// transport keeps enough connections for all parts in flight, and lets none be used
// that OSS has closed or that outlived a freeze: a copy sent into one of those would
// be lost, and a lost CopyObject must not simply be sent again.
type transport struct {
	http     *http.Transport
	lastUsed atomic.Int64 // wall clock in nanoseconds: the monotonic one may stand still in a freeze
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
			return &watchedConn{Conn: conn}, nil
		},
		TLSHandshakeTimeout: 5 * time.Second,
		MaxIdleConnsPerHost: 256,
		IdleConnTimeout:     idle,
	}}
}

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

// unsentError is the error of a request that had no connection to go out on.
type unsentError struct{ error }

func (e *unsentError) Unwrap() error { return e.error }

// closedIdle are the errors of net/http, which exports none of them, about a connection
// that was found closed before the request was put on it. (It sends a request again by
// itself that failed in other ways before a byte of it was written.)
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

// watchedConn is a connection on which no request is begun if the other side has closed it
// since the last answer. net/http then takes another one, since nothing was written.
type watchedConn struct {
	net.Conn
	answered atomic.Bool // it has carried an answer last, not a request
	ended    atomic.Bool // reading from it has failed
}

var errClosedByPeer = errors.New("the server has closed the connection")

func (c *watchedConn) Write(p []byte) (int, error) {
	if c.ended.Load() || c.answered.Swap(false) && closedByPeer(c.Conn) {
		return 0, errClosedByPeer
	}
	return c.Conn.Write(p)
}

func (c *watchedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 {
		c.answered.Store(true)
	}
	if err != nil {
		c.ended.Store(true)
	}
	return n, err
}
