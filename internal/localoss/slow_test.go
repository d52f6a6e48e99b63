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

// pipes is a listener of connections in memory, whose deadlines follow virtual
// time.
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

func TestAClientThatPausesInABodyIsAnsweredAndLetGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, err := localoss.New(localoss.Config{})
		if err != nil {
			t.Fatal(err)
		}
		defer server.Close()
		listener := &pipes{accept: make(chan net.Conn)}
		front := &http.Server{Handler: server}
		served := make(chan error)
		go func() { served <- front.Serve(listener) }()

		here, there := net.Pipe()
		listener.accept <- there
		go func() {
			_, _ = io.WriteString(here, "PUT /bucket HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 10\r\n\r\nabc")
		}()
		began := time.Now()
		res, err := http.ReadResponse(bufio.NewReader(here), nil)
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
		if waited := time.Since(began); waited > time.Minute {
			t.Errorf("answered after %s", waited)
		}
		_ = here.Close()
		if err := front.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
		<-served
	})
}
