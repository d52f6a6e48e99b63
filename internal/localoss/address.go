package localoss

import (
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"unicode/utf8"
)

// endpointHost matches the host names of OSS's endpoints, with or without a bucket:
// oss-REGION[-internal], the dual-stack REGION.oss, oss-accelerate[-overseas], and s3.oss-REGION[-internal].
var endpointHost = regexp.MustCompile(`^(?:(.*)\.)?(?:oss-[a-z0-9-]+|[a-z0-9-]+\.oss)\.aliyuncs\.com$`)

// s3Host matches the host names of OSS's endpoints for the S3-compatible API.
var s3Host = regexp.MustCompile(`(?i)^(?:(.*)\.)?s3\.oss-[a-z0-9-]+\.aliyuncs\.com(?::[0-9]+)?$`)

var dualStack = regexp.MustCompile(`^(?:(.*)\.)?[a-z0-9-]+\.oss\.aliyuncs\.com$`)

// bucketName matches valid bucket names. Some old buckets of OSS have dots in their names; here they
// are not valid.
var bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$`)

// addressStyle is where a request names its bucket: in the host name or in the path.
type addressStyle int

const (
	virtualHost addressStyle = iota
	pathStyle
)

// addressStyles returns the ways to read the address, the most likely first. A host name of OSS
// (ali-oss sends one even to an IP address) and a name under localhost contain the bucket; with
// every other host, such as an IP address, it is the path's first segment. With sldEnable ali-oss
// sends the bucket in both places: then only the signature shows whether the first segment is part
// of the key.
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

// address reads the bucket and key of the request.
func (r *request) address(as addressStyle) *Error {
	path := r.URL.EscapedPath()
	if !strings.HasPrefix(path, "/") {
		return refuse(InvalidObjectName, "")
	}
	path = path[1:]
	virtual := as == virtualHost
	bucket, _ := hostBucket(r.Host)
	path, err := url.PathUnescape(path)
	if err != nil {
		return refuse(InvalidObjectName, "")
	}
	if !virtual { // decoded first: the C SDK encodes the slash after the bucket too
		bucket, path, _ = strings.Cut(path, "/")
	}
	r.call.Bucket, r.call.Key = bucket, path
	if virtual && bucket == "" && path != "" {
		return refuse(SecondLevelDomainForbidden, "")
	}
	if r.call.Bucket == "" && r.call.Key != "" || r.call.Bucket != "" && !bucketName.MatchString(r.call.Bucket) {
		return &Error{Code: InvalidBucketName, Detail: []Detail{{"BucketName", r.call.Bucket}}}
	}
	switch k := r.call.Key; {
	case k == "" || validKey(k):
	case !utf8.ValidString(k):
		return invalidArgument("The characters encoding must be utf-8.", "objectName", strings.ToValidUTF8(k, "?"))
	case r.Method == http.MethodHead: // as the tests of the C SDK assert
		return noSuchKey(k)
	default:
		return &Error{Code: InvalidObjectName, Detail: []Detail{{"ObjectName", strings.ToValidUTF8(k, "?")}}}
	}
	return nil
}

// hostBucket returns the bucket in a host name, "" if it is only an endpoint. virtual reports
// whether the host name is of a kind that can contain a bucket.
func hostBucket(host string) (bucket string, virtual bool) {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.ToLower(host)
	if name, ok := strings.CutSuffix(host, ".localhost"); ok {
		return name, true
	}
	if m := s3Host.FindStringSubmatch(host); m != nil {
		return m[1], true
	}
	if m := dualStack.FindStringSubmatch(host); m != nil {
		return m[1], true
	}
	if m := endpointHost.FindStringSubmatch(host); m != nil {
		return m[1], true
	}
	return "", false
}

// maxKeyLength is the maximum length of a key in bytes.
const maxKeyLength = 1023

// validKey reports whether OSS accepts the key: UTF-8 of at most 1,023 bytes that does not start
// with / or \.
func validKey(k string) bool {
	return len(k) <= maxKeyLength && utf8.ValidString(k) && k[0] != '/' && k[0] != '\\'
}
