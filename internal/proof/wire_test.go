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
)

// try is one run of an invocation, and what it sends.
type try struct {
	world    *world
	name     string // for the history
	key      string // access key that its requests must be signed with
	strike   *strike
	began    time.Time
	stood    map[string]standing // what it is to leave alone, of a retry
	panicked atomic.Bool

	cancel context.CancelFunc
	dead   chan struct{} // closed when it is killed
	once   sync.Once
	flying sync.WaitGroup // requests that OSS has not answered, abandoned ones too

	mu     sync.Mutex
	sent   int
	air    int // how many are flying
	timers []*time.Timer
}

// mostRequests is what no try needs: none copies more than a few objects of a few
// parts.
const mostRequests = 1000

type tryKey struct{}

// kill ends the try as the end of its process does: nothing of it runs on, but
// for what OSS has accepted.
func (t *try) kill() {
	t.once.Do(func() {
		t.world.logf("%s killed", t.name)
		close(t.dead)
		t.cancel()
	})
}

func (t *try) killed() bool {
	select {
	case <-t.dead:
		return true
	default:
		return false
	}
}

// end is when the try has returned: it cannot be killed any more.
func (t *try) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, timer := range t.timers {
		timer.Stop()
	}
}

// depart counts a request out, and gives what is to befall it.
func (t *try) depart() (n int, s *strike) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sent++
	if s := t.strike; s != nil && s.request == t.sent {
		if s.evil == killDuring {
			t.timers = append(t.timers, time.AfterFunc(s.after, t.kill))
		}
		return t.sent, s
	}
	return t.sent, nil
}

func (t *try) fly(n int) {
	t.mu.Lock()
	t.air += n
	t.mu.Unlock()
	t.flying.Add(n)
}

func (t *try) inFlight() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.air
}

// wire carries requests of tries to the server.
type wire struct{ inner http.RoundTripper }

var (
	errKilled = errors.New("the process is no more")
	errBroken = errors.New("connection reset by peer")
)

// RoundTrip lets the request go on to its end at the server even when nobody
// waits for it any more.
func (w wire) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	t := ctx.Value(tryKey{}).(*try)
	if t.killed() {
		return nil, errKilled
	}
	if !strings.Contains(req.Header.Get("Authorization"), "Credential="+t.key+"/") {
		t.world.wrong("%s: a request is not signed with the key of its invocation, %s", t.name, t.key)
	}
	n, strike := t.depart()
	if n > mostRequests {
		if n == mostRequests+1 {
			t.world.wrong("%s: sends requests without end", t.name)
		}
		t.kill()
		return nil, errKilled
	}
	what := fmt.Sprintf("%s request %d %s %s", t.name, n, req.Method, strings.TrimPrefix(req.URL.RequestURI(), "/"))
	if strike != nil && strike.evil == killBefore {
		t.kill()
		return nil, errKilled
	}
	if strike != nil && strike.evil == panics {
		t.panicked.Store(true)
		panic("of a library, in " + what)
	}
	out, err := detach(req)
	if err != nil {
		return nil, err
	}
	t.world.stage.stops(t, req, "send", t.dead)
	if t.killed() {
		return nil, errKilled
	}
	if err := ctx.Err(); err != nil { // given up before it was sent
		return nil, err
	}
	type answer struct {
		*http.Response
		error
	}
	done := make(chan answer, 1)
	t.fly(1)
	go func() {
		defer t.fly(-1)
		resp, err := w.inner.RoundTrip(out)
		done <- answer{resp, err}
	}()
	t.world.aborting(req, true)
	var broken <-chan time.Time
	if strike != nil && strike.evil == lose {
		broken = time.After(strike.after)
	}
	select {
	case a := <-done:
		if t.world.stage.stops(t, req, "answer", t.dead) == lostReply {
			t.world.logf("%s: lost", what)
			t.unheard(req)
			return nil, errBroken
		}
		switch {
		case strike != nil && strike.evil == killAfter:
			t.kill()
			return nil, errKilled
		case t.killed():
			return nil, errKilled
		case strike != nil && strike.evil == lose, a.error != nil:
			t.world.unanswered(req)
			t.world.logf("%s: lost", what)
			return nil, errBroken
		}
		t.world.logf("%s: %d", what, a.StatusCode)
		t.world.aborting(req, a.StatusCode >= 300)
		if a.StatusCode >= 500 {
			t.world.unanswered(req)
		}
		return a.Response, t.note(req, a.Response)
	case <-broken:
		t.world.logf("%s: connection broken", what)
		t.unheard(req)
		return nil, errBroken
	case <-t.dead:
		return nil, errKilled
	case <-ctx.Done():
		t.world.logf("%s: given up", what)
		t.unheard(req)
		return nil, ctx.Err()
	}
}

// unheard takes note that nobody waits for the answer to the request.
func (t *try) unheard(req *http.Request) {
	t.world.unanswered(req)
	place := strings.TrimPrefix(req.URL.Path, "/")
	t.world.unheard(func(e *effect) bool { return e.by == t.key && e.place == place })
}

// detach is the request with a body of its own and without an end.
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

// note remembers which uploads a try came to know of.
func (t *try) note(req *http.Request, resp *http.Response) error {
	if req.Method != http.MethodPost || !req.URL.Query().Has("uploads") {
		return nil
	}
	body, err := io.ReadAll(resp.Body)
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(body), failing{err}), io.NopCloser(nil)}
	if id := uploadID.FindSubmatch(body); err == nil && id != nil {
		t.world.mu.Lock()
		t.world.owners[string(id[1])] = t
		t.world.mu.Unlock()
	}
	return nil
}

// aborting remembers which uploads were to be aborted without an answer that
// says so.
func (w *world) aborting(req *http.Request, unanswered bool) {
	if id := req.URL.Query().Get("uploadId"); req.Method == http.MethodDelete && id != "" {
		w.mu.Lock()
		w.deaf[id] = unanswered
		w.mu.Unlock()
	}
}

// unanswered remembers the uploads of which a part may be under way, for all that
// anybody knows.
func (w *world) unanswered(req *http.Request) {
	if q := req.URL.Query(); q.Has("partNumber") {
		w.mu.Lock()
		w.partless[q.Get("uploadId")] = true
		w.mu.Unlock()
	}
}

// failing is the end of a body: as it was.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) {
	if f.err == nil {
		return 0, io.EOF
	}
	return 0, f.err
}
