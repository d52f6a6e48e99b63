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

// maxAnswer bounds what a function may answer: FC's limit for a response.
const maxAnswer = 32 << 20

var errGone = errors.New("the process has ended")

// kind is what a process is asked to do, by the number that the runtime API has
// for it.
type kind int

const (
	invocation kind = iota
	initializer
	preStop
)

// attempt is an event on its way to a process, or a call of a lifecycle hook.
type attempt struct {
	kind     kind
	event    *event
	number   int // counted from 1
	deadline time.Time
}

// answer is what a process answered to an attempt.
type answer struct {
	body   []byte
	failed bool
}

// api is the runtime API as one process sees it: it hands out one event at a
// time and takes its answer. The runtime API is that of fc-runtime-go-sdk v0.3.1.
type api struct {
	config  Config
	server  *http.Server
	at      string        // where it listens
	served  chan struct{} // closed when it does no more
	gone    chan struct{} // closed with the process
	next    chan attempt  // the attempt to hand out
	asked   chan struct{} // closed when the process asks for its first event
	answers chan answer
	ask     sync.Once

	mu      sync.Mutex
	current string // request id of the event being worked on, "" between two
}

func newAPI(c Config) (*api, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for the runtime API: %w", err)
	}
	a := &api{
		config: c,
		at:     listener.Addr().String(),
		served: make(chan struct{}),
		gone:   make(chan struct{}),
		next:   make(chan attempt),
		asked:  make(chan struct{}),
		// one place: an answer that nobody waits for any more must not keep its
		// handler
		answers: make(chan answer, 1),
	}
	a.server = &http.Server{Handler: a.routes()}
	go func() {
		defer close(a.served)
		a.server.Serve(listener)
	}()
	return a, nil
}

func (a *api) variable() string { return "FC_RUNTIME_API=" + a.at }

func (a *api) addr() string { return a.at }

func (a *api) close() {
	a.server.Close()
	<-a.served
	close(a.gone)
}

func (a *api) ready(ctx context.Context) error {
	select {
	case <-a.asked:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (a *api) hand(ctx context.Context, at attempt) (answer, error) {
	select {
	case a.next <- at:
	case <-a.gone:
		return answer{}, errGone
	case <-ctx.Done():
		return answer{}, context.Cause(ctx)
	}
	select {
	case ans := <-a.answers:
		return ans, nil
	case <-ctx.Done():
		return answer{}, context.Cause(ctx)
	case <-a.gone:
	}
	select {
	case ans := <-a.answers: // its last word came in time
		return ans, nil
	default:
		return answer{}, errGone
	}
}

func (a *api) routes() http.Handler {
	mux := http.NewServeMux()
	const base = "/2020-11-11/runtime/invocation/"
	mux.HandleFunc("GET "+base+"next", a.serveNext)
	mux.HandleFunc("POST "+base+"{id}/response", a.serveAnswer(false))
	mux.HandleFunc("POST "+base+"{id}/error", a.serveAnswer(true))
	return mux
}

// serveNext waits for an event. The runtime SDK asks again while its handler is
// still at work; the question waits until the answer is in, for events are
// offered one by one.
func (a *api) serveNext(w http.ResponseWriter, r *http.Request) {
	a.ask.Do(func() { close(a.asked) })
	select {
	case <-r.Context().Done():
	case next := <-a.next:
		a.setCurrent(next.event.requestID)
		a.config.setHeaders(w.Header(), next)
		w.Write(next.event.payload)
	}
}

func (a *api) serveAnswer(failed bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxAnswer))
		if err != nil {
			http.Error(w, "read the answer: "+err.Error(), http.StatusRequestEntityTooLarge)
			return
		}
		if !a.finish(r.PathValue("id")) {
			http.Error(w, "no invocation "+r.PathValue("id")+" waits for an answer", http.StatusNotFound)
			return
		}
		a.answers <- answer{body: body, failed: failed}
	}
}

func (a *api) setCurrent(requestID string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.current = requestID
}

// finish ends the attempt at hand; false if that is not the one named.
func (a *api) finish(requestID string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if requestID == "" || a.current != requestID {
		return false
	}
	a.current = ""
	return true
}
