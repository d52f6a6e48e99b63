package localoss_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"afterput/internal/localoss"
)

// pipes is a listener of connections in memory. Their deadlines use the virtual time of synctest.
type pipes struct{ accept chan net.Conn }

func (p *pipes) Accept() (net.Conn, error) {
	conn, ok := <-p.accept
	if !ok {
		return nil, net.ErrClosed
	}
	return conn, nil
}
func (p *pipes) Close() error   { close(p.accept); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }

func TestClientThatPausesInABodyGetsAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, err := localoss.New(localoss.Config{})
		if err != nil {
			t.Fatal(err)
		}
		defer server.Close()
		listener := &pipes{accept: make(chan net.Conn)}
		web := &http.Server{Handler: server}
		served := make(chan error)
		go func() { served <- web.Serve(listener) }()

		client, conn := net.Pipe()
		listener.accept <- conn
		go func() {
			_, _ = io.WriteString(client, "PUT /bucket HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 10\r\n\r\nabc")
		}()
		start := time.Now()
		res, err := http.ReadResponse(bufio.NewReader(client), nil)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		if res.StatusCode/100 != 4 || !strings.Contains(string(body), "<Code>") {
			t.Errorf("status %d, body %s", res.StatusCode, body)
		}
		if waited := time.Since(start); waited > time.Minute {
			t.Errorf("answered after %s", waited)
		}
		_ = client.Close()
		if err := web.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
		<-served
	})
}
