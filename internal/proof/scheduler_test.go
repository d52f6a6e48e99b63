package proof

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"

	"afterput/internal/localoss"
)

// scheduler decides in which order requests go on: it stops requests of the attempts before they are sent, before they
// take effect, and before their replies arrive, and releases them one at a time. A request that only reads is stopped
// only before it is sent. Replies are stopped only if they may get lost, because otherwise the next request is stopped
// anyway. A nil scheduler stops nothing.
type scheduler struct {
	mu           sync.Mutex
	stopped      []*stoppedRequest
	released     map[string][]string // by access key: the stops that were released, and how
	stopsReplies bool                // stops replies too
	fewerStops   bool                // not before HeadObject of the destination, nor before writes are sent
	stateOnly    bool                // stops only stateOperations, and only before they take effect
	disabled     bool                // stops nothing from now on
}

// stoppedRequest is a request that waits for its release.
type stoppedRequest struct {
	accessKey, name string
	resume          chan resumption
	senderGone      <-chan struct{}
}

type resumption int

const (
	proceed resumption = iota
	loseReply
	replyErrorFirst // replies 504; the effect comes at a second release
)

// stopRequest waits until the request is released, or gone is closed.
func (s *scheduler) stopRequest(a *attempt, req *http.Request, point string, senderGone <-chan struct{}) resumption {
	if s == nil || s.stateOnly {
		return proceed
	}
	name, writes := orderedOperation(req)
	if s.fewerStops && (name == "HeadObject "+mirrorBucket || point == "send" && writes) {
		return proceed
	}
	if name == "" || point == "answer" && !(writes && s.stopsReplies) {
		return proceed
	}
	return s.wait(a.accessKey, point+" "+name, senderGone)
}

// stopEffect waits until a request that OSS has accepted may take effect, even if its sender is gone. It returns what
// becomes of the reply.
func (s *scheduler) stopEffect(call *localoss.Call) resumption {
	stops := placingOperations
	if s != nil && s.stateOnly {
		stops = stateOperations
	}
	if s == nil || !slices.Contains(stops, call.Name) {
		return proceed
	}
	return s.wait(call.AccessKeyID, "effect "+call.Name, nil)
}

// stopLateEffect waits until a request may take effect that was answered with an error before.
func (s *scheduler) stopLateEffect(call *localoss.Call) {
	s.wait(call.AccessKeyID, "late effect "+call.Name, nil)
}

// placingOperations write a destination. stateOperations decide what is left of an upload; a part in flight counts.
var (
	placingOperations = []string{"CopyObject", "CompleteMultipartUpload"}
	stateOperations   = []string{
		"InitiateMultipartUpload", "UploadPartCopy", "PutObject", "DeleteObject", "CompleteMultipartUpload",
		"AbortMultipartUpload",
	}
)

func (s *scheduler) wait(accessKey, name string, senderGone <-chan struct{}) resumption {
	s.mu.Lock()
	if s.disabled {
		s.mu.Unlock()
		return proceed
	}
	r := &stoppedRequest{accessKey: accessKey, name: name, resume: make(chan resumption, 1), senderGone: senderGone}
	s.stopped = append(s.stopped, r)
	s.mu.Unlock()
	select {
	case f := <-r.resume:
		return f
	case <-senderGone:
		return proceed
	}
}

// waiting returns the stopped requests, in an order that does not depend on when they came.
func (s *scheduler) waiting() []*stoppedRequest {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopped = slices.DeleteFunc(s.stopped, func(r *stoppedRequest) bool {
		select {
		case <-r.senderGone:
			return r.senderGone != nil
		default:
			return false
		}
	})
	slices.SortStableFunc(s.stopped, func(a, b *stoppedRequest) int {
		return strings.Compare(a.accessKey+a.name, b.accessKey+b.name)
	})
	return slices.Clone(s.stopped)
}

// release lets a request go on. What it can see then goes into the record of released requests.
func (s *scheduler) release(r *stoppedRequest, f resumption, seen string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopped = slices.DeleteFunc(s.stopped, func(o *stoppedRequest) bool { return o == r })
	s.released[r.accessKey] = append(s.released[r.accessKey], fmt.Sprintf("%s %d %s", r.name, f, seen))
	r.resume <- f
}

// forget removes the record of what was released for an access key.
func (s *scheduler) forget(accessKey string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.released, accessKey)
}

// releaseAll releases every request, now and from now on.
func (s *scheduler) releaseAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.disabled = true
	for _, r := range s.stopped {
		r.resume <- proceed
	}
	s.stopped = nil
}

// orderedOperation returns the name of a request whose order matters, "" for others, and whether it writes an object.
func orderedOperation(req *http.Request) (name string, writes bool) {
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
