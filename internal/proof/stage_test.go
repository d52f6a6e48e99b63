package proof

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"

	"afterput/internal/localoss"
)

// stage stops the requests of directed tries where their order matters: before
// they are sent, before they land and before they are answered. A request that
// reads stops before it is sent only, and an answer that cannot be lost need not
// be stopped: the next request is. A nil stage stops nothing.
type stage struct {
	mu      sync.Mutex
	stopped []*stop
	passed  map[string][]string // by try: what was let go on, as far as it was
	answers bool                // stops answers too
	parts   bool                // stops less: not looks at the destination, nor what is to be put in place before it is sent
	book    bool                // stops the bookkeeping alone, and only before it lands
	open    bool                // stops nothing any more
}

// stop is a request that waits to be let go on.
type stop struct {
	try, name string
	goOn      chan fate
	gone      <-chan struct{}
}

type fate int

const (
	goesOn fate = iota
	lostReply
	errorFirst // answered 504, and done when it is let go on once more
)

// stops waits until the request is let go on, or gone is closed.
func (s *stage) stops(t *try, req *http.Request, where string, gone <-chan struct{}) fate {
	if s == nil || s.book {
		return goesOn
	}
	name, moves := operationOf(req)
	if s.parts && (name == "HeadObject "+mirror || where == "send" && moves) {
		return goesOn
	}
	if name == "" || where == "answer" && !(moves && s.answers) {
		return goesOn
	}
	return s.wait(t.key, where+" "+name, gone)
}

// lands waits until what OSS has accepted may take effect, whoever still waits
// for it, and gives what becomes of its answer.
func (s *stage) lands(call *localoss.Call) fate {
	stops := landing
	if s != nil && s.book {
		stops = booking
	}
	if s == nil || !slices.Contains(stops, call.Name) {
		return goesOn
	}
	return s.wait(call.AccessKeyID, "land "+call.Name, nil)
}

// landsLate waits as lands does, when the request was answered with an error.
func (s *stage) landsLate(call *localoss.Call) { s.wait(call.AccessKeyID, "late "+call.Name, nil) }

// landing puts a copy in place, booking decides what is left of an upload; that a
// part is under way, too.
var (
	landing = []string{"CopyObject", "CompleteMultipartUpload"}
	booking = []string{"InitiateMultipartUpload", "UploadPartCopy", "PutObject", "DeleteObject", "CompleteMultipartUpload",
		"AbortMultipartUpload"}
)

func (s *stage) wait(try, name string, gone <-chan struct{}) fate {
	s.mu.Lock()
	if s.open {
		s.mu.Unlock()
		return goesOn
	}
	w := &stop{try: try, name: name, goOn: make(chan fate, 1), gone: gone}
	s.stopped = append(s.stopped, w)
	s.mu.Unlock()
	select {
	case f := <-w.goOn:
		return f
	case <-gone:
		return goesOn
	}
}

// waiting gives the requests that wait, in an order that does not depend on when
// they came.
func (s *stage) waiting() []*stop {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopped = slices.DeleteFunc(s.stopped, func(w *stop) bool {
		select {
		case <-w.gone:
			return w.gone != nil
		default:
			return false
		}
	})
	slices.SortStableFunc(s.stopped, func(a, b *stop) int { return strings.Compare(a.try+a.name, b.try+b.name) })
	return slices.Clone(s.stopped)
}

// release lets a request go on; seen is what it meets.
func (s *stage) release(w *stop, f fate, seen string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopped = slices.DeleteFunc(s.stopped, func(o *stop) bool { return o == w })
	s.passed[w.try] = append(s.passed[w.try], fmt.Sprintf("%s %d %s", w.name, f, seen))
	w.goOn <- f
}

// forget drops what a try was let do.
func (s *stage) forget(try string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.passed, try)
}

// clear lets everything go on, from now on too.
func (s *stage) clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open = true
	for _, w := range s.stopped {
		w.goOn <- goesOn
	}
	s.stopped = nil
}

// operationOf names the requests whose order matters, and says whether they put
// an object in place.
func operationOf(req *http.Request) (name string, moves bool) {
	q := req.URL.Query()
	switch {
	case req.Method == http.MethodHead:
		return "HeadObject " + strings.Split(req.URL.Path, "/")[1], false
	case req.Method == http.MethodPut && q.Has("partNumber"):
		return "UploadPartCopy " + q.Get("partNumber"), false
	case req.Method == http.MethodPut && req.Header.Get("X-Oss-Copy-Source") != "":
		return "CopyObject", true
	case req.Method == http.MethodPost && q.Has("uploadId"):
		return "CompleteMultipartUpload", true
	}
	return "", false
}
