package osscall

import (
	"bytes"
	"encoding/base64"
	"io"
	"net/http"
	"slices"
	"strings"
)

// renewing tells an identity when OSS no longer accepts its credentials: a session may end before this process expects
// it to, since the clock of an instance may stand still while Function Compute freezes it.
type renewing struct {
	next     http.RoundTripper
	identity Identity
}

// sessionOver are the error codes with which OSS refuses the credentials of a session that has ended.
// Source: OSS error codes, HTTP status code 403.
var sessionOver = []string{"SecurityTokenExpired", "InvalidSecurityToken", "InvalidAccessKeyId"}

// maxErrorDocument is more bytes than an error document of OSS has.
const maxErrorDocument = 64 << 10

// RoundTrip sends the request.
func (r renewing) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := r.next.RoundTrip(req)
	if err != nil || resp.StatusCode != http.StatusForbidden {
		return resp, err
	}
	document, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorDocument)) // what is missing the SDK misses too
	_ = resp.Body.Close()
	resp.Body = io.NopCloser(bytes.NewReader(document))
	if head, err := base64.StdEncoding.DecodeString(resp.Header.Get("x-oss-err")); err == nil && len(head) > 0 {
		document = head // a response to HEAD has no body
	}
	if slices.ContainsFunc(sessionOver, func(code string) bool {
		return bytes.Contains(document, []byte("<Code>"+code+"</Code>"))
	}) {
		_, id, _ := strings.Cut(req.Header.Get("Authorization"), "Credential=")
		id, _, _ = strings.Cut(id, "/")
		r.identity.Refused(id)
	}
	return resp, nil
}
