package localoss

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	awsAlgorithm = "AWS4-HMAC-SHA256"
	// awsStreaming is the only x-amz-content-sha256 with which OSS takes aws-chunked bodies.
	// Source: OSS help, EC 0017-00000804.
	awsStreaming = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
)

// aws holds the fields of a V4 signature of AWS. OSS takes any region in it.
type aws struct {
	id, scope string
	key       []byte   // signs the request, and the chunks of its body
	headers   []string // the names of signed headers, as they were sent
	signature string
	stamp     string
	payload   string
}

// authenticateAWS verifies the header "AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…", or the parameters
// X-Amz-… of a presigned URL.
func (r *request) authenticateAWS() *Error {
	var v aws
	var credential, token string
	fields := map[string]string{}
	header, inHeader := strings.CutPrefix(r.header("Authorization"), awsAlgorithm+" ")
	if inHeader {
		for _, field := range strings.Split(header, ",") {
			name, value, _ := strings.Cut(strings.TrimSpace(field), "=")
			fields[name] = value
		}
		v.stamp = r.header("x-amz-date")
		v.payload = defaultTo(r.header("x-amz-content-sha256"), "UNSIGNED-PAYLOAD")
		token = r.header("x-oss-security-token")
	} else {
		for _, name := range []string{"Credential", "SignedHeaders", "Signature"} {
			fields[name] = r.param("X-Amz-" + name)
		}
		v.stamp, v.payload, token = r.param("X-Amz-Date"), "UNSIGNED-PAYLOAD", r.param("X-Amz-Security-Token")
	}
	credential, v.signature = fields["Credential"], fields["Signature"]
	v.headers = strings.Split(fields["SignedHeaders"], ";")
	parts := strings.Split(credential, "/")
	at, err := time.Parse(v4Time, v.stamp)
	if n := len(parts); n < 5 || err != nil || parts[n-4] != v.stamp[:8] || parts[n-2] != "s3" ||
		parts[n-1] != "aws4_request" || v.signature == "" {
		return badAuthorization("The AWS signature lacks a valid date or a credential ID/DATE/REGION/s3/aws4_request.",
			"0002-00000206")
	}
	scope := parts[len(parts)-4:]
	v.id, v.scope = strings.Join(parts[:len(parts)-4], "/"), strings.Join(scope, "/")
	k, e := r.accessKey(v.id, token)
	if e != nil {
		return e
	}
	if inHeader {
		e = r.checkClock(at)
	} else {
		e = r.checkAWSExpiry(at)
	}
	if e != nil {
		return e
	}
	v.key = []byte("AWS4" + k.Secret)
	for _, step := range scope {
		v.key = sign(v.key, step)
	}
	return r.verifyAWS(v)
}

func (r *request) checkAWSExpiry(at time.Time) *Error {
	lives, err := strconv.Atoi(r.param("X-Amz-Expires"))
	if err != nil || lives < 1 || lives > v4MaxExpires {
		return badAuthorization("X-Amz-Expires must be between 1 and 604800 seconds.", "0002-00000222")
	}
	if at.After(r.srv.config.Now().Add(maxClockSkew)) {
		return r.checkClock(at)
	}
	return r.checkExpiry(at.Add(time.Duration(lives) * time.Second))
}

func (r *request) verifyAWS(v aws) *Error {
	canonical := r.awsCanonical(v)
	sum := sha256.Sum256([]byte(canonical))
	toSign := strings.Join([]string{awsAlgorithm, v.stamp, v.scope, hex.EncodeToString(sum[:])}, "\n")
	e := r.verify(v.id, v.signature, hex.EncodeToString(sign(v.key, toSign)),
		Detail{"StringToSign", toSign}, Detail{"CanonicalRequest", canonical})
	if e != nil {
		return e
	}
	return r.readPayload(v)
}

// awsCanonical returns the canonical request that both sides sign.
func (r *request) awsCanonical(v aws) string {
	path, err := url.PathUnescape(r.URL.EscapedPath())
	if err != nil {
		path = r.URL.Path
	}
	var query []string
	for _, p := range r.params {
		if p.name != "X-Amz-Signature" {
			query = append(query, escape(p.name, false)+"="+escape(p.value, false))
		}
	}
	slices.Sort(query)
	var b strings.Builder
	b.WriteString(r.Method + "\n" + escape(path, true) + "\n" + strings.Join(query, "&") + "\n")
	for _, name := range v.headers {
		b.WriteString(name + ":" + strings.Join(strings.Fields(r.awsHeader(name)), " ") + "\n")
	}
	b.WriteString("\n" + strings.Join(v.headers, ";") + "\n" + v.payload)
	return b.String()
}

// awsHeader is a header as it was received.
func (r *request) awsHeader(name string) string {
	switch values := r.signed.Values(name); {
	case name == "host":
		return r.Host
	case name == "content-length" && len(values) == 0:
		return strconv.FormatInt(r.ContentLength, 10)
	case name == "transfer-encoding" && len(values) == 0:
		return strings.Join(r.TransferEncoding, ",")
	default:
		return strings.Join(values, ",")
	}
}

// readPayload has the body checked against its signature while it is read.
func (r *request) readPayload(v aws) *Error {
	chunked := strings.Contains(r.header("Content-Encoding"), "aws-chunked")
	switch {
	case (chunked || strings.HasPrefix(v.payload, "STREAMING-")) && v.payload != awsStreaming:
		return &Error{
			Code:    InvalidArgument,
			Message: "aws-chunked encoding is not supported with the specified x-amz-content-sha256 value.",
			EC:      "0017-00000804",
			Detail:  []Detail{{"ArgumentName", "x-amz-content-sha256"}, {"ArgumentValue", v.payload}},
		}
	case v.payload == awsStreaming:
		return r.readAWSChunks(v)
	case v.payload != "UNSIGNED-PAYLOAD":
		r.payload, r.payloadSum = sha256.New(), v.payload
		r.Body = &hashedBody{r.Body, r.payload}
	}
	return nil
}
