package localoss

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// Server is an OSS server. It serves HTTP, and requests made in this process through
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
	// byName has the same buckets, for those who hold a bucket's lock.
	byName sync.Map

	store    store
	patterns patterns

	countsMu sync.Mutex
	counts   map[string]int
}

// New makes a server. With Config.Data it loads what is stored there; the error says what cannot be
// read.
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
	if c.InventoryRows == 0 {
		c.InventoryRows = 10_000
	}
	if c.RestoreTime == nil {
		c.RestoreTime = RestoreTime
	}
	s := &Server{
		config:  c,
		started: c.Now(),
		buckets: newOrderedMap[string, *bucket](compareStrings),
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

// open loads the data directory and stores all further changes there.
func (s *Server) open(dir string) error {
	d, err := openDiskStore(dir)
	if err != nil {
		return err
	}
	// Loading changes nothing, so OnChange is not called for it.
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

// Close cancels what still waits inside the server and closes its files. It does not wait for
// requests that are being served: close the listener first.
func (s *Server) Close() error {
	s.close()
	return s.store.close()
}

// now is the time as OSS stores it: in whole seconds, UTC.
func (s *Server) now() time.Time { return s.config.Now().UTC().Truncate(time.Second) }

// id returns 16 unique bytes: the server's start time, then a counter. Ids are therefore in order,
// and the same from run to run if Config.Now is.
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
	return versionPrefix + base64.RawURLEncoding.EncodeToString(append(id[:], tail[:20]...))
}

// Counts returns the number of requests so far by OSS's name of the operation, including refused
// ones. Requests that name no operation are not counted.
func (s *Server) Counts() map[string]int {
	s.countsMu.Lock()
	defer s.countsMu.Unlock()
	return maps.Clone(s.counts)
}

// ResetCounts sets every count to 0.
func (s *Server) ResetCounts() {
	s.countsMu.Lock()
	defer s.countsMu.Unlock()
	clear(s.counts)
}

// respond serves one request up to its reply; nil means that the connection is to be cut.
func (s *Server) respond(hr *http.Request) *Response {
	start := s.config.Now()
	r := &request{Request: hr, srv: s}
	r.call.RequestID, r.call.Method = s.requestID(), hr.Method
	resp := s.dispatch(r, func(resp *Response) *Response {
		resp.Header.Set("x-oss-request-id", r.call.RequestID)
		if r.delayed != nil {
			resp.Header.Set("x-oss-qos-delay-time", strconv.FormatInt(r.delayed.Milliseconds(), 10))
		}
		s.writeCORS(r, resp.Header)
		resp.Header.Set("x-oss-server-time", strconv.FormatInt(s.config.Now().Sub(start).Milliseconds(), 10))
		if r.s3 {
			toS3(resp.Header)
		}
		return resp
	})
	if s.config.OnRequest != nil {
		done := Request{Operation: r.call.Operation, Method: hr.Method, Began: start, Took: s.config.Now().Sub(start)}
		if resp != nil {
			done.Status, done.Code = resp.Status, resp.Code
		}
		s.config.OnRequest(done)
	}
	return resp
}

// dispatch takes a request through all its steps: it is routed, authenticated, authorized and
// accepted, and takes effect inside Intercept. finish sets the headers that every reply has.
func (s *Server) dispatch(r *request, finish func(*Response) *Response) *Response {
	fail := func(e *Error) *Response { return finish(errorResponse(r.call.RequestID, r.Method, e)) }
	defer r.call.Hold()()

	op, e := r.identify()
	if op != nil {
		s.countsMu.Lock()
		s.counts[op.name]++
		s.countsMu.Unlock()
		r.call.Name = op.name
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

	takeEffect, e := op.accept(s, r)
	if e != nil {
		r.call.Failed = e.Code
		r.call.end()
	}
	next := func() *Response {
		if e != nil {
			return fail(e)
		}
		resp, e := takeEffect()
		if e != nil {
			return fail(e)
		}
		s.deliver(r.events)
		return finish(resp)
	}
	if s.config.Intercept == nil {
		return next()
	}
	return s.config.Intercept(s.closing, &r.call, next)
}

// identify finds the operation, bucket and key of a request and verifies its signature. If its
// address can be read in two ways, the one whose signature is valid counts.
func (r *request) identify() (op *operation, e *Error) {
	if e := r.parse(); e != nil {
		return nil, e
	}
	for i, as := range r.addressStyles() {
		read, refused := r.identifyAs(as)
		if i == 0 || refused == nil {
			op, e = read, refused
		}
		if e == nil || r.header("Authorization") == "" && !r.hasParam("Signature") && !r.hasParam("x-oss-signature") &&
			!r.hasParam("X-Amz-Signature") {
			return op, e
		}
	}
	return op, e
}

// haveBucket reports whether a bucket exists, after creating it if it is one to create when it is named.
func (s *Server) haveBucket(name string) bool {
	if _, ok := s.bucket(name); ok || s.config.CreateBucket == nil || !s.config.CreateBucket(name) {
		return ok
	}
	return s.CreateBucket(name) == nil
}

func (r *request) identifyAs(as addressStyle) (*operation, *Error) {
	if e := r.address(as); e != nil {
		return nil, e
	}
	op, unsupported := r.route()
	if op != nil && r.s3 && !s3Operations[op.name] {
		unsupported = notImplemented(op.name + " of the S3-compatible API")
	}
	// OSS reports that a bucket does not exist before it checks the signature.
	makesBucket := op != nil && op.makesBucket
	if r.call.Bucket != "" && !makesBucket && !r.srv.haveBucket(r.call.Bucket) {
		return op, noSuchBucket(r.call.Bucket)
	}
	// OPTIONS is what a browser sends before the request that it signs.
	if r.Method == http.MethodOptions {
		return op, unsupported
	}
	e := r.authenticate()
	if unsupported != nil && e != nil && e.Code == SignatureDoesNotMatch {
		e = nil // it may cover a sub-resource of which this server does not know whether it is signed
	}
	if e != nil {
		return op, e
	}
	return op, unsupported
}
