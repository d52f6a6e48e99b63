package localoss

import (
	"crypto/subtle"
	"fmt"
	"slices"
	"strings"
	"time"
)

// maxClockSkew is how far the time of a signed request may differ from the server's.
const maxClockSkew = 15 * time.Minute

// authenticate verifies the signature and sets the request's access key. A request without a
// signature is anonymous.
func (r *request) authenticate() *Error {
	auth := r.header("Authorization")
	switch {
	case strings.HasPrefix(auth, awsAlgorithm+" ") || r.hasParam("X-Amz-Signature"):
		return r.authenticateAWS()
	case strings.HasPrefix(auth, "OSS4-HMAC-SHA256 "):
		return r.authenticateV4Header(auth)
	case strings.HasPrefix(auth, "OSS2 "):
		return r.authenticateV2Header(auth)
	case strings.HasPrefix(auth, "OSS "):
		return r.authenticateV1Header(auth)
	case auth != "":
		return invalidArgument("Unsupported authorization type.", "Authorization", auth)
	case r.param("x-oss-signature-version") == "OSS2":
		return r.authenticateV2Query()
	case r.hasParam("x-oss-signature-version"):
		return r.authenticateV4Query()
	case r.hasParam("OSSAccessKeyId") || r.hasParam("Signature"):
		return r.authenticateV1Query()
	}
	return nil
}

// accessKey finds an access key and checks its security token.
func (r *request) accessKey(id, token string) (AccessKey, *Error) {
	k, ok := r.srv.findKey(id)
	if !ok {
		return k, unknownAccessKey(id)
	}
	if k.SecurityToken != token {
		return k, refuse(InvalidSecurityToken, "")
	}
	if !k.Expires.IsZero() && r.srv.config.Now().After(k.Expires) {
		return k, refuse(SecurityTokenExpired, "")
	}
	return k, nil
}

// findKey finds an access key by its id.
func (s *Server) findKey(id string) (AccessKey, bool) {
	k, ok := s.config.AccessKeys[id]
	if !ok && s.config.Sessions != nil {
		return s.config.Sessions(id)
	}
	return k, ok
}

// keyOf is an access key that has been found before.
func (s *Server) keyOf(id string) AccessKey {
	k, _ := s.findKey(id)
	return k
}

func unknownAccessKey(id string) *Error {
	return &Error{Code: InvalidAccessKeyID, Detail: []Detail{{"OSSAccessKeyId", id}}}
}

// verify compares the signatures and sets the request's access key.
func (r *request) verify(id, got, want string, detail ...Detail) *Error {
	if subtle.ConstantTimeCompare([]byte(got), []byte(want)) != 1 {
		return &Error{Code: SignatureDoesNotMatch,
			Detail: append([]Detail{{"OSSAccessKeyId", id}, {"SignatureProvided", got}}, detail...)}
	}
	r.call.AccessKeyID = id
	return nil
}

func noDate() *Error {
	return &Error{Code: AccessDenied, Message: "OSS authentication requires a valid Date.", EC: "0002-00000503"}
}

// signedHeaders returns the headers that a signature covers, a line each.
func (r *request) signedHeaders(included func(name string) bool) string {
	var names []string
	for name := range r.Header {
		if name = strings.ToLower(name); included(name) {
			names = append(names, name)
		}
	}
	// net/http does not keep these two among the headers.
	for _, name := range []string{"host", "content-length"} {
		if included(name) && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	var b strings.Builder
	for _, name := range names {
		b.WriteString(name + ":" + r.signedHeader(name) + "\n")
	}
	return b.String()
}

// checkClock refuses a request whose time differs too much. The SDKs correct their clock by
// ServerTime.
func (r *request) checkClock(at time.Time) *Error {
	now := r.srv.config.Now().UTC()
	if d := now.Sub(at); d > maxClockSkew || d < -maxClockSkew {
		return &Error{Code: RequestTimeTooSkewed, Detail: []Detail{
			{"MaxAllowedSkewMilliseconds", fmt.Sprint(maxClockSkew.Milliseconds())},
			{"RequestTime", at.UTC().Format(xmlTime)},
			{"ServerTime", now.Format(xmlTime)},
		}}
	}
	return nil
}

// checkExpiry refuses an expired presigned URL. A URL is valid for all of its last second, as ossutil's tests need.
func (r *request) checkExpiry(at time.Time) *Error {
	if now := r.srv.now(); now.After(at) {
		return &Error{Code: AccessDenied, Message: "Request has expired.", EC: "0002-00000069", Detail: []Detail{
			{"Expires", at.UTC().Format(xmlTime)},
			{"ServerTime", now.Format(xmlTime)},
		}}
	}
	return nil
}

// xmlTime is OSS's format of times in XML.
const xmlTime = "2006-01-02T15:04:05.000Z"
