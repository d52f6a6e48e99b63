package proof

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"afterput/internal/relay"
)

// attempt is one attempt of an invocation, and the requests that it sends.
type attempt struct {
	world         *world
	name          string // in the log
	accessKey     string // its requests must be signed with it
	disruption    *disruption
	start         time.Time
	handler       *relay.Handler                // the instance, of an invocation
	correctBefore map[string]correctDestination // destinations that it must not write, by bucket/key
	listed        bool                          // it is of a scan, which finds objects in listings
	onlyReads     bool                          // it must write nothing
	panicked      atomic.Bool

	cancel        context.CancelFunc
	killSignal    chan struct{} // closed when the attempt is killed
	killOnce      sync.Once
	inFlightGroup sync.WaitGroup // requests that OSS has not answered, including abandoned ones

	mu            sync.Mutex
	requests      int
	inFlightCount int // the counter of inFlightGroup
	timers        []*time.Timer
	unpinned      map[string]bool   // by bucket/key: whether the last CopyObject had no if-match
	uploads       map[string]bool   // ids of the uploads that it has used
	contents      map[string]string // by bucket/key: the content that the last PutObject sent
}

// maxRequests is more than any attempt needs: an attempt copies a few objects of a few parts.
const maxRequests = 1000

type attemptKey struct{}

// kill ends the attempt as the end of its process would: only the requests that OSS has accepted go on.
func (a *attempt) kill() {
	a.killOnce.Do(func() {
		a.world.logf("%s killed", a.name)
		close(a.killSignal)
		a.cancel()
	})
}

func (a *attempt) killed() bool {
	select {
	case <-a.killSignal:
		return true
	default:
		return false
	}
}

// stopTimers is called when the attempt has returned, and can no longer be killed.
func (a *attempt) stopTimers() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, timer := range a.timers {
		timer.Stop()
	}
}

// countRequest counts a request before it is sent, and returns what must go wrong with it.
func (a *attempt) countRequest() (n int, s *disruption) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.requests++
	if s := a.disruption; s != nil && s.request == a.requests {
		if s.kind == killInFlight {
			a.timers = append(a.timers, time.AfterFunc(s.after, a.kill))
		}
		return a.requests, s
	}
	return a.requests, nil
}

