package osscall

import "net/http"

// uncompressed asks for the contents of objects as they are: OSS compresses some texts for clients that accept it, as
// net/http does if nothing is said, and then sends neither their length nor their ETag.
// Source: OSS API reference, GetObject.
type uncompressed struct{ next http.RoundTripper }

// RoundTrip sends the request.
func (u uncompressed) RoundTrip(req *http.Request) (*http.Response, error) {
	if operationOf(req) == "GetObject" {
		asking := *req
		asking.Header = req.Header.Clone()
		asking.Header.Set("Accept-Encoding", "identity")
		req = &asking
	}
	return u.next.RoundTrip(req)
}
