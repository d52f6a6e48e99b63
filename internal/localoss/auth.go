package localoss

import (
	"crypto/subtle"
	"fmt"
	"strings"
	"time"
)

// maxClockSkew is how far a signed request's clock may be off.
const maxClockSkew = 15 * time.Minute

// authenticate verifies the signature, whichever it is, and notes whose it is.
// A request with none is anonymous.
func (r *request) authenticate() *Error {
	auth := r.header("Authorization")
	switch {
	case strings.HasPrefix(auth, "OSS4-HMAC-SHA256 "):
		return r.authenticateV4Header(auth)
	case strings.HasPrefix(auth, "OSS "):
		return r.authenticateV1Header(auth)
	case auth != "":
		return invalidArgument("Unsupported authorization type.", "Authorization", auth)
	case r.hasParam("x-oss-signature-version"):
		return r.authenticateV4Query()
	case r.hasParam("OSSAccessKeyId") || r.hasParam("Signature"):
		return r.authenticateV1Query()
	}
	return nil
}

// key finds an access key and checks the security token that belongs to it.
func (r *request) accessKey(id, token string) (AccessKey, *Error) {
	k, ok := r.srv.config.AccessKeys[id]
	if !ok {
		return k, &Error{Code: InvalidAccessKeyID, Detail: []Detail{{"OSSAccessKeyId", id}}}
	}
	if k.SecurityToken != token {
		return k, refuse(InvalidSecurityToken, "")
	}
	if !k.Expires.IsZero() && r.srv.config.Now().After(k.Expires) {
		return k, refuse(SecurityTokenExpired, "")
	}
	return k, nil
}

// accept compares the signatures and notes who signed.
func (r *request) verify(id, got, want string, detail ...Detail) *Error {
	if subtle.ConstantTimeCompare([]byte(got), []byte(want)) != 1 {
		return &Error{Code: SignatureDoesNotMatch,
			Detail: append([]Detail{{"OSSAccessKeyId", id}, {"SignatureProvided", got}}, detail...)}
	}
	r.call.AccessKeyID = id
	return nil
}

// skewed refuses a request whose clock is off. The SDKs correct theirs by
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

// expired refuses a presigned URL after its time.
func (r *request) checkExpiry(at time.Time) *Error {
	if now := r.srv.config.Now().UTC(); now.After(at) {
		return &Error{Code: AccessDenied, Message: "Request has expired.", EC: "0002-00000069", Detail: []Detail{
			{"Expires", at.UTC().Format(xmlTime)},
			{"ServerTime", now.Format(xmlTime)},
		}}
	}
	return nil
}

// xmlTime is how OSS writes times in XML.
const xmlTime = "2006-01-02T15:04:05.000Z"
