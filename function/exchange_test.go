package main

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
)

// api is what Function Compute is for an exchange.
type api struct {
	*httptest.Server
	client http.Client

	mu   sync.Mutex
	from []string // the connection of each request
}

func newAPI(t *testing.T, handle http.HandlerFunc) *api {
	a := &api{}
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		a.mu.Lock()
		a.from = append(a.from, req.RemoteAddr)
		a.mu.Unlock()
		handle(w, req)
	}))
	t.Cleanup(a.Close)
	a.client.Transport = &exchange{host: a.Listener.Addr().String(), others: nowhere{}}
	return a
}

// post sends a request with a body that the server answers with, and gives the answer.
func (a *api) post(t *testing.T, body string) string {
	t.Helper()
	resp, err := a.client.Post(a.URL+"/2020-11-11/runtime/invocation/1/response", "application/json",
		strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(resp.Body)
	if err := errors.Join(err, resp.Body.Close(), resp.Body.Close()); err != nil {
		t.Fatal(err)
	}
	return string(answer)
}

func (a *api) connections() int {
	slices.Sort(a.from)
	return len(slices.Compact(a.from))
}

func echo(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	_, _ = w.Write(body)
}

// nowhere answers no request.
type nowhere struct{}

var errRefused = errors.New("refused")

func (nowhere) RoundTrip(*http.Request) (*http.Response, error) { return nil, errRefused }

func TestRequestsToFunctionComputeShareAConnection(t *testing.T) {
	a := newAPI(t, echo)
	for _, body := range []string{"{}", strings.Repeat("large ", 1<<20), ""} {
		if got := a.post(t, body); got != body {
			t.Errorf("%d bytes of %d", len(got), len(body))
		}
	}
	if n := a.connections(); n != 1 {
		t.Errorf("%d connections", n)
	}
}

func TestARequestIsAnsweredWhileAnotherWaits(t *testing.T) {
	answered := make(chan struct{})
	a := newAPI(t, func(w http.ResponseWriter, req *http.Request) {
		if req.Method == http.MethodGet { // for the next event
			<-answered
		}
		echo(w, req)
	})
	var next sync.WaitGroup
	next.Go(func() {
		resp, err := a.client.Get(a.URL + "/2020-11-11/runtime/invocation/next")
		if err != nil {
			t.Error(err)
			return
		}
		_ = resp.Body.Close()
	})
	a.post(t, "{}")
	close(answered)
	next.Wait()
	a.post(t, "{}")
	if n := a.connections(); n > 2 {
		t.Errorf("%d connections", n)
	}
}

func TestAConnectionThatFunctionComputeHasClosedIsNotUsed(t *testing.T) {
	a := newAPI(t, echo)
	a.post(t, "1")
	a.CloseClientConnections() // as while the instance is frozen
	a.post(t, "2")
	if n := a.connections(); n != 2 {
		t.Errorf("%d connections", n)
	}
}

func TestARequestForTheNextEventIsSentAgainIfItsConnectionIsClosedMeanwhile(t *testing.T) {
	closing := false
	a := newAPI(t, func(w http.ResponseWriter, req *http.Request) {
		if closing && req.Method == http.MethodGet {
			closing = false
			panic(http.ErrAbortHandler) // closes the connection
		}
		echo(w, req)
	})
	a.post(t, "{}")
	closing = true
	resp, err := a.client.Get(a.URL + "/2020-11-11/runtime/invocation/next")
	if err != nil {
		t.Fatal(err)
	}
	if _ = resp.Body.Close(); closing || a.connections() != 2 {
		t.Errorf("%d connections", a.connections())
	}
}

func TestAConnectionThatFunctionComputeClosesIsNotKept(t *testing.T) {
	for name, handle := range map[string]http.HandlerFunc{
		"it says so": func(w http.ResponseWriter, req *http.Request) {
			w.Header().Set("Connection", "close")
			echo(w, req)
		},
		"the body breaks off": func(w http.ResponseWriter, req *http.Request) {
			w.Header().Set("Content-Length", "5")
			echo(w, req)
		},
	} {
		a := newAPI(t, handle)
		for range 2 {
			resp, err := a.client.Get(a.URL)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			_ = resp.Body.Close()
		}
		if idle := a.client.Transport.(*exchange).idle; len(idle) > 0 || a.connections() != 2 {
			t.Errorf("%s: %d connections, %d idle", name, a.connections(), len(idle))
		}
	}
}

func TestRequestsToOtherHostsArePassedOn(t *testing.T) {
	a := newAPI(t, echo)
	if _, err := a.client.Get("http://127.0.0.1:1/"); !errors.Is(err, errRefused) {
		t.Errorf("the error is %v", err)
	}
}

func TestWithoutFunctionComputeARequestFails(t *testing.T) {
	a := newAPI(t, echo)
	a.Close()
	var refused *net.OpError
	if _, err := a.client.Post(a.URL, "application/json", strings.NewReader("{}")); !errors.As(err, &refused) {
		t.Errorf("the error is %v", err)
	}
}
