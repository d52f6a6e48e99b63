// Package signed verifies that a request of an Alibaba Cloud API is signed with ACS3-HMAC-SHA256, as the services do.
package signed

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// signatureAlgorithm is signature mechanism V3 of Alibaba Cloud's OpenAPI.
// Source: Alibaba Cloud OpenAPI, request structure and signature V3.
const signatureAlgorithm = "ACS3-HMAC-SHA256"

// maxClockSkew is how far the date of a request may be from the time of the service.
const maxClockSkew = 15 * time.Minute

// mustHave are the headers that every signed request has.
var mustHave = []string{
	"x-acs-action", "x-acs-content-sha256", "x-acs-date", "x-acs-signature-nonce", "x-acs-version",
}

// Key is the secret of an access key. SecurityToken is "" for a permanent one.
type Key struct{ Secret, SecurityToken string }

// Refusal is why a request is refused, in the words of the service.
type Refusal struct {
	Status        int
	Code, Message string
}

// Refuse is a refusal whose message is formatted.
func Refuse(status int, code, format string, args ...any) *Refusal {
	return &Refusal{status, code, fmt.Sprintf(format, args...)}
}

// Check returns the id of the access key that has signed a request, or why it is refused. find returns an access key
// by its id.
func Check(
	r *http.Request, body []byte, find func(id string) (Key, bool), now time.Time,
) (keyID string, refused *Refusal) {
	for _, name := range mustHave {
		if r.Header.Get(name) == "" {
			return "", Refuse(http.StatusBadRequest, "MissingRequiredHeader",
				"required HTTP header %s was not specified", name)
		}
	}
	s, ok := parseAuthorization(r.Header.Get("Authorization"))
	if !ok {
		return "", Refuse(http.StatusForbidden, "IncompleteSignature",
			"the Authorization header is not of the form %s Credential=…,SignedHeaders=…,Signature=…",
			signatureAlgorithm)
	}
	key, known := find(s.keyID)
	if !known {
		return "", Refuse(http.StatusForbidden, "InvalidAccessKeyID", "invalid access key ID '%s'", s.keyID)
	}
	if key.SecurityToken != r.Header.Get("x-acs-security-token") {
		return "", Refuse(http.StatusForbidden, "InvalidSecurityToken",
			"the security token is not that of the access key")
	}
	date, err := time.Parse("2006-01-02T15:04:05Z", r.Header.Get("x-acs-date"))
	if err != nil || date.Sub(now).Abs() > maxClockSkew {
		return "", Refuse(http.StatusForbidden, "InvalidTimeStamp.Expired",
			"x-acs-date is %q; want a time within %v of %s", r.Header.Get("x-acs-date"), maxClockSkew,
			now.UTC().Format(time.RFC3339))
	}
	if name := s.unsigned(r.Header); name != "" {
		return "", Refuse(http.StatusForbidden, "SignatureDoesNotMatch", "the header %s is not signed", name)
	}
	if text := canonicalRequest(r, s.headers, hexSHA256(body)); !s.matches(text, key.Secret) {
		return "", Refuse(http.StatusForbidden, "SignatureDoesNotMatch",
			"the signature does not match; the service signs this:\n%s", text)
	}
	return s.keyID, nil
}

// authorization is what an Authorization header holds.
type authorization struct {
	keyID     string
	headers   []string // lower case, as signed
	signature string
}

func parseAuthorization(header string) (s authorization, ok bool) {
	rest, ok := strings.CutPrefix(header, signatureAlgorithm+" ")
	if !ok {
		return s, false
	}
	fields := map[string]string{}
	for part := range strings.SplitSeq(rest, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		fields[name] = value
	}
	s = authorization{fields["Credential"], strings.Split(fields["SignedHeaders"], ";"), fields["Signature"]}
	return s, s.keyID != "" && fields["SignedHeaders"] != "" && s.signature != ""
}

// unsigned names a header that has to be signed and is not; "" if there is none.
func (s authorization) unsigned(h http.Header) string {
	names := []string{"host"}
	for name := range h {
		if name = strings.ToLower(name); strings.HasPrefix(name, "x-acs-") || name == "content-type" {
			names = append(names, name)
		}
	}
	for _, name := range names {
		if !slices.Contains(s.headers, name) {
			return name
		}
	}
	return ""
}

func (s authorization) matches(canonical, secret string) bool {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(signatureAlgorithm + "\n" + hexSHA256([]byte(canonical))))
	given, err := hex.DecodeString(s.signature)
	return err == nil && hmac.Equal(given, mac.Sum(nil))
}

// canonicalRequest is the text whose digest is signed.
func canonicalRequest(r *http.Request, signed []string, digest string) string {
	var headers strings.Builder
	for _, name := range signed {
		value := strings.Join(r.Header.Values(name), ",")
		if name == "host" {
			value = r.Host
		}
		headers.WriteString(name + ":" + strings.TrimSpace(value) + "\n")
	}
	segments := strings.Split(r.URL.Path, "/")
	for i := range segments {
		segments[i] = percentEncode(segments[i])
	}
	return strings.Join([]string{
		r.Method, strings.Join(segments, "/"), canonicalQuery(r.URL.Query()), headers.String(),
		strings.Join(signed, ";"), digest,
	}, "\n")
}

func canonicalQuery(query url.Values) string {
	var pairs []string
	for name, values := range query {
		for _, value := range values {
			pairs = append(pairs, percentEncode(name)+"="+percentEncode(value))
		}
	}
	slices.Sort(pairs)
	return strings.Join(pairs, "&")
}

// percentEncode encodes every byte but the unreserved characters of RFC 3986.
func percentEncode(s string) string {
	return strings.NewReplacer("+", "%20", "*", "%2A", "%7E", "~").Replace(url.QueryEscape(s))
}

func hexSHA256(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
