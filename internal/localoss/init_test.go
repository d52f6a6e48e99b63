package localoss_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"afterput/internal/localoss"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/retry"
)

var ctx = context.Background()

// world is a server, an SDK client of it, and the events it raised.
type world struct {
	*testing.T
	*localoss.Server
	sdk *oss.Client

	mu     sync.Mutex
	events []raised
}

// raised is the part of an event that the tests check.
type raised struct {
	Name, Key, ETag string
	Size, Delta     int64
}

// newWorld makes a server with the bucket "bkt" and an SDK client that calls it in this process.
func newWorld(t *testing.T, config localoss.Config, edit ...func(*oss.Config)) *world {
	t.Helper()
	w := &world{T: t}
	config.OnEvent = w.record
	s, err := localoss.New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	w.Server = s
	if err := s.CreateBucket("bkt"); err != nil {
		t.Fatal(err)
	}
	w.sdk = inProcess(s, edit...)
	return w
}

func (w *world) record(payload []byte) {
	var doc struct {
		Events []struct {
			EventName string
			OSS       struct {
				Object struct {
					Key, ETag       string
					Size, DeltaSize int64
				}
			}
		}
	}
	if err := json.Unmarshal(payload, &doc); err != nil {
		w.Errorf("event %s: %v", payload, err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range doc.Events {
		o := e.OSS.Object
		w.events = append(w.events, raised{e.EventName, o.Key, o.ETag, o.Size, o.DeltaSize})
	}
}

// names returns the names of the events since it was last called.
func (w *world) names() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []string
	for _, e := range w.events {
		all = append(all, e.Name)
	}
	w.events = nil
	return all
}

// sdkClient returns the official client without retries. Its clock-skew correction is off, because
// it writes without a lock.
func sdkClient(endpoint string, hc *http.Client, edit ...func(*oss.Config)) *oss.Client {
	config := oss.LoadDefaultConfig().
		WithCredentialsProvider(credentials.NewStaticCredentialsProvider("local", "local")).
		WithRegion("cn-hangzhou").WithEndpoint(endpoint).WithRetryer(retry.NopRetryer{})
	if hc != nil {
		config = config.WithHttpClient(hc)
	}
	for _, e := range edit {
		e(config)
	}
	return oss.NewClient(config, func(o *oss.Options) { o.FeatureFlags &^= oss.FeatureCorrectClockSkew })
}

// inProcess returns an SDK client that calls the server without a socket.
func inProcess(s *localoss.Server, edit ...func(*oss.Config)) *oss.Client {
	return sdkClient("http://127.0.0.1:9", &http.Client{Transport: s.Transport()}, edit...)
}

// listen serves the server on a loopback port and returns its URL.
func (w *world) listen() string {
	hs := httptest.NewServer(w.Server)
	w.Cleanup(hs.Close)
	return hs.URL
}

func (w *world) put(key, text string, edit ...func(*oss.PutObjectRequest)) *oss.PutObjectResult {
	w.Helper()
	req := &oss.PutObjectRequest{Bucket: oss.Ptr("bkt"), Key: oss.Ptr(key), Body: strings.NewReader(text)}
	for _, e := range edit {
		e(req)
	}
	out, err := w.sdk.PutObject(ctx, req)
	if err != nil {
		w.Fatalf("put %q: %v", key, err)
	}
	return out
}

func (w *world) get(key string) string {
	w.Helper()
	out, err := w.sdk.GetObject(ctx, &oss.GetObjectRequest{Bucket: oss.Ptr("bkt"), Key: oss.Ptr(key)})
	if err != nil {
		w.Fatalf("get %q: %v", key, err)
	}
	defer out.Body.Close()
	text, err := io.ReadAll(out.Body)
	if err != nil {
		w.Fatalf("get %q: %v", key, err)
	}
	return string(text)
}

// refused checks that err is an error of OSS with the status, code and EC; an empty EC is any.
func (w *world) refused(err error, status int, code, ec string) {
	w.Helper()
	var se *oss.ServiceError
	if !errors.As(err, &se) {
		w.Fatalf("got %v, want %d %s", err, status, code)
	}
	if se.StatusCode != status || se.Code != code || ec != "" && se.EC != ec {
		w.Fatalf("got %d %s %s, want %d %s %s", se.StatusCode, se.Code, se.EC, status, code, ec)
	}
	if len(se.RequestID) != 24 {
		w.Fatalf("request id %q is not 24 digits", se.RequestID)
	}
}

func asServiceError(err error, se **oss.ServiceError) bool { return errors.As(err, se) }
