package main

import (
	"bytes"
	"encoding/binary"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// The two buckets: the destination is to hold a copy of each object of the source.
const (
	source      = "uploads"
	destination = "replica"
)

// service is an OSS with two buckets whose objects are not stored: what it answers depends on their numbers alone, so
// that a listing of 10^8 objects takes no memory. It answers the requests that comparing and copying small objects
// takes.
type service struct {
	objects int
	// missing is which objects the destination lacks at first.
	missing func(i int) bool
	// latency is how long each request takes.
	latency time.Duration

	requests atomic.Int64
	copies   atomic.Int64
	mu       sync.Mutex
	copied   []uint64 // a bit for each object, nil if none is copied
}

func newService(objects int, missing func(i int) bool, latency time.Duration) *service {
	return &service{objects: objects, missing: missing, latency: latency, copied: make([]uint64, objects/64+1)}
}

func none(int) bool { return false }
func all(int) bool  { return true }

// oneInHundred is 1 %.
func oneInHundred(i int) bool { return i%100 == 37 }

// appendKey adds the key of an object: keys are in the order of their numbers, a thousand under a prefix.
func appendKey(b []byte, i int, slash string) []byte {
	b = append(append(b, "photos"...), slash...)
	b = appendDigits(b, i/1000, 6)
	b = append(append(b, slash...), "img-"...)
	b = appendDigits(b, i, 9)
	return append(b, ".jpg"...)
}

func appendDigits(b []byte, n, digits int) []byte {
	for range digits {
		b = append(b, '0')
	}
	for at := len(b) - 1; n > 0; at-- {
		b[at] = byte('0' + n%10)
		n /= 10
	}
	return b
}

// numberOf is the number of the object with a key.
func numberOf(key string) (i int, ok bool) {
	digits := strings.TrimSuffix(key[strings.LastIndexByte(key, '-')+1:], ".jpg")
	i, err := strconv.Atoi(digits)
	return i, err == nil && string(appendKey(nil, i, "/")) == key
}

const digits = "0123456789ABCDEF"

// appendETag adds the MD5 of an object's content, as OSS writes it.
func appendETag(b []byte, i int) []byte {
	var digest [16]byte
	for half := range uint64(2) { // splitmix64
		z := (2*uint64(i) + half + 1) * 0x9e3779b97f4a7c15
		z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
		z = (z ^ z>>27) * 0x94d049bb133111eb
		binary.LittleEndian.PutUint64(digest[8*half:], z^z>>31)
	}
	for _, c := range digest {
		b = append(b, digits[c>>4], digits[c&15])
	}
	return b
}

func sizeOf(i int) int { return 4096 + i%1000 }

var uploaded = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

// modified is when an object was put; copies were made an hour later.
func modified(bucket string, i int) time.Time {
	t := uploaded.Add(time.Duration(i%86400) * time.Second)
	if bucket == destination {
		t = t.Add(time.Hour)
	}
	return t
}

// holds reports whether a bucket has an object.
func (s *service) holds(bucket string, i int) bool {
	if i >= s.objects {
		return false
	}
	return bucket == source || !s.missing(i) || s.isCopied(i)
}

func (s *service) isCopied(i int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.copied[i/64]&(1<<(i%64)) != 0
}

// RoundTrip answers a request of path style.
func (s *service) RoundTrip(req *http.Request) (*http.Response, error) {
	time.Sleep(s.latency)
	s.requests.Add(1)
	if req.Body != nil {
		_ = req.Body.Close()
	}
	bucket, key, _ := strings.Cut(strings.TrimPrefix(req.URL.Path, "/"), "/")
	switch {
	case req.Method == http.MethodGet && key == "":
		return s.list(req, bucket), nil
	case req.Method == http.MethodHead:
		return s.head(req, bucket, key), nil
	case req.Method == http.MethodPut && bucket == destination:
		return s.copy(req, key)
	}
	return nil, fmt.Errorf("the benchmark's service does not know %s %s", req.Method, req.URL)
}

func (s *service) list(req *http.Request, bucket string) *http.Response {
	query := req.URL.Query()
	after := query.Get("start-after") + query.Get("continuation-token")
	most, _ := strconv.Atoi(query.Get("max-keys"))
	var key []byte
	i := sort.Search(s.objects, func(i int) bool {
		key = appendKey(key[:0], i, "/")
		return string(key) > after
	})
	b := make([]byte, 0, 300*most)
	b = append(b, xml.Header+"<ListBucketResult><Name>"+bucket+"</Name><EncodingType>url</EncodingType>"+
		"<IsTruncated>true</IsTruncated>"...)
	whole := len(b)
	for given := 0; i < s.objects && given < most; i++ {
		if s.holds(bucket, i) {
			given++
			b = appendContents(b, bucket, i)
		}
	}
	for i < s.objects && !s.holds(bucket, i) {
		i++
	}
	if i == s.objects {
		b = slices.Replace(b, whole-len("true</IsTruncated>"), whole, []byte("false</IsTruncated>")...)
	}
	return answer(req, http.StatusOK, append(b, "</ListBucketResult>"...))
}

func appendContents(b []byte, bucket string, i int) []byte {
	b = append(b, "<Contents><Key>"...)
	b = appendKey(b, i, "%2F")
	b = append(b, "</Key><LastModified>"...)
	b = modified(bucket, i).AppendFormat(b, "2006-01-02T15:04:05.000Z")
	b = append(b, `</LastModified><ETag>"`...)
	b = appendETag(b, i)
	b = append(b, `"</ETag><Type>Normal</Type><Size>`...)
	b = strconv.AppendInt(b, int64(sizeOf(i)), 10)
	return append(b, "</Size><StorageClass>Standard</StorageClass></Contents>"...)
}

func (s *service) head(req *http.Request, bucket, key string) *http.Response {
	i, ok := numberOf(key)
	if !ok || !s.holds(bucket, i) {
		return answer(req, http.StatusNotFound, nil)
	}
	resp := answer(req, http.StatusOK, nil)
	resp.ContentLength = int64(sizeOf(i))
	resp.Header.Set("Content-Length", strconv.Itoa(sizeOf(i)))
	resp.Header.Set("ETag", string(append(appendETag([]byte{'"'}, i), '"')))
	resp.Header.Set("Last-Modified", modified(bucket, i).Format(http.TimeFormat))
	resp.Header.Set("x-oss-object-type", "Normal")
	return resp
}

// copy is CopyObject of an object onto its own key in the destination.
func (s *service) copy(req *http.Request, key string) (*http.Response, error) {
	i, ok := numberOf(key)
	from, err := url.QueryUnescape(req.Header.Get("x-oss-copy-source"))
	if err != nil || !ok || from != "/"+source+"/"+key {
		return nil, fmt.Errorf("the benchmark's service does not know a copy of %s to %s", from, key)
	}
	s.mu.Lock()
	s.copied[i/64] |= 1 << (i % 64)
	s.mu.Unlock()
	s.copies.Add(1)
	body := append([]byte(xml.Header+"<CopyObjectResult><LastModified>2026-11-02T00:00:00.000Z</LastModified><ETag>\""),
		appendETag(nil, i)...)
	return answer(req, http.StatusOK, append(body, "\"</ETag></CopyObjectResult>"...)), nil
}

// complete reports whether the destination has all objects, and none was copied twice.
func (s *service) complete() error {
	lacking, wanted := 0, 0
	for i := range s.objects {
		if !s.holds(destination, i) {
			lacking++
		}
		if s.missing(i) {
			wanted++
		}
	}
	if n := int(s.copies.Load()); lacking > 0 || n != wanted {
		return fmt.Errorf("%d copies were made of %d, and %d objects are missing", n, wanted, lacking)
	}
	return nil
}

func answer(req *http.Request, status int, body []byte) *http.Response {
	return &http.Response{StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:        http.Header{"X-Oss-Request-Id": {"5C3D9175B6FC201293AD"}, "Content-Type": {"application/xml"}},
		ContentLength: -1, Body: io.NopCloser(bytes.NewReader(body)), Request: req}
}
