package localoss

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// Server is an OSS. It serves HTTP, and requests made in this process through
// [Server.Transport].
type Server struct {
	config  Config
	started time.Time
	lastID  atomic.Uint64 // of request ids, upload ids and version ids
	closing context.Context
	close   context.CancelFunc

	// mu guards buckets. It is never taken while a bucket's own lock is held.
	mu      sync.RWMutex
	buckets orderedMap[string, *bucket]

	store  store
	zeroes *pattern

	countsMu sync.Mutex
	counts   map[string]int
}

// New makes a server. With Config.Data it goes on from what is stored there;
// an error says what of it cannot be read.
func New(c Config) (*Server, error) {
	if c.Region == "" {
		c.Region = "cn-hangzhou"
	}
	if c.AccessKeys == nil {
		c.AccessKeys = map[string]AccessKey{"local": {Secret: "local"}}
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.RestoreTime == nil {
		c.RestoreTime = RestoreTime
	}
	s := &Server{
		config:  c,
		started: c.Now(),
		buckets: newOrderedMap[string, *bucket](compareStrings),
		zeroes:  newPattern(0),
		counts:  map[string]int{},
	}
	s.closing, s.close = context.WithCancel(context.Background())
	s.store = memoryStore{}
	if c.Data != "" {
		if err := s.open(c.Data); err != nil {
			return nil, fmt.Errorf("open data directory %s: %w", c.Data, err)
		}
	}
	return s, nil
}

// open goes on from what a directory keeps.
func (s *Server) open(dir string) error {
	d, err := openDiskStore(dir)
	if err != nil {
		return err
	}
	// What is merely read again is no change, and no event.
	onChange := s.config.OnChange
	s.config.OnChange = nil
	if err := s.load(d); err != nil {
		return errors.Join(err, d.close())
	}
	s.config.OnChange = onChange
	s.store = d
	for name, b := range s.buckets.from("") {
		for key, e := range b.keys.from("") {
			for _, v := range e.versions {
				s.scheduleFinishRestore(name, key, v)
			}
		}
	}
	return nil
}

// Close ends what still waits inside the server and lets go of its files. It
// does not wait for requests that are being served: close the listener first.
func (s *Server) Close() error {
	s.close()
	return s.store.close()
}

// now is the time, as OSS keeps it: in whole seconds, UTC.
func (s *Server) now() time.Time { return s.config.Now().UTC().Truncate(time.Second) }

// id gives 16 bytes that no other call ever gives: the server's start, then a
// counter, so that ids come in order and a run repeats with its clock.
func (s *Server) id() (b [16]byte) {
	binary.BigEndian.PutUint64(b[:], uint64(s.started.UnixMicro()))
	binary.BigEndian.PutUint64(b[8:], s.lastID.Add(1))
	return b
}

func (s *Server) requestID() string {
	return fmt.Sprintf("%08X%016X", uint32(s.started.Unix()), s.lastID.Add(1))
}

func (s *Server) uploadID() string { return fmt.Sprintf("%X", s.id()) }

func (s *Server) versionID() string {
	id := s.id()
	tail := sha256.Sum256(id[:])
	return "CAEQ" + base64.RawURLEncoding.EncodeToString(append(id[:], tail[:20]...))
}

// Counts gives the number of requests so far by OSS's name of the operation,
// refused ones included. Requests that name no operation are not counted.
func (s *Server) Counts() map[string]int {
	s.countsMu.Lock()
	defer s.countsMu.Unlock()
	return maps.Clone(s.counts)
}

// ResetCounts makes every count 0.
func (s *Server) ResetCounts() {
	s.countsMu.Lock()
	defer s.countsMu.Unlock()
	clear(s.counts)
}

// answer serves one request up to its reply; nil is a connection to be cut.
func (s *Server) respond(hr *http.Request) *Response {
	start := s.config.Now()
	r := &request{Request: hr, srv: s}
	r.call.RequestID, r.call.Method = s.requestID(), hr.Method
	return s.dispatch(r, func(resp *Response) *Response {
		resp.Header.Set("x-oss-request-id", r.call.RequestID)
		resp.Header.Set("x-oss-server-time", strconv.FormatInt(s.config.Now().Sub(start).Milliseconds(), 10))
		return resp
	})
}

// dispatch is the path of a request: addressed, routed, authenticated,
// authorized, accepted, and then, past Intercept, done. sign gives a reply the
// headers that every reply has.
func (s *Server) dispatch(r *request, sign func(*Response) *Response) *Response {
	fail := func(e *Error) *Response { return sign(errorResponse(r.call.RequestID, r.Method, e)) }
	defer r.call.Hold()()

	op, e := r.identify()
	if op != nil {
		s.countsMu.Lock()
		s.counts[op.name]++
		s.countsMu.Unlock()
	}
	if e != nil {
		return fail(e)
	}
	if e := r.fillCall(op); e != nil {
		return fail(e)
	}
	if e := r.authorize(op); e != nil {
		return fail(e)
	}
	if e := r.checkPayer(op); e != nil {
		return fail(e)
	}

	commit, e := op.accept(s, r)
	if e != nil {
		r.call.Failed = e.Code
		r.call.ended()
	}
	next := func() *Response {
		if e != nil {
			return fail(e)
		}
		resp, e := commit()
		if e != nil {
			return fail(e)
		}
		s.deliver(r.events)
		return sign(resp)
	}
	if s.config.Intercept == nil {
		return next()
	}
	return s.config.Intercept(s.closing, &r.call, next)
}

// understand reads what a request is about and verifies whose it is. Where its
// address can be read in two ways, the one that the signature confirms counts.
func (r *request) identify() (op *operation, e *Error) {
	if e := r.parse(); e != nil {
		return nil, e
	}
	for i, as := range r.addressStyles() {
		read, refused := r.identifyAs(as)
		if i == 0 || refused == nil {
			op, e = read, refused
		}
		if e == nil || r.header("Authorization") == "" && !r.hasParam("Signature") && !r.hasParam("x-oss-signature") {
			return op, e
		}
	}
	return op, e
}

func (r *request) identifyAs(as addressStyle) (*operation, *Error) {
	if e := r.address(as); e != nil {
		return nil, e
	}
	op, e := r.route()
	if e != nil {
		return nil, e
	}
	// OSS tells anyone that a bucket does not exist, whoever signed.
	if _, ok := r.srv.bucket(r.call.Bucket); !ok && op.level != onService && op.name != "PutBucket" {
		return op, noSuchBucket(r.call.Bucket)
	}
	return op, r.authenticate()
}

// ServeHTTP serves OSS over HTTP.
func (s *Server) ServeHTTP(w http.ResponseWriter, hr *http.Request) {
	hr.Body = &timedBody{hr.Body, http.NewResponseController(w)}
	resp := s.respond(hr)
	if resp == nil {
		panic(http.ErrAbortHandler) // net/http's way to cut a connection
	}
	// A refused upload is read to its end, within reason: a client that is
	// cut off while it sends may never see the refusal.
	if resp.Code != "" && hr.Header.Get("Expect") == "" {
		_, _ = io.CopyN(io.Discard, hr.Body, maxDrained)
	}
	maps.Copy(w.Header(), s.finish(resp))
	w.WriteHeader(resp.Status)
	if resp.Body == nil || hr.Method == http.MethodHead {
		return
	}
	n, err := io.Copy(w, resp.Body)
	if err != nil || n < resp.Length {
		// What there is of the reply goes out before the cut.
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
}

// finish gives the headers of a reply with those that every reply has.
func (s *Server) finish(resp *Response) http.Header {
	h := resp.Header
	h.Set("Server", "AliyunOSS")
	h.Set("Date", s.config.Now().UTC().Format(http.TimeFormat))
	if resp.Status != http.StatusNoContent && resp.Status != http.StatusNotModified {
		h.Set("Content-Length", strconv.FormatInt(resp.Length, 10))
	}
	return h
}

// maxReadPause is how long a client may pause while it sends a body.
const maxReadPause = 30 * time.Second

// timedBody is a request's body that ends with an error when its client pauses too
// long. A body as a whole may take any time.
type timedBody struct {
	io.ReadCloser
	connection *http.ResponseController
}

func (p *timedBody) Read(b []byte) (int, error) {
	// A ResponseWriter without deadlines has no client that could pause either.
	_ = p.connection.SetReadDeadline(time.Now().Add(maxReadPause))
	return p.ReadCloser.Read(b)
}

// maxDrained is how much of a refused upload is read.
const maxDrained = 16 << 20

// bodyError gives the refusal that a failed read of a request's body deserves.
func bodyError(err error) *Error {
	switch {
	case errors.Is(err, errTooLarge):
		return &Error{Code: EntityTooLarge, Message: "Your proposed upload exceeds the maximum allowed size."}
	case errors.Is(err, errStore):
		return refuse(InternalError, "")
	case errors.Is(err, os.ErrDeadlineExceeded):
		return refuse(RequestTimeout, "")
	default:
		return refuse(IncompleteBody, "")
	}
}
