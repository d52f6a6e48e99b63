package localoss

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	v4Algorithm = "OSS4-HMAC-SHA256"
	v4Time      = "20060102T150405Z"
	// v4MaxExpires is the longest that a presigned URL may be valid: seven days, in seconds.
	v4MaxExpires = 7 * 24 * 60 * 60
)

// v4 holds the fields of a V4 signature.
type v4 struct {
	id, date, region string
	additional       []string // names of further signed headers, in lower case
	signature        string
	stamp            string // the time as it was signed
	presigned        bool   // the signature is in the URL
	time             time.Time
}

func badAuthorization(message, ec string) *Error {
	return &Error{Code: InvalidArgument, Message: message, EC: ec}
}

// parseV4Header reads "OSS4-HMAC-SHA256 Credential=…,AdditionalHeaders=…,Signature=…".
func parseV4Header(auth string) (v v4, e *Error) {
	var credential string
	for _, field := range strings.Split(strings.TrimPrefix(auth, v4Algorithm+" "), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(field), "=")
		switch name {
		case "Credential":
			credential = value
		case "AdditionalHeaders":
			v.setAdditional(value)
		case "Signature":
			v.signature = value
		}
	}
	if credential == "" || v.signature == "" {
		return v, badAuthorization("The Authorization header lacks Credential or Signature.", "0002-00000202")
	}
	return v, v.setCredential(credential)
}

// setCredential reads "ID/DATE/REGION/oss/aliyun_v4_request".
func (v *v4) setCredential(s string) *Error {
	f := strings.Split(s, "/")
	if len(f) < 5 {
		return badAuthorization("Invalid credential in the signature.", "0002-00000206")
	}
	n := len(f)
	v.id = strings.Join(f[:n-4], "/")
	v.date, v.region = f[n-4], f[n-3]
	if f[n-2] != "oss" || f[n-1] != "aliyun_v4_request" {
		return badAuthorization("Invalid product or request version in the credential.", "0002-00000213")
	}
	return nil
}

func (v *v4) setAdditional(s string) {
	for _, name := range strings.Split(strings.ToLower(s), ";") {
		if name != "" {
			v.additional = append(v.additional, name)
		}
	}
	slices.Sort(v.additional)
}

func (r *request) authenticateV4Header(auth string) *Error {
	v, e := parseV4Header(auth)
	if e != nil {
		return e
	}
	var err error
	if v.stamp = r.header("x-oss-date"); v.stamp != "" {
		v.time, err = time.Parse(v4Time, v.stamp)
	} else {
		v.stamp = r.header("Date")
		v.time, err = http.ParseTime(v.stamp)
	}
	if err != nil {
		return noDate()
	}
	k, e := r.accessKey(v.id, r.header("x-oss-security-token"))
	if e != nil {
		return e
	}
	if e := r.checkClock(v.time); e != nil {
		return e
	}
	return r.checkV4(v, k)
}

func (r *request) authenticateV4Query() *Error {
	if r.param("x-oss-signature-version") != v4Algorithm {
		return badAuthorization("Unsupported x-oss-signature-version.", "0002-00000231")
	}
	v := v4{signature: r.param("x-oss-signature"), stamp: r.param("x-oss-date"), presigned: true}
	v.setAdditional(r.param("x-oss-additional-headers"))
	if e := v.setCredential(r.param("x-oss-credential")); e != nil {
		return e
	}
	var err error
	if v.time, err = time.Parse(v4Time, v.stamp); err != nil {
		return badAuthorization("Invalid x-oss-date.", "0002-00000503")
	}
	lives, err := strconv.Atoi(r.param("x-oss-expires"))
	if err != nil || lives < 1 || lives > v4MaxExpires {
		return badAuthorization("x-oss-expires must be between 1 and 604800 seconds.", "0002-00000222")
	}
	token := r.param("x-oss-security-token")
	if token == "" {
		token = r.header("x-oss-security-token")
	}
	k, e := r.accessKey(v.id, token)
	if e != nil {
		return e
	}
	if v.time.After(r.srv.config.Now().Add(maxClockSkew)) {
		return r.checkClock(v.time)
	}
	if e := r.checkExpiry(v.time.Add(time.Duration(lives) * time.Second)); e != nil {
		return e
	}
	return r.checkV4(v, k)
}

