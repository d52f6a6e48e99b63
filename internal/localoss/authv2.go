package localoss

import (
	"crypto/sha256"
	"slices"
	"strings"
)

// Signatures of version 2 are made by some old SDKs on request. They cover every query parameter, and the headers that
// they name.
// Source: the Go SDK v1 and the Python SDK v1.

// authenticateV2Header verifies "OSS2 AccessKeyId:ID[,AdditionalHeaders:NAME;NAME],Signature:SIGNATURE".
func (r *request) authenticateV2Header(auth string) *Error {
	fields := map[string]string{}
	for field := range strings.SplitSeq(strings.TrimPrefix(auth, "OSS2 "), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(field), ":")
		fields[name] = value
	}
	id, signature := fields["AccessKeyId"], fields["Signature"]
	if id == "" || signature == "" {
		return invalidArgument("The Authorization header is malformed.", "Authorization", auth)
	}
	date := defaultTo(r.header("Date"), r.header("x-oss-date"))
	k, e := r.accessKeyAt(id, date)
	if e != nil {
		return e
	}
	return r.checkV2(id, signature, date, fields["AdditionalHeaders"], k)
}

func (r *request) authenticateV2Query() *Error {
	id, signature, expires := r.param("x-oss-access-key-id"), r.param("x-oss-signature"), r.param("x-oss-expires")
	if id == "" || signature == "" || expires == "" {
		return badAuthorization("A presigned URL needs x-oss-access-key-id, x-oss-expires and x-oss-signature.",
			"0002-00000201")
	}
	k, e := r.accessKeyUntil(id, "x-oss-expires")
	if e != nil {
		return e
	}
	return r.checkV2(id, signature, expires, r.param("x-oss-additional-headers"), k)
}

func (r *request) checkV2(id, signature, date, additional string, k AccessKey) *Error {
	return r.verifyHMAC(sha256.New, id, signature, r.v2StringToSign(date, additional), k)
}

func (r *request) v2StringToSign(date, additional string) string {
	named := strings.Split(strings.ToLower(additional), ";")
	slices.Sort(named)
	var b strings.Builder
	b.WriteString(r.Method + "\n" + r.header("Content-MD5") + "\n" + r.header("Content-Type") + "\n" + date + "\n")
	b.WriteString(r.signedHeaders(func(name string) bool {
		return strings.HasPrefix(name, "x-oss-") || slices.Contains(named, name)
	}))
	b.WriteString(strings.Join(named, ";") + "\n")
	path := "/"
	if r.call.Bucket != "" {
		path += r.call.Bucket + "/" + r.call.Key
	}
	b.WriteString(escape(path, false))
	if query := r.v4Query(false); query != "" {
		b.WriteString("?" + query)
	}
	return b.String()
}
