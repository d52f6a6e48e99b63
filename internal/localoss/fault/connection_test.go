package fault

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"sync"
	"testing"
	"time"

	"afterput/internal/localoss"
)

// publicBucket serves a bucket that anybody may read, with the objects k and dead, over a socket.
// states gets the state changes of its connections.
func publicBucket(t *testing.T, faults ...Fault) (url string, web *httptest.Server, states chan http.ConnState) {
	t.Helper()
	server, err := localoss.New(localoss.Config{Intercept: New(1, faults...).Intercept})
	if err != nil {
		t.Fatal(err)
	}
	if err := server.CreateBucket("src", localoss.WithBucketACL("public-read")); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"k", "dead"} {
		if err := server.PutSparse("src", key, 5); err != nil {
			t.Fatal(err)
		}
	}
	web, states = httptest.NewUnstartedServer(server), make(chan http.ConnState, 100)
	web.Config.ConnState = func(_ net.Conn, state http.ConnState) { states <- state }
	web.Start()
	t.Cleanup(func() {
		server.Close() // ends the requests that are never answered: the web server waits for them
		web.Close()
	})
	return web.URL + "/src", web, states
}

// get reads the object and reports whether its connection was used before.
func get(ctx context.Context, client *http.Client, url string) (reused bool, err error) {
	trace := &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) { reused = info.Reused }}
	request, err := http.NewRequestWithContext(httptrace.WithClientTrace(ctx, trace), http.MethodGet, url, nil)
	if err != nil {
		return false, err
	}
	response, err := client.Do(request)
	if err != nil {
		return reused, err
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	return reused, err
}

// TestAConnectionGoesDead shows how to make one: by a delay without end and a drop after it. The
// request is accepted and never answered, its connection stays open, and all others are served.
// Calls says how many connections: {1, 12} the first twelve.
func TestAConnectionGoesDead(t *testing.T) {
	const dead = 3
	url, _, _ := publicBucket(t, Fault{
		Operations: []string{"GetObject"}, Key: "dead", Calls: Calls{1, dead}, Delay: 1000 * time.Hour, Drop: true,
	})
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	ctx, giveUp := context.WithCancel(t.Context())
	failed := make(chan error, dead)
	var sent sync.WaitGroup
	sent.Add(dead)
	for range dead {
		go func() {
			trace := &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { sent.Done() }}
			_, err := get(httptrace.WithClientTrace(ctx, trace), client, url+"/dead")
			failed <- err
		}()
	}
	sent.Wait()
	for range 2 * dead {
		if _, err := get(t.Context(), client, url+"/k"); err != nil {
			t.Errorf("a request on another connection: %v", err)
		}
	}
	giveUp()
	for range dead {
		if err := <-failed; !errors.Is(err, context.Canceled) {
			t.Errorf("a dead connection ended with %v", err)
		}
	}
}

// TestIdleConnectionsAreClosedBetweenRequests shows how a test closes a client's idle connections:
// a server whose keep-alives are disabled closes them.
func TestIdleConnectionsAreClosedBetweenRequests(t *testing.T) {
	url, web, states := publicBucket(t)
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	for i, want := range []bool{false, true} {
		if reused, err := get(t.Context(), client, url+"/k"); err != nil || reused != want {
			t.Fatalf("request %d: connection reused: %v, %v", i, reused, err)
		}
	}
	for range 2 {
		for <-states != http.StateIdle {
		}
	}
	web.Config.SetKeepAlivesEnabled(false)
	web.Config.SetKeepAlivesEnabled(true)
	if state := <-states; state != http.StateClosed {
		t.Errorf("the idle connection became %v", state)
	}
	if _, err := get(t.Context(), client, url+"/k"); err != nil {
		t.Errorf("the next request: %v", err)
	}
}
