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

// knock is how often is looked whether a process listens.
const knock = 5 * time.Millisecond

// custom speaks the HTTP protocol of custom runtimes with a process that
// listens on a port of this machine.
// Source: FC user guide, custom runtimes: event functions, lifecycle hooks.
type custom struct {
	config Config
	port   int
	client *http.Client
}

// newCustom chooses a free port. Nothing keeps another program from taking it
// before the function does, which then says so and ends.
func newCustom(c Config) (*custom, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("find a port for the function: %w", err)
	}
	port := listener.Addr().(*net.TCPAddr).Port
	if err := listener.Close(); err != nil {
		return nil, fmt.Errorf("find a port for the function: %w", err)
	}
	return &custom{
		config: c,
		port:   port,
		client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: c.Concurrency}},
	}, nil
}

func (c *custom) variable() string { return "FC_CUSTOM_LISTEN_PORT=" + strconv.Itoa(c.port) }

func (c *custom) addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(c.port)) }

func (c *custom) close() { c.client.CloseIdleConnections() }

func (c *custom) ready(ctx context.Context) error {
	again := time.NewTicker(knock)
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

// path is where a custom runtime takes what FC wants done.
func (k kind) path() (method, path string) {
	switch k {
	case initializer:
		return http.MethodPost, "/initialize"
	case preStop:
		return http.MethodGet, "/pre-stop"
	}
	return http.MethodPost, "/invoke"
}

// hand makes one request. How an event ended is told by x-fc-status, without
// which FC takes it for a success; how a hook ended, by the status.
func (c *custom) hand(ctx context.Context, a attempt) (answer, error) {
	method, path := a.kind.path()
	req, err := http.NewRequestWithContext(ctx, method, "http://"+c.addr()+path, bytes.NewReader(a.event.payload))
	if err != nil {
		return answer{}, err
	}
	c.config.setHeaders(req.Header, a)
	req.Header.Set("x-fc-control-path", path)
	for _, name := range []string{"x-fc-function-type", "x-fc-function-deadline"} {
		req.Header.Del(name) // the runtime API's alone
	}
	res, err := c.client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(http.MaxBytesReader(nil, res.Body, maxAnswer))
	if err != nil {
		return answer{}, fmt.Errorf("read the answer: %w", err)
	}
	status := res.Header.Get("x-fc-status")
	failed := status != "" && status != "200"
	if a.kind != invocation {
		failed = res.StatusCode/100 != 2
	}
	return answer{body: body, failed: failed}, nil
}