func (r *request) checkV4(v v4, k AccessKey) *Error {
	if want := r.srv.regionOf(r.call.Bucket); v.region != want {
		e := badAuthorization("Invalid signing region in Authorization header.", "0002-00000226")
		if v.presigned {
			e = badAuthorization("The signing region in credential is invalid.", "0002-00000228")
		}
		e.Detail = []Detail{{"SigningRegion", v.region}, {"BucketRegion", want}}
		return e
	}
	if v.date != v.time.UTC().Format("20060102") {
		ec := "0002-00000212"
		if v.presigned {
			ec = "0002-00000223"
		}
		return badAuthorization("The date of the credential is not that of the request.", ec)
	}
	for _, name := range v.additional {
		if name != "host" && name != "content-length" && len(r.Header.Values(name)) == 0 {
			return invalidArgument("A header that the signature names is missing.", "AdditionalHeaders", name)
		}
	}
	e := r.verifyV4(v, k, false)
	if e != nil && r.hasEmptyValues() {
		// The Go SDK signs a parameter without a value as "name", however it is sent. ali-oss signs
		// it as it is sent, "name=".
		if r.verifyV4(v, k, true) == nil {
			return nil
		}
	}
	return e
}

func (r *request) hasEmptyValues() bool {
	return slices.ContainsFunc(r.params, func(p param) bool { return p.equals && p.value == "" })
}

func (r *request) verifyV4(v v4, k AccessKey, equals bool) *Error {
	canonical := r.v4Canonical(v.additional, equals)
	sum := sha256.Sum256([]byte(canonical))
	scope := v.date + "/" + v.region + "/oss/aliyun_v4_request"
	toSign := strings.Join([]string{v4Algorithm, v.stamp, scope, hex.EncodeToString(sum[:])}, "\n")
	key := []byte("aliyun_v4" + k.Secret)
	for _, step := range []string{v.date, v.region, "oss", "aliyun_v4_request", toSign} {
		key = sign(key, step)
	}
	return r.verify(v.id, v.signature, hex.EncodeToString(key),
		Detail{"StringToSign", toSign}, Detail{"CanonicalRequest", canonical})
}

// sign is the HMAC-SHA256 of a text.
func sign(key []byte, text string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

// v4Canonical returns the canonical request that both sides sign. equals is as for v4Query.
func (r *request) v4Canonical(additional []string, equals bool) string {
	path := "/"
	if r.call.Bucket != "" {
		path += r.call.Bucket + "/" + r.call.Key
	}
	var b strings.Builder
	b.WriteString(r.Method + "\n" + escape(path, true) + "\n" + r.v4Query(equals) + "\n")
	b.WriteString(r.signedHeaders(func(name string) bool {
		return strings.HasPrefix(name, "x-oss-") || name == "content-type" || name == "content-md5" ||
			slices.Contains(additional, name)
	}))
	b.WriteString("\n" + strings.Join(additional, ";") + "\n")
	b.WriteString(defaultTo(r.header("x-oss-content-sha256"), "UNSIGNED-PAYLOAD"))
	return b.String()
}

func (r *request) signedHeader(name string) string {
	values := r.Header.Values(name)
	switch {
	case name == "host":
		return r.Host
	case name == "content-length" && len(values) == 0:
		return strconv.FormatInt(r.ContentLength, 10)
	}
	trimmed := make([]string, len(values))
	for i, v := range values {
		trimmed[i] = strings.TrimSpace(v)
	}
	return strings.Join(trimmed, ",")
}

// v4Query returns the canonical query: the parameters sorted by name, encoded again, since clients sign them encoded
// but may send them otherwise. With equals, a parameter that was sent as "name=" keeps its equals sign.
func (r *request) v4Query(equals bool) string {
	var items []param
	for _, p := range r.params {
		if p.name == "x-oss-signature" {
			continue
		}
		p.name, p.value = escape(p.name, false), escape(p.value, false)
		items = append(items, p)
	}
	slices.SortStableFunc(items, func(a, b param) int { return strings.Compare(a.name, b.name) })
	var b strings.Builder
	for i, p := range items {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(p.name)
		if p.value != "" || equals && p.equals {
			b.WriteString("=" + p.value)
		}
	}
	return b.String()
}

// escape percent-encodes as RFC 3986 says: all but letters, digits and -._~, and with keepSlash also
// /.
func escape(s string, keepSlash bool) string {
	const hexDigits = "0123456789ABCDEF"
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9',
			c == '-', c == '.', c == '_', c == '~', c == '/' && keepSlash:
			b.WriteByte(c)
		default:
			b.WriteByte('%')
			b.WriteByte(hexDigits[c>>4])
			b.WriteByte(hexDigits[c&15])
		}
	}
	return b.String()
}
