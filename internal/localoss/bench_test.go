package localoss_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"testing"
	"time"

	"afterput/internal/localoss"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
)

// benchmark measures only the server, from a parsed request to its reply. The request is a presigned
// URL, signed once.
func benchmark(b *testing.B, signed func(*oss.Client) (*oss.PresignResult, error)) {
	s, err := localoss.New(localoss.Config{})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	if err := s.CreateBucket("bkt"); err != nil {
		b.Fatal(err)
	}
	client, text := inProcess(s), bytes.Repeat([]byte("x"), 1024)
	if _, err := client.PutObject(ctx, &oss.PutObjectRequest{
		Bucket: oss.Ptr("bkt"), Key: oss.Ptr("k"), Body: bytes.NewReader(text),
	}); err != nil {
		b.Fatal(err)
	}
	to, err := signed(client)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		body := bytes.NewReader(text)
		if to.Method != http.MethodPut || to.SignedHeaders["x-oss-copy-source"] != "" {
			body = bytes.NewReader(nil)
		}
		r := httptest.NewRequest(to.Method, to.URL, body)
		r.Header.Set("Content-Length", fmt.Sprint(r.ContentLength))
		for name, value := range to.SignedHeaders {
			r.Header.Set(name, value)
		}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			b.Fatal(w.Code, w.Body)
		}
	}
}

var benchExpiry = oss.PresignExpires(time.Hour)

func BenchmarkPutObject1KiB(b *testing.B) {
	benchmark(b, func(c *oss.Client) (*oss.PresignResult, error) {
		return c.Presign(ctx, &oss.PutObjectRequest{Bucket: oss.Ptr("bkt"), Key: oss.Ptr("k")}, benchExpiry)
	})
}

func BenchmarkGetObject1KiB(b *testing.B) {
	benchmark(b, func(c *oss.Client) (*oss.PresignResult, error) {
		return c.Presign(ctx, &oss.GetObjectRequest{Bucket: oss.Ptr("bkt"), Key: oss.Ptr("k")}, benchExpiry)
	})
}

func BenchmarkHeadObject(b *testing.B) {
	benchmark(b, func(c *oss.Client) (*oss.PresignResult, error) {
		return c.Presign(ctx, &oss.HeadObjectRequest{Bucket: oss.Ptr("bkt"), Key: oss.Ptr("k")}, benchExpiry)
	})
}

func BenchmarkCopyObject1KiB(b *testing.B) {
	benchmark(b, func(c *oss.Client) (*oss.PresignResult, error) {
		return c.Presign(ctx, &oss.PutObjectRequest{Bucket: oss.Ptr("bkt"), Key: oss.Ptr("copy"),
			RequestCommon: oss.RequestCommon{Headers: map[string]string{"x-oss-copy-source": "/bkt/k"}}}, benchExpiry)
	})
}

// BenchmarkMemory reports how much memory an object of 1 KiB needs, including its content.
func BenchmarkMemory(b *testing.B) {
	s, err := localoss.New(localoss.Config{})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	if err := s.CreateBucket("bkt"); err != nil {
		b.Fatal(err)
	}
	client, text := inProcess(s), bytes.Repeat([]byte("x"), 1024)
	before := heap()
	n := 0
	for b.Loop() {
		if _, err := client.PutObject(ctx, &oss.PutObjectRequest{
			Bucket: oss.Ptr("bkt"), Key: oss.Ptr(fmt.Sprintf("objects/%08d", n)), Body: bytes.NewReader(text),
		}); err != nil {
			b.Fatal(err)
		}
		n++
	}
	b.ReportMetric(float64(heap()-before)/float64(n), "B/object")
	runtime.KeepAlive(s)
}

// heap returns the memory in use after a garbage collection.
func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
