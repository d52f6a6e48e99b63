package faults

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/localoss"
	"afterput/internal/localoss/fault"
)

const (
	away = "cn-beijing" // where the destination of a streamed copy is
	// farSize is streamed in parts by either tool: the Uploader's are of 6 MiB.
	farSize     = int64(72 << 20)
	farPartSize = 6 << 20
)

// farRows are about copies to another region, whose content goes through the function.
func farRows() []row {
	far := func(faults ...fault.Fault) setup { return setup{far: true, faults: faults} }
	once := func(operation string, f fault.Fault) setup {
		f.Operations, f.Calls = []string{operation}, fault.Nth(2) // not the first: something is under way already
		return far(f)
	}
	first := func(operation string, f fault.Fault) setup {
		f.Operations, f.Calls = []string{operation}, fault.Nth(1)
		return far(f)
	}
	return []row{
		{"none: an object with metadata and a tag", meets(far(), func(w *world) string {
			w.put(farSize, localoss.WithHeader("x-oss-meta-a", "b"), localoss.WithHeader("x-oss-tagging", "c=d"),
				localoss.WithHeader("Content-Type", "text/csv"))
			said := w.copy(w.ctx)
			o, ok := w.Object(to, key)
			if !ok || o.Meta["a"] != "b" || o.ContentType != "text/csv" {
				return w.left(said) + ", **without its content type and metadata**"
			}
			if len(o.Tags) == 0 {
				return w.left(said) + ", **without its tag**"
			}
			return w.left(said) + ", with type, metadata and tag"
		})},
		{"the source's content ends early, once",
			meets(first("GetObject", fault.Fault{Body: fault.Truncated}), copyFar)},
		{"a byte of the source's content is damaged on its way", meets(setup{far: true, via: damaged}, copyFar)},
		{"a range is answered with the whole object, once", meets(setup{far: true, via: withoutRange}, copyFar)},
		{"the source is overwritten while its parts are sent",
			meets(setup{far: true, intercept: overwriting("UploadPart", 2, farSize)}, copyFar)},
		{"a part is stored damaged", meets(once("UploadPart", fault.Fault{Corrupt: []int64{7}}), copyFar)},
		{"the answer to a part is lost", meets(once("UploadPart", fault.Fault{Drop: true, Committed: true}), copyFar)},
		{"the answer to CompleteMultipartUpload is lost", meets(
			first("CompleteMultipartUpload", fault.Fault{Drop: true, Committed: true}), copyFar)},
		{"the invocation runs out of time half-way, and a retry follows", meets(far(), func(w *world) string {
			w.put(farSize)
			ctx, cancel := context.WithTimeout(w.ctx, 2500*time.Millisecond)
			defer cancel()
			w.copy(ctx)
			time.Sleep(time.Minute)
			before := w.Counts()["UploadPart"]
			said := w.copyAgain(w.ctx)
			return fmt.Sprintf("%s; %s, %s; the retry sends %d of %d parts", said, w.destination(), w.openInTheEnd(),
				w.Counts()["UploadPart"]-before, (farSize+farPartSize-1)/farPartSize)
		})},
		{"the other region cannot be reached from half-way on, and a retry follows an hour later",
			meets(setup{far: true, via: unreachable}, func(w *world) string {
				w.put(farSize)
				w.copy(w.ctx)
				time.Sleep(unreachableFor)
				said := w.copyAgain(w.ctx)
				return fmt.Sprintf("%s; %s, %s", said, w.destination(), w.openInTheEnd())
			})},
	}
}

func copyFar(w *world) string {
	w.put(farSize)
	return w.left(w.copy(w.ctx))
}

// upload gives the body of GetObject to the SDK's Uploader.
func (w *world) upload(ctx context.Context) error {
	res, err := w.client.GetObject(ctx, &oss.GetObjectRequest{Bucket: oss.Ptr(from), Key: oss.Ptr(key)})
	if err != nil {
		return err
	}
	defer res.Body.Close()
	_, err = oss.NewUploader(w.farClient).UploadFrom(ctx, &oss.PutObjectRequest{Bucket: oss.Ptr(to), Key: oss.Ptr(key)},
		res.Body)
	return err
}

// way changes requests or their answers on the way.
type way func(*http.Request) (*http.Response, error)

func (f way) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// withoutRange takes the range from the first request for content.
func withoutRange(*world) func(http.RoundTripper) http.RoundTripper {
	var done atomic.Bool
	return func(next http.RoundTripper) http.RoundTripper {
		return way(func(r *http.Request) (*http.Response, error) {
			if r.Header.Get("Range") != "" && !done.Swap(true) {
				r = r.Clone(r.Context())
				r.Header.Del("Range")
			}
			return next.RoundTrip(r)
		})
	}
}

const unreachableFor = time.Hour

// unreachable lets no request to the destination through after some parts were sent, for an hour.
func unreachable(*world) func(http.RoundTripper) http.RoundTripper {
	var sent atomic.Int64
	var began atomic.Pointer[time.Time]
	return func(next http.RoundTripper) http.RoundTripper {
		return way(func(r *http.Request) (*http.Response, error) {
			if r.URL.Query().Has("partNumber") && sent.Add(1) == farSize/farPartSize/2 {
				now := time.Now()
				began.Store(&now)
			}
			since := began.Load()
			if since != nil && time.Since(*since) < unreachableFor && r.Method != http.MethodGet &&
				strings.Contains(r.URL.Host+r.URL.Path, to) {
				return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ENETUNREACH}
			}
			return next.RoundTrip(r)
		})
	}
}

// damaged changes a byte of the first content that is read.
func damaged(*world) func(http.RoundTripper) http.RoundTripper {
	var done atomic.Bool
	return func(next http.RoundTripper) http.RoundTripper {
		return way(func(r *http.Request) (*http.Response, error) {
			resp, err := next.RoundTrip(r)
			if err == nil && r.Method == http.MethodGet && resp.ContentLength >= farPartSize && !done.Swap(true) {
				resp.Body = &flipping{ReadCloser: resp.Body, at: 1000}
			}
			return resp, err
		})
	}
}

// flipping flips a bit of one byte of a content.
type flipping struct {
	io.ReadCloser
	at int // how many bytes come before it
}

func (f *flipping) Read(p []byte) (int, error) {
	n, err := f.ReadCloser.Read(p)
	if f.at >= 0 && f.at < n {
		p[f.at] ^= 1
	}
	f.at -= n
	return n, err
}
