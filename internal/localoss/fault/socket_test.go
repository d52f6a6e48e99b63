package fault

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"afterput/internal/localoss"
)

// TestConnectionsAreCutOverASocketToo sends requests without the SDK, which has its own errors for
// a cut connection.
func TestConnectionsAreCutOverASocketToo(t *testing.T) {
	in := New(1,
		Fault{Operations: []string{"GetObject"}, Calls: Nth(1), Drop: true},
		Fault{Operations: []string{"GetObject"}, Calls: Nth(2), Body: Truncated},
		Fault{Operations: []string{"GetObject"}, Calls: Nth(3), Body: Empty},
	)
	server, err := localoss.New(localoss.Config{Intercept: in.Intercept})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	web := httptest.NewServer(server)
	defer web.Close()
	if err := server.CreateBucket("src", localoss.WithBucketACL("public-read-write")); err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}} // with keep-alives the client retries
	send := func(method string) (body string, err error) {
		request, err := http.NewRequestWithContext(t.Context(), method, web.URL+"/src/k", nil)
		if err != nil {
			t.Fatal(err)
		}
		if method == http.MethodPut {
			request.Body, request.ContentLength = io.NopCloser(&repeat{1000}), 1000
		}
		response, err := client.Do(request)
		if err != nil {
			return "", err
		}
		defer response.Body.Close()
		b, err := io.ReadAll(response.Body)
		return string(b), err
	}
	if body, err := send(http.MethodPut); err != nil || body != "" {
		t.Fatal(body, err)
	}
	if _, err := send(http.MethodGet); !errors.Is(err, io.EOF) {
		t.Errorf("dropped: got %v, want a cut connection", err)
	}
	if body, err := send(http.MethodGet); !errors.Is(err, io.ErrUnexpectedEOF) || len(body) != 500 {
		t.Errorf("truncated: got %d bytes, %v; want 500 and a cut", len(body), err)
	}
	if body, err := send(http.MethodGet); err != nil || body != "" {
		t.Errorf("empty: got %d bytes, %v", len(body), err)
	}
	if body, err := send(http.MethodGet); err != nil || len(body) != 1000 {
		t.Errorf("whole: got %d bytes, %v", len(body), err)
	}
}

// repeat is a reader of left bytes.
type repeat struct{ left int }

func (r *repeat) Read(p []byte) (int, error) {
	if r.left == 0 {
		return 0, io.EOF
	}
	n := min(len(p), r.left)
	r.left -= n
	return n, nil
}
