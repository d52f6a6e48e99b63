package osscall

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// replies answers each request with the next of some documents.
type replies []string

func (r *replies) RoundTrip(req *http.Request) (*http.Response, error) {
	body := (*r)[0]
	*r = (*r)[1:]
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"X-Oss-Request-Id": {"1"}}, Request: req,
		Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body))}, nil
}

// The SDK and its callers may both close a body.
func TestADocumentThatIsClosedTwiceDoesNotGetIntoAnother(t *testing.T) {
	tagging := func(value string) string { return "<Tagging><TagSet>" + value + "</TagSet></Tagging>" }
	checker := responseChecker{&replies{tagging("first"), tagging("second"), tagging("third")}}
	get := func() io.ReadCloser {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://b.oss/k?tagging", nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := checker.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		return resp.Body
	}
	first := get()
	_ = first.Close()
	_ = first.Close()
	if n, err := first.Read(make([]byte, 1)); n != 0 || err == nil {
		t.Errorf("a closed body gave %d bytes, %v", n, err)
	}
	second, third := get(), get()
	for i, body := range []io.ReadCloser{second, third} {
		text, err := io.ReadAll(body)
		if want := tagging([]string{"second", "third"}[i]); string(text) != want || err != nil {
			t.Errorf("%q, %v; want %q", text, err, want)
		}
		_ = body.Close()
	}
}
