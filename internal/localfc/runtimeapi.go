package localfc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// maxResponse is FC's limit for the response of a function.
const maxResponse = 32 << 20

var errGone = errors.New("the process has ended")

// callKind is what a process is called for. The numbers are those of the runtime API.
type callKind int

const (
	invocation callKind = iota
	initializer
	preStop
)

// attempt is one attempt to process an event, or the call of a lifecycle hook.
type attempt struct {
	kind     callKind
	event    *event
	number   int // counted from 1
	deadline time.Time
}

// response is what a process sent in response to an attempt.
type response struct {
	body   []byte
	failed bool
}

// runtimeAPI is the protocol of the built-in runtimes: an HTTP server that one process asks for the
// next event and sends the response to. It is the API of fc-runtime-go-sdk v0.3.1.
type runtimeAPI struct {
	config    Config
	server    *http.Server
	address   string        // host:port
	served    chan struct{} // closed when the server has stopped
	gone      chan struct{} // closed when the process has ended
	next      chan attempt  // the next attempt for the process
	asked     chan struct{} // closed when the process asks for its first event
	responses chan response
	ask       sync.Once

	mu      sync.Mutex
	current string // request id of the event the process works on, "" for none
}

func newRuntimeAPI(c Config) (*runtimeAPI, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for the runtime API: %w", err)
	}
	a := &runtimeAPI{
		config:  c,
		address: listener.Addr().String(),
		served:  make(chan struct{}),
		gone:    make(chan struct{}),
		next:    make(chan attempt),
		asked:   make(chan struct{}),
		// With room for one response its handler never blocks, even if nobody waits any more.
		responses: make(chan response, 1),
	}
	a.server = &http.Server{Handler: a.routes()}
	go func() {
		defer close(a.served)
		a.server.Serve(listener)
	}()
	return a, nil
}

func (a *runtimeAPI) envVar() string { return "FC_RUNTIME_API=" + a.address }

func (a *runtimeAPI) addr() string { return a.address }

func (a *runtimeAPI) close() {
	a.server.Close()
	<-a.served
	close(a.gone)
}

func (a *runtimeAPI) ready(ctx context.Context) error {
	select {
	case <-a.asked:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (a *runtimeAPI) do(ctx context.Context, at attempt) (response, error) {
	select {
	case a.next <- at:
	case <-a.gone:
		return response{}, errGone
	case <-ctx.Done():
		return response{}, context.Cause(ctx)
	}
	select {
	case resp := <-a.responses:
		return resp, nil
	case <-ctx.Done():
		return response{}, context.Cause(ctx)
	case <-a.gone:
	}
	select {
	case resp := <-a.responses: // sent just before it ended
		return resp, nil
	default:
		return response{}, errGone
	}
}

func (a *runtimeAPI) routes() http.Handler {
	mux := http.NewServeMux()
	const base = "/2020-11-11/runtime/invocation/"
	mux.HandleFunc("GET "+base+"next", a.serveNext)
	mux.HandleFunc("POST "+base+"{id}/response", a.serveResponse(false))
	mux.HandleFunc("POST "+base+"{id}/error", a.serveResponse(true))
	return mux
}

// serveNext waits for an event. The runtime SDK asks for the next event while its handler still
// runs. The request then waits: the next event comes only after the response.
func (a *runtimeAPI) serveNext(w http.ResponseWriter, r *http.Request) {
	a.ask.Do(func() { close(a.asked) })
	select {
	case <-r.Context().Done():
	case next := <-a.next:
		a.setCurrent(next.event.requestID)
		a.config.setHeaders(w.Header(), next)
		w.Write(next.event.payload)
	}
}

func (a *runtimeAPI) serveResponse(failed bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxResponse))
		if err != nil {
			http.Error(w, "read the response: "+err.Error(), http.StatusRequestEntityTooLarge)
			return
		}
		if !a.finish(r.PathValue("id")) {
			http.Error(w, "invocation "+r.PathValue("id")+" is not waiting for a response", http.StatusNotFound)
			return
		}
		a.responses <- response{body: body, failed: failed}
	}
}

func (a *runtimeAPI) setCurrent(requestID string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.current = requestID
}

// finish ends the current attempt; false if it is not the one named.
func (a *runtimeAPI) finish(requestID string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if requestID == "" || a.current != requestID {
		return false
	}
	a.current = ""
	return true
}
