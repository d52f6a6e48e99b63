package localoss

import (
	"crypto/md5"
	"encoding/base64"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// commit makes an accepted request take effect.
type effect func() (*Response, *Error)

// request is one HTTP request on its way through the server.
type request struct {
	*http.Request
	srv    *Server
	call   Call
	params []param // of the query, in the order they came
	events []event // to raise once the request has taken effect
}

// param is one parameter of a query, decoded, and as it was written.
type param struct {
	name, value, rawName, rawValue string
	equals                         bool // was written with "="
}

// parse reads the query.
func (r *request) parse() *Error {
	for _, item := range strings.Split(r.URL.RawQuery, "&") {
		if item == "" {
			continue
		}
		p := param{}
		p.rawName, p.rawValue, p.equals = strings.Cut(item, "=")
		var err1, err2 error
		p.name, err1 = url.QueryUnescape(p.rawName)
		p.value, err2 = url.QueryUnescape(p.rawValue)
		if err1 != nil || err2 != nil {
			return invalidArgument("The query is not URL-encoded.", "query", item)
		}
		r.params = append(r.params, p)
	}
	if host, _, err := net.SplitHostPort(r.RemoteAddr); err == nil {
		r.call.SourceIP = host
	}
	return nil
}

// has says whether the query has the parameter, with or without a value.
func (r *request) hasParam(name string) bool {
	for _, p := range r.params {
		if p.name == name {
			return true
		}
	}
	return false
}

// q is the value of a query parameter, "" if absent.
func (r *request) param(name string) string {
	for _, p := range r.params {
		if p.name == name {
			return p.value
		}
	}
	return ""
}

// h is the value of a header, "" if absent.
func (r *request) header(name string) string { return r.Header.Get(name) }

// describe fills in what the hooks are told: the operation, its parameters and
// the RAM actions it needs.
func (r *request) fillCall(op *operation) *Error {
	c := &r.call
	c.Name = op.name
	c.VersionID = r.param("versionId")
	if op.sub == "uploadId" {
		c.UploadID = r.param("uploadId")
	}
	if op.name == "UploadPart" || op.name == "UploadPartCopy" {
		n, err := strconv.Atoi(r.param("partNumber"))
		if err != nil || n < 1 || n > maxParts {
			return &Error{Code: InvalidArgument, EC: "0042-00000208",
				Message: "Part number must be an integer between 1 and 10000, inclusive.",
				Detail:  []Detail{{"ArgumentName", "partNumber"}, {"ArgumentValue", r.param("partNumber")}}}
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
	return nil
}

// parseCopySource reads "/bucket/key?versionId=…", the key URL-encoded.
func parseCopySource(s string) (*Source, *Error) {
	bad := invalidArgument("Copy Source must mention the source bucket and key: /sourcebucket/sourcekey.", "x-oss-copy-source", s)
	path, query, _ := strings.Cut(s, "?")
	path = strings.TrimPrefix(path, "/")
	rawBucket, rawKey, _ := strings.Cut(path, "/")
	bucket, err1 := url.PathUnescape(rawBucket)
	key, err2 := url.PathUnescape(rawKey)
	if err1 != nil || err2 != nil || !bucketName.MatchString(bucket) || key == "" || !validKey(key) {
		return nil, bad
	}
	src := &Source{Bucket: bucket, Key: key}
	for _, item := range strings.Split(query, "&") {
		name, value, _ := strings.Cut(item, "=")
		if name == "versionId" {
			id, err := url.QueryUnescape(value)
			if err != nil {
				return nil, bad
			}
			src.VersionID = id
		}
	}
	return src, nil
}

// reply starts a reply without a body.
func (r *request) reply(status int) *Response {
	return &Response{Status: status, Header: http.Header{}}
}

// replyXML gives a reply whose body is the document.
func (r *request) replyXML(doc any) *Response {
	resp := r.reply(http.StatusOK)
	resp.Header.Set("Content-Type", "application/xml")
	resp.SetBody(marshal(doc))
	return resp
}

// readBody reads a whole body of at most most bytes and checks its MD5.
func (r *request) readBody(most int64) ([]byte, *Error) {
	if r.ContentLength > most {
		return nil, refuse(MalformedXML, "")
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, most+1))
	switch {
	case err != nil || r.ContentLength >= 0 && int64(len(body)) < r.ContentLength:
		return nil, refuse(IncompleteBody, "")
	case int64(len(body)) > most:
		return nil, refuse(MalformedXML, "")
	}
	sum := md5.Sum(body)
	return body, r.checkMD5(sum[:])
}

// checkMD5 compares what was received with the Content-MD5 header, if any.
func (r *request) checkMD5(sum []byte) *Error {
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

func defaultTo(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
