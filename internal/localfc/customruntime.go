package localfc

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"
)

// dialInterval is the wait between two attempts to connect to a starting process.
const dialInterval = 5 * time.Millisecond

// customRuntime is the protocol of custom runtimes: HTTP requests to a process that listens on a
// port of this machine.
//
// Source: FC user guide, custom runtimes: event functions, lifecycle hooks.
type customRuntime struct {
	config Config
	port   int
	client *http.Client
}

// newCustomRuntime chooses a free port. Another program may take the port before the function does;
// then the function reports it and ends.
func newCustomRuntime(c Config) (*customRuntime, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("find a port for the function: %w", err)
	}
	port := listener.Addr().(*net.TCPAddr).Port
	if err := listener.Close(); err != nil {
		return nil, fmt.Errorf("find a port for the function: %w", err)
	}
	return &customRuntime{
		config: c,
		port:   port,
		client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: c.Concurrency}},
	}, nil
}

func (c *customRuntime) envVar() string { return "FC_CUSTOM_LISTEN_PORT=" + strconv.Itoa(c.port) }

func (c *customRuntime) addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(c.port)) }

func (c *customRuntime) close() { c.client.CloseIdleConnections() }

func (c *customRuntime) ready(ctx context.Context) error {
	again := time.NewTicker(dialInterval)
	defer again.Stop()
	for {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", c.addr())
		if err == nil {
			return conn.Close()
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-again.C:
		}
	}
}

// path is the method and path of the request by which FC calls a custom runtime.
func (k callKind) path() (method, path string) {
	switch k {
	case initializer:
		return http.MethodPost, "/initialize"
	case preStop:
		return http.MethodGet, "/pre-stop"
	}
	return http.MethodPost, "/invoke"
}

// do sends one request. For an event the header x-fc-status says whether it failed; without the
// header FC takes it for a success. For a hook the HTTP status says so.
func (c *customRuntime) do(ctx context.Context, a attempt) (response, error) {
	method, path := a.kind.path()
	req, err := http.NewRequestWithContext(ctx, method, "http://"+c.addr()+path, bytes.NewReader(a.event.payload))
	if err != nil {
		return response{}, err
	}
	c.config.setHeaders(req.Header, a)
	req.Header.Set("x-fc-control-path", path)
	for _, name := range []string{"x-fc-function-type", "x-fc-function-deadline"} {
		req.Header.Del(name) // only the runtime API has them
	}
	res, err := c.client.Do(req)
	if err != nil {
		return response{}, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(http.MaxBytesReader(nil, res.Body, maxResponse))
	if err != nil {
		return response{}, fmt.Errorf("read the response: %w", err)
	}
	status := res.Header.Get("x-fc-status")
	failed := status != "" && status != "200"
	if a.kind != invocation {
		failed = res.StatusCode/100 != 2
	}
	return response{body: body, failed: failed}, nil
}
