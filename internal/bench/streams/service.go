package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// conditions are how fast the two regions are, for one request and for the instance as a whole in each direction.
type conditions struct {
	name      string
	near, far time.Duration // latency of a request
	request   float64       // bytes a second of one request
	instance  float64       // bytes a second of the instance, in and out
}

// service is OSS in two regions, as a transport in virtual time. The content is not kept, and is arbitrary: nobody
// looks at it. It knows the requests that a copy sends, and no others.
type service struct {
	conditions
	size    int64
	in, out pipe

	mu       sync.Mutex
	parts    map[int]int64
	complete bool
	whole    int64 // size of an object that PutObject has put
	requests int
}

func newService(c conditions, size int64) *service {
	return &service{conditions: c, size: size, in: pipe{rate: c.instance}, out: pipe{rate: c.instance},
		parts: map[int]int64{}}
}

// pipe is what a rate allows, shared by all who use it.
type pipe struct {
	rate float64
	mu   sync.Mutex
	free time.Time
}

// pass waits until n bytes have passed. Up to a window of them pass while the caller does something else.
func (p *pipe) pass(n int, window time.Duration) {
	p.mu.Lock()
	now := time.Now()
	if p.free.Before(now) {
		p.free = now
	}
	p.free = p.free.Add(time.Duration(float64(n) / p.rate * 1e9))
	until := p.free.Add(-window)
	p.mu.Unlock()
	time.Sleep(time.Until(until))
}

const (
	chunk  = 1 << 20
	window = 50 * time.Millisecond // of a connection, which is buffered at both ends
	etag   = `"0123456789ABCDEF0123456789ABCDEF"`
)

// content is what one GetObject sends.
type content struct {
	service *service
	own     pipe
	left    int64
}

func (c *content) Read(b []byte) (int, error) {
	if c.left == 0 {
		return 0, io.EOF
	}
	n := int(min(int64(len(b)), c.left))
	c.own.pass(n, window)
	c.service.in.pass(n, window)
	c.left -= int64(n)
	return n, nil
}

func (c *content) Close() error { return nil }

// receive reads a body as one request is allowed to send it.
func (s *service) receive(body io.Reader) (n int64, err error) {
	own := pipe{rate: s.request}
	buffer := make([]byte, chunk)
	for {
		got, err := body.Read(buffer)
		own.pass(got, window)
		s.out.pass(got, window)
		n += int64(got)
		if err == io.EOF {
			time.Sleep(window) // what is under way arrives
			return n, nil
		}
		if err != nil {
			return n, err
		}
	}
}

func (s *service) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	s.requests++
	s.mu.Unlock()
	far := strings.HasPrefix(r.URL.Path, "/"+to)
	latency := s.near
	if far {
		latency = s.far
	}
	time.Sleep(latency)
	query := r.URL.Query()
	switch {
	case r.Method == http.MethodHead && far:
		return s.answer(r, http.StatusNotFound, nil, "")
	case r.Method == http.MethodHead:
		return s.answer(r, http.StatusOK, http.Header{"Content-Length": {fmt.Sprint(s.size)}}, "")
	case r.Method == http.MethodGet && !far && query.Has("tagging"):
		return s.answer(r, http.StatusOK, nil, "<Tagging><TagSet></TagSet></Tagging>")
	case r.Method == http.MethodGet && !far:
		return s.send(r)
	case r.Method == http.MethodGet && query.Has("list-type"):
		return s.answer(r, http.StatusOK, nil, "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>")
	case r.Method == http.MethodGet && query.Has("uploadId"):
		return s.answer(r, http.StatusOK, nil, s.list(query.Get("part-number-marker")))
	case r.Method == http.MethodPost && query.Has("uploads"):
		return s.answer(r, http.StatusOK, nil, "<InitiateMultipartUploadResult><UploadId>u</UploadId>"+
			"</InitiateMultipartUploadResult>")
	case r.Method == http.MethodPost:
		s.mu.Lock()
		s.complete = true
		s.mu.Unlock()
		return s.answer(r, http.StatusOK, nil, "<CompleteMultipartUploadResult><ETag>"+etag+
			"</ETag></CompleteMultipartUploadResult>")
	case r.Method == http.MethodDelete:
		return s.answer(r, http.StatusNoContent, nil, "")
	case r.Method == http.MethodPut:
		return s.store(r, query.Get("partNumber"))
	}
	return nil, fmt.Errorf("unexpected request %s %s", r.Method, r.URL)
}

// store receives a part or an object.
func (s *service) store(r *http.Request, part string) (*http.Response, error) {
	n, err := s.receive(r.Body)
	if err != nil {
		return nil, err
	}
	time.Sleep(s.far) // the answer
	s.mu.Lock()
	defer s.mu.Unlock()
	if number, err := strconv.Atoi(part); err == nil {
		s.parts[number] = n
	} else if !strings.Contains(r.URL.Path, ".afterput") {
		s.whole = n
	}
	return s.answer(r, http.StatusOK, nil, "")
}

// send answers a GetObject.
func (s *service) send(r *http.Request) (*http.Response, error) {
	status, first, last := http.StatusOK, int64(0), s.size-1
	header := http.Header{}
	if n, _ := fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-%d", &first, &last); n > 0 {
		status, last = http.StatusPartialContent, min(last, s.size-1)
		header.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", first, last, s.size))
	}
	header.Set("Content-Length", fmt.Sprint(last-first+1))
	resp, err := s.answer(r, status, header, "")
	resp.ContentLength = last - first + 1
	resp.Body = &content{service: s, own: pipe{rate: s.request}, left: last - first + 1}
	return resp, err
}

// list lists 1,000 parts after a marker. Their numbers need not follow each other.
func (s *service) list(marker string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	after, _ := strconv.Atoi(marker)
	numbers := slices.DeleteFunc(slices.Sorted(maps.Keys(s.parts)), func(n int) bool { return n <= after })
	more := len(numbers) > 1000
	var b strings.Builder
	b.WriteString("<ListPartsResult><UploadId>u</UploadId>")
	for _, n := range numbers[:min(len(numbers), 1000)] {
		fmt.Fprintf(&b, "<Part><PartNumber>%d</PartNumber><ETag>%s</ETag><Size>%d</Size></Part>", n, etag, s.parts[n])
		after = n
	}
	fmt.Fprintf(&b, "<NextPartNumberMarker>%d</NextPartNumberMarker><IsTruncated>%t</IsTruncated></ListPartsResult>",
		after, more)
	return b.String()
}

func (s *service) answer(r *http.Request, status int, header http.Header, body string) (*http.Response, error) {
	if header == nil {
		header = http.Header{}
	}
	header.Set("X-Oss-Request-Id", "62A2E2EFD0DEFE3930847A6E")
	header.Set("Etag", etag)
	header.Set("Last-Modified", time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat))
	header.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	return &http.Response{StatusCode: status, Status: fmt.Sprint(status, " "), Proto: "HTTP/1.1", ProtoMajor: 1,
		ProtoMinor: 1, Header: header, Body: io.NopCloser(bytes.NewReader([]byte(body))),
		ContentLength: int64(len(body)), Request: r}, nil
}

// check says whether the whole object has arrived.
func (s *service) check() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	sum := s.whole
	for _, n := range s.parts {
		sum += n
	}
	if sum != s.size || !s.complete && s.whole == 0 {
		return errors.New("the destination is not the source")
	}
	return nil
}
