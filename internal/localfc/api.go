package localfc

import (
	"io"
	"net/http"
	"sync"
	"time"
)

// maxAnswer bounds what a function may answer: FC's limit for a response.
const maxAnswer = 32 << 20

// attempt is an event on its way to a process.
type attempt struct {
	event    *event
	number   int // counted from 1
	deadline time.Time
}

// answer is what a process posted for an attempt.
type answer struct {
	body   []byte
	failed bool // posted to …/error
}

// api is the runtime API as one process sees it: it hands out one event at a
// time and takes its answer.
type api struct {
	config  Config
	next    chan attempt  // the attempt to hand out
	asked   chan struct{} // closed when the process asks for its first event
	answers chan answer
	ask     sync.Once

	mu      sync.Mutex
	current string // request id of the event being worked on, "" between two
}

func newAPI(c Config) *api {
	return &api{
		config: c,
		next:   make(chan attempt),
		asked:  make(chan struct{}),
		// one place: an answer that nobody waits for any more must not keep its
		// handler
		answers: make(chan answer, 1),
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
