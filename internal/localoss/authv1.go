package localoss

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"hash"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// v1Signed are the query parameters that a V1 signature covers, besides those that begin with
// x-oss-.
var v1Signed = func() map[string]bool {
	signed := map[string]bool{}
	for _, name := range strings.Fields(`
		acl append asyncFetch bucketInfo callback callback-var cleanRestoredObject cloudboxes cname comp
		continuation-token cors delete encryption endTime img inventory inventoryId lifecycle live location
		logging metaQuery notification objectMeta objectMetaList partNumber policy position
		processConfiguration qos qosInfo referer regionList replication replicationLocation
		replicationProgress requestPayment resourceGroup response-cache-control response-content-disposition
		response-content-encoding response-content-language response-content-type response-expires restore
		security-token sequential startTime stat status style styleName symlink tagging transferAcceleration
		uploadId uploads versionId versioning versions vod website worm wormExtend wormId`) {
		signed[name] = true
	}
	return signed
}()

// authenticateV1Header verifies the header "OSS ID:SIGNATURE".
func (r *request) authenticateV1Header(auth string) *Error {
	id, signature, ok := strings.Cut(strings.TrimPrefix(auth, "OSS "), ":")
	if !ok {
		return invalidArgument("The Authorization header is malformed.", "Authorization", auth)
	}
	// x-oss-date replaces Date, for clients that cannot set Date.
	date := defaultTo(r.header("x-oss-date"), r.header("Date"))
	k, e := r.accessKeyAt(id, date)
	if e != nil {
		return e
	}
	return r.checkV1(id, signature, date, k)
}

// accessKeyAt is the access key of a request that was signed, by V1 or V2, at a date that must be about now.
func (r *request) accessKeyAt(id, date string) (AccessKey, *Error) {
	at, err := http.ParseTime(date)
	if err != nil {
		return AccessKey{}, noDate()
	}
	k, e := r.accessKeyV1(id, r.header("x-oss-security-token"))
	if e != nil {
		return AccessKey{}, e
	}
	return k, r.checkClock(at)
}

// accessKeyUntil is the access key of a URL that was presigned, by V1 or V2, until a second that the parameter name
// says, which must not have passed.
func (r *request) accessKeyUntil(id, name string) (AccessKey, *Error) {
	expires := r.param(name)
	seconds, err := strconv.ParseInt(expires, 10, 64)
	if err != nil {
		return AccessKey{}, invalidArgument(name+" must be a number of seconds.", name, expires)
	}
	k, e := r.accessKeyV1(id, defaultTo(r.param("security-token"), r.header("x-oss-security-token")))
	if e != nil {
		return AccessKey{}, e
	}
	return k, r.checkExpiry(time.Unix(seconds, 0))
}

// accessKeyV1 is accessKey with V1's error for a wrong token, as the tests of the C SDK assert it.
func (r *request) accessKeyV1(id, token string) (AccessKey, *Error) {
	k, e := r.accessKey(id, token)
	if e != nil && e.Code == InvalidSecurityToken {
		e = unknownAccessKey(id)
	}
	return k, e
}

func (r *request) authenticateV1Query() *Error {
	id, signature, expires := r.param("OSSAccessKeyId"), r.param("Signature"), r.param("Expires")
	if id == "" || signature == "" || expires == "" {
		return badAuthorization("A presigned URL needs OSSAccessKeyId, Expires and Signature.", "0002-00000201")
	}
	k, e := r.accessKeyUntil(id, "Expires")
	if e != nil {
		return e
	}
	return r.checkV1(id, signature, expires, k)
}

func (r *request) checkV1(id, signature, date string, k AccessKey) *Error {
	resource := "/"
	if r.call.Bucket != "" {
		resource += r.call.Bucket + "/" + r.call.Key
	}
	e := r.verifyV1(id, signature, date, resource, k)
	if e != nil && r.URL.Path == "/"+r.call.Bucket {
		// The C SDK signs what it sends to an IP address: without a slash.
		if r.verifyV1(id, signature, date, r.URL.Path, k) == nil {
			return nil
		}
	}
	return e
}

func (r *request) verifyV1(id, signature, date, resource string, k AccessKey) *Error {
	return r.verifyHMAC(sha1.New, id, signature, r.v1StringToSign(date, resource), k)
}

// verifyHMAC compares a signature with the HMAC of what was to be signed, in Base64, as V1 and V2 have it.
func (r *request) verifyHMAC(digest func() hash.Hash, id, signature, toSign string, k AccessKey) *Error {
	mac := hmac.New(digest, []byte(k.Secret))
	mac.Write([]byte(toSign))
	return r.verify(id, signature, base64.StdEncoding.EncodeToString(mac.Sum(nil)), Detail{"StringToSign", toSign})
}

func (r *request) v1StringToSign(date, resource string) string {
	var b strings.Builder
	b.WriteString(r.Method + "\n" + r.header("Content-MD5") + "\n" + r.header("Content-Type") + "\n" + date + "\n")
	b.WriteString(r.signedHeaders(func(name string) bool { return strings.HasPrefix(name, "x-oss-") }))
	b.WriteString(resource)
	var signed []param
	for _, p := range r.params {
		if v1Signed[p.name] || strings.HasPrefix(p.name, "x-oss-") {
			signed = append(signed, p)
		}
	}
	slices.SortStableFunc(signed, func(a, b param) int { return strings.Compare(a.name, b.name) })
	for i, p := range signed {
		if i == 0 {
			b.WriteByte('?')
		} else {
			b.WriteByte('&')
		}
		b.WriteString(p.name)
		if p.value != "" {
			b.WriteString("=" + p.value)
		}
	}
	return b.String()
}
