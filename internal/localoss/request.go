package localoss

import (
	"crypto/md5"
	"encoding/base64"
	"hash"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// effect carries out an accepted request. It is called once, inside Intercept.
type effect func() (*Response, *Error)

// request is one HTTP request while it is served.
type request struct {
	*http.Request
	srv    *Server
	call   Call
	params []param // of the query, in its order
	events []event // to deliver once the request has taken effect
	// delayed is how long a traffic limit has delayed an upload; nil for a request without one.
	delayed *time.Duration

	// s3 is whether the request is of the S3-compatible API. signed are its headers as they were received, payload
	// hashes what is read of its body, and payloadSum is what payload must be.
	s3         bool
	signed     http.Header
	payload    hash.Hash
	payloadSum string
}

// param is one query parameter, decoded.
type param struct {
	name, value string
	equals      bool // it was written with "="
}

// parse reads the query and the client's address, and translates a request of the S3-compatible API.
func (r *request) parse() *Error {
	for _, item := range strings.Split(r.URL.RawQuery, "&") {
		if item == "" {
			continue
		}
		p := param{}
		var err1, err2 error
		p.name, p.value, p.equals = strings.Cut(item, "=")
		p.name, err1 = url.QueryUnescape(p.name)
		p.value, err2 = url.QueryUnescape(p.value)
		if err1 != nil || err2 != nil {
			return invalidArgument("The query is not URL-encoded.", "query", item)
		}
		r.params = append(r.params, p)
	}
	if r.isS3() {
		r.translate()
	}
	if host, _, err := net.SplitHostPort(r.RemoteAddr); err == nil {
		r.call.SourceIP = host
	}
	return nil
}

// hasParam reports whether the query has the parameter, with or without a value.
func (r *request) hasParam(name string) bool {
	for _, p := range r.params {
		if p.name == name {
			return true
		}
	}
	return false
}

// param returns the value of a query parameter, "" if it is missing.
func (r *request) param(name string) string {
	for _, p := range r.params {
		if p.name == name {
			return p.value
		}
	}
	return ""
}

// header returns the value of a header, "" if it is missing.
func (r *request) header(name string) string { return r.Header.Get(name) }

// fillCall sets what the hooks see of the request: the operation, its parameters and the RAM actions
// it needs.
func (r *request) fillCall(op *operation) *Error {
	c := &r.call
	c.VersionID = r.param("versionId")
	if op.subresource == "uploadId" {
		c.UploadID = r.param("uploadId")
	}
	if op.name == "UploadPart" || op.name == "UploadPartCopy" {
		n, err := strconv.Atoi(r.param("partNumber"))
		if err != nil || n < 1 || n > maxParts {
			return &Error{
				Code:    InvalidArgument,
				EC:      "0042-00000208",
				Message: "Part number must be an integer between 1 and 10000, inclusive.",
				Detail:  []Detail{{"ArgumentName", "partNumber"}, {"ArgumentValue", r.param("partNumber")}},
			}
		}
		c.PartNumber = n
	}
	if op.copies {
		src, e := parseCopySource(r.header("x-oss-copy-source"))
		if e != nil {
			return e
		}
		c.Source = src
	}
	c.Actions = r.actions(op)
	return r.checkEncryptionHeader(op)
}

// parseCopySource reads "/bucket/key?versionId=…", URL-encoded. A + is a space: so old clients write one. Clients of S3
// encode the slash before the key too.
func parseCopySource(s string) (*Source, *Error) {
	malformed := invalidArgument("Copy Source must mention the source bucket and key: /sourcebucket/sourcekey.",
		"x-oss-copy-source", s)
	path, query, _ := strings.Cut(s, "?")
	path, err := url.QueryUnescape(path)
	bucket, key, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	switch {
	case len(key) > maxKeyLength:
		return nil, &Error{Code: InvalidObjectName, Detail: []Detail{{"ObjectName", key}}}
	case err != nil || !bucketName.MatchString(bucket) || key == "" || !validKey(key):
		return nil, malformed
	}
	src := &Source{Bucket: bucket, Key: key}
	for _, item := range strings.Split(query, "&") {
		name, value, _ := strings.Cut(item, "=")
		if name == "versionId" {
			id, err := url.QueryUnescape(value)
			if err != nil || id == "" {
				return nil, malformed
			}
			src.VersionID = id
		}
	}
	return src, nil
}

// reply makes a reply without a body.
func (r *request) reply(status int) *Response {
	return &Response{Status: status, Header: http.Header{}}
}

// replyXML makes a reply whose body is the document.
func (r *request) replyXML(doc any) *Response {
	resp := r.reply(http.StatusOK)
	resp.Header.Set("Content-Type", "application/xml")
	body := marshal(doc)
	if r.s3 {
		body = s3Document(body)
	}
	resp.SetBody(body)
	return resp
}

// readBody reads a whole body of at most limit bytes and checks its MD5.
func (r *request) readBody(limit int64) ([]byte, *Error) {
	if r.ContentLength > limit {
		return nil, refuse(MalformedXML, "")
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, limit+1))
	switch {
	case err != nil || r.ContentLength >= 0 && int64(len(body)) < r.ContentLength:
		return nil, refuse(IncompleteBody, "")
	case int64(len(body)) > limit:
		return nil, refuse(MalformedXML, "")
	}
	sum := md5.Sum(body)
	return body, r.checkMD5(sum[:])
}

// checkMD5 compares an MD5 of the body that was read with the header Content-MD5, if there is one, and the body with
// what an AWS signature says of it.
func (r *request) checkMD5(sum []byte) *Error {
	if e := r.checkPayload(); e != nil {
		return e
	}
	want := r.header("Content-MD5")
	if want == "" {
		return nil
	}
	raw, err := base64.StdEncoding.DecodeString(want)
	if err != nil || len(raw) != md5.Size {
		return invalidMD5("The Content-MD5 you specified was invalid.", want)
	}
	if string(raw) != string(sum) {
		return invalidMD5("The Content-MD5 you specified did not match what we received.", want)
	}
	return nil
}

func invalidMD5(message, value string) *Error {
	return &Error{Code: InvalidDigest, Message: message, Detail: []Detail{{"Content-MD5", value}}}
}

func defaultTo(s, byDefault string) string {
	if s == "" {
		return byDefault
	}
	return s
}
