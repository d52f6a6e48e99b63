package osscall

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestRequestWithoutContentIsSentWithoutABody(t *testing.T) {
	for _, content := range []string{"", "{}"} {
		var chunked []string
		var got string
		server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
			body, _ := io.ReadAll(req.Body)
			chunked, got = req.TransferEncoding, string(body)
		}))
		defer server.Close()
		req, err := http.NewRequest(http.MethodPut, server.URL, io.NopCloser(strings.NewReader(content)))
		if err != nil {
			t.Fatal(err)
		}
		res, err := newTransport().RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if got != content || (chunked != nil) != (content != "") {
			t.Errorf("%q arrived as %q, in chunks: %v", content, got, chunked)
		}
	}
}
