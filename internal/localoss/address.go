package localoss

import (
	"net"
	"net/url"
	"regexp"
	"strings"
	"unicode/utf8"
)

// endpointHost matches the host names of OSS's own endpoints, with the bucket
// before them or not: oss-REGION[-internal], the dual-stack REGION.oss and
// oss-accelerate[-overseas].
var endpointHost = regexp.MustCompile(`^(?:(.*)\.)?(?:oss-[a-z0-9-]+|[a-z0-9-]+\.oss)\.aliyuncs\.com$`)

var dualStack = regexp.MustCompile(`^(?:(.*)\.)?[a-z0-9-]+\.oss\.aliyuncs\.com$`)

// bucketName is what OSS allows; dots too in buckets of long ago, not here.
var bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$`)

// style is how a request names its bucket.
type addressStyle int

const (
	virtualHost addressStyle = iota
	pathStyle
)

// styles gives the ways to read the address, the likeliest first. A host name
// of OSS (what ali-oss sends even to an IP) and a name under localhost carry
// the bucket; at every other host, an IP above all, it is the path's first
// segment. ali-oss with sldEnable sends it in both places: there only the
// signature tells whether the first segment is part of the key.
func (r *request) addressStyles() []addressStyle {
	bucket, virtual := hostBucket(r.Host)
	if !virtual {
		return []addressStyle{pathStyle}
	}
	if first, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/"); bucket != "" && first == bucket {
		return []addressStyle{virtualHost, pathStyle}
	}
	return []addressStyle{virtualHost}
}

// address finds the bucket and key that the request is about.
func (r *request) address(as addressStyle) *Error {
	path := r.URL.EscapedPath()
	if !strings.HasPrefix(path, "/") {
		return refuse(InvalidObjectName, "")
	}
	path = path[1:]
	virtual := as == virtualHost
	bucket, _ := hostBucket(r.Host)
	if !virtual {
		bucket, path, _ = strings.Cut(path, "/")
	}
	var err1, err2 error
	r.call.Bucket, err1 = url.PathUnescape(bucket)
	r.call.Key, err2 = url.PathUnescape(path)
	if err1 != nil || err2 != nil {
		return refuse(InvalidObjectName, "")
	}
	if virtual && bucket == "" && path != "" {
		return refuse(SecondLevelDomainForbidden, "")
	}
	if r.call.Bucket == "" && r.call.Key != "" || r.call.Bucket != "" && !bucketName.MatchString(r.call.Bucket) {
		return &Error{Code: InvalidBucketName, Detail: []Detail{{"BucketName", r.call.Bucket}}}
	}
	if k := r.call.Key; k != "" && !validKey(k) {
		return &Error{Code: InvalidObjectName, Detail: []Detail{{"ObjectName", strings.ToValidUTF8(k, "?")}}}
	}
	return nil
}

// hostBucket gives the bucket that a host name carries, "" for an endpoint
// alone. virtual says that the name is one that can carry a bucket.
func hostBucket(host string) (bucket string, virtual bool) {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.ToLower(host)
	if name, ok := strings.CutSuffix(host, ".localhost"); ok {
		return name, true
	}
	if m := dualStack.FindStringSubmatch(host); m != nil {
		return m[1], true
	}
	if m := endpointHost.FindStringSubmatch(host); m != nil {
		return m[1], true
	}
	return "", false
}

// maxKeyLength is the longest key, in bytes.
const maxKeyLength = 1023

// validKey says whether OSS takes the key: UTF-8 of at most 1,023 bytes that
// begins with neither / nor \.
func validKey(k string) bool {
	return len(k) <= maxKeyLength && utf8.ValidString(k) && k[0] != '/' && k[0] != '\\'
}