// notePin records whether a CopyObject has an if-match.
func (a *attempt) notePin(req *http.Request) {
	if req.Header.Get("X-Oss-Copy-Source") == "" || req.URL.Query().Has("partNumber") {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.unpinned == nil {
		a.unpinned = map[string]bool{}
	}
	a.unpinned[strings.TrimPrefix(req.URL.Path, "/")] = req.Header.Get("X-Oss-Copy-Source-If-Match") == ""
}

// noteUpload records the upload that a request uses.
func (a *attempt) noteUpload(req *http.Request) {
	id := req.URL.Query().Get("uploadId")
	if id == "" || req.Method == http.MethodDelete {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.uploads == nil {
		a.uploads = map[string]bool{}
	}
	a.uploads[id] = true
}

// sendsUnpinned reports whether the last CopyObject to a place had no if-match.
func (a *attempt) sendsUnpinned(place string) bool {
	if a == nil {
		return false
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.unpinned[place]
}

func (a *attempt) addInFlight(n int) {
	a.mu.Lock()
	a.inFlightCount += n
	a.mu.Unlock()
	a.inFlightGroup.Add(n)
}

func (a *attempt) inFlight() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.inFlightCount
}

// transport carries requests of attempts to the local OSS, and makes the disruptions happen.
type transport struct{ inner http.RoundTripper }

var (
	// errKilled is final for the engine: what a killed process would not do takes no time here.
	errKilled = fmt.Errorf("the process was killed: %w", context.Canceled)
	errBroken = errors.New("connection reset by peer")
)

// RoundTrip sends the request. OSS carries it out to the end even when nobody waits for the reply any more.
func (t transport) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	a := ctx.Value(attemptKey{}).(*attempt)
	if a.killed() {
		return nil, errKilled
	}
	_, id, _ := strings.Cut(req.Header.Get("Authorization"), "Credential=")
	if id, _, _ = strings.Cut(id, "/"); a.world.callerOf(id) != a.accessKey {
		a.world.addViolation("%s: a request is not signed with the access key %s, or a session of it", a.name,
			a.accessKey)
	}
	n, disruption := a.countRequest()
	if n > maxRequests {
		if n == maxRequests+1 {
			a.world.addViolation("%s: sends requests in an endless loop", a.name)
		}
		a.kill()
		return nil, errKilled
	}
	what := fmt.Sprintf("%s request %d %s %s", a.name, n, req.Method, strings.TrimPrefix(req.URL.RequestURI(), "/"))
	if disruption != nil && disruption.kind == killBeforeSend {
		a.kill()
		return nil, errKilled
	}
	if disruption != nil && disruption.kind == panicInSend {
		a.panicked.Store(true)
		panic("of a library, in " + what)
	}
	out, err := detach(req)
	if err != nil {
		return nil, err
	}
	a.noteContent(out)
	a.notePin(req)
	a.noteUpload(req)
	a.judgeRequest(req)
	a.world.scheduler.stopRequest(a, req, "send", a.killSignal)
	if a.killed() {
		return nil, errKilled
	}
	if err := ctx.Err(); err != nil { // canceled before it was sent
		return nil, err
	}
	type answer struct {
		*http.Response
		error
	}
	done := make(chan answer, 1)
	a.addInFlight(1)
	go func() {
		defer a.addInFlight(-1)
		resp, err := t.inner.RoundTrip(out)
		done <- answer{resp, err}
	}()
	a.world.recordAbort(req, true)
	var broken <-chan time.Time
	if disruption != nil && disruption.kind == loseConnection {
		broken = time.After(disruption.after)
	}
	select {
	case reply := <-done:
		if a.world.scheduler.stopRequest(a, req, "answer", a.killSignal) == loseReply {
			a.world.logf("%s: reply lost", what)
			a.replyLost(req)
			return nil, errBroken
		}
		switch {
		case disruption != nil && disruption.kind == killAfterReply:
			a.kill()
			return nil, errKilled
		case a.killed():
			return nil, errKilled
		case disruption != nil && disruption.kind == loseConnection, reply.error != nil:
			a.world.recordLostPart(req)
			a.world.logf("%s: reply lost", what)
			return nil, errBroken
		}
		a.world.logf("%s: %d", what, reply.StatusCode)
		a.world.recordAbort(req, reply.StatusCode >= 300)
		if reply.StatusCode >= 500 {
			a.world.recordLostPart(req)
		}
		return reply.Response, a.recordInitiate(req, reply.Response)
	case <-broken:
		a.world.logf("%s: connection broken", what)
		a.replyLost(req)
		return nil, errBroken
	case <-a.killSignal:
		return nil, errKilled
	case <-ctx.Done():
		a.world.logf("%s: canceled", what)
		a.replyLost(req)
		return nil, ctx.Err()
	}
}

// replyLost records that nobody waits for the reply to the request any more.
func (a *attempt) replyLost(req *http.Request) {
	a.world.recordLostPart(req)
	place := strings.TrimPrefix(req.URL.Path, "/")
	a.world.footprint.Load().use(place, true) // a copy to it may take effect now
	a.world.replyUnheard(func(e *effect) bool { return e.accessKey == a.accessKey && e.place == place })
}

// detach returns the request with a copy of its body, and without its deadline.
func detach(req *http.Request) (*http.Request, error) {
	out := req.WithContext(context.WithoutCancel(req.Context()))
	if req.Body == nil || req.Body == http.NoBody {
		return out, nil
	}
	body, err := io.ReadAll(req.Body)
	req.Body.Close()
	out.Body = io.NopCloser(bytes.NewReader(body))
	return out, err
}

var uploadID = regexp.MustCompile(`(?s)<UploadId>(\w+)</UploadId>.*</InitiateMultipartUploadResult>\s*$`)

// recordInitiate records that the attempt has received the id of an upload.
func (a *attempt) recordInitiate(req *http.Request, resp *http.Response) error {
	if req.Method != http.MethodPost || !req.URL.Query().Has("uploads") {
		return nil
	}
	body, err := io.ReadAll(resp.Body)
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(body), errorReader{err}), io.NopCloser(nil)}
	if id := uploadID.FindSubmatch(body); err == nil && id != nil {
		a.world.mu.Lock()
		a.world.initiators[string(id[1])] = a
		a.world.mu.Unlock()
	}
	return nil
}

// recordAbort records whether the abort of an upload got a reply that says it was aborted.
func (w *world) recordAbort(req *http.Request, unanswered bool) {
	if id := req.URL.Query().Get("uploadId"); req.Method == http.MethodDelete && id != "" {
		w.mu.Lock()
		w.abortUnanswered[id] = unanswered
		w.mu.Unlock()
	}
}

// recordLostPart records that a part of an upload may still be in flight, for all that the engine knows.
func (w *world) recordLostPart(req *http.Request) {
	if q := req.URL.Query(); q.Has("partNumber") {
		w.mu.Lock()
		w.partUnanswered[q.Get("uploadId")] = true
		w.mu.Unlock()
	}
}

// errorReader ends a body with the error it had.
type errorReader struct{ err error }

func (f errorReader) Read([]byte) (int, error) {
	if f.err == nil {
		return 0, io.EOF
	}
	return 0, f.err
}
