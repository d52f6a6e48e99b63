package localoss_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"afterput/internal/localoss"
)

// TestRequestsOfAliOSS replays requests that ali-oss 6.23.0 sent to an endpoint with an IP address:
// signed with V1 and V4, with and without sldEnable, which puts the bucket both into the path and
// into the host name.
func TestRequestsOfAliOSS(t *testing.T) {
	const (
		md5  = "ndTkYSaMgDT1yFZOFVxnpg=="
		host = "nodebkt.oss-cn-hangzhou.aliyuncs.com"
		v4   = "OSS4-HMAC-SHA256 Credential=local/20261120/cn-hangzhou/oss/aliyun_v4_request,Signature="
		key  = "a%20b/%E5%9B%BE.txt"
	)
	s, err := localoss.New(localoss.Config{
		Now: func() time.Time { return time.Date(2026, 11, 20, 13, 11, 58, 0, time.UTC) },
	})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, c := range []struct{ name, method, host, path, auth, operation string }{
		{"V1", "PUT", host, "/", "OSS local:GKzhLnZOIkQo/qN2r/O93Ya+BEM=", "PutBucket"},
		{"V1", "GET", "." + host[len("nodebkt."):], "/", "OSS local:E8xYO7lX2tIGcSWZC/0jOlIUAPE=", "ListBuckets"},
		{"V1", "PUT", host, "/" + key, "OSS local:yIr7bnU/+rY4TUPLzrua/Bx3whA=", "PutObject"},
		{"V1", "GET", host, "/?bucketInfo=", "OSS local:+up6MEw+k+19iZAPo+xtWbQZcfU=", "GetBucketInfo"},
		{"V1 sldEnable", "PUT", host, "/nodebkt/", "OSS local:GKzhLnZOIkQo/qN2r/O93Ya+BEM=", "PutBucket"},
		{"V1 sldEnable", "PUT", host, "/nodebkt/" + key, "OSS local:yIr7bnU/+rY4TUPLzrua/Bx3whA=", "PutObject"},
		{"V1 sldEnable", "GET", host, "/nodebkt/?bucketInfo=", "OSS local:+up6MEw+k+19iZAPo+xtWbQZcfU=",
			"GetBucketInfo"},
		{"V4", "PUT", host, "/", v4 + "21551a2faebdffa122fc27c75d6207670dac8b042079ea2d160386acc10e835b", "PutBucket"},
		{"V4", "GET", "." + host[len("nodebkt."):], "/",
			v4 + "fd71980a68c68bbd92fb31714a7b500ac06e43f827db7b4c8c72820809bfe934", "ListBuckets"},
		{"V4", "PUT", host, "/" + key,
			v4 + "f500080753e5c6bd251feb85a7852b39e5c31c7080a4a67860ab0625cfdc6619", "PutObject"},
		{"V4 sldEnable", "PUT", host, "/nodebkt/" + key,
			v4 + "f500080753e5c6bd251feb85a7852b39e5c31c7080a4a67860ab0625cfdc6619", "PutObject"},
		{"V4 sldEnable", "GET", host, "/nodebkt/?bucketInfo=",
			v4 + "1ac21a96ecfa0c7e2acd0fdcef5b7d56ea09c19d32555d9837cad65f35f56025", "GetBucketInfo"},
	} {
		s.ResetCounts()
		u, err := url.Parse("http://127.0.0.1:1" + c.path)
		if err != nil {
			t.Fatal(err)
		}
		r := &http.Request{Method: c.method, Host: c.host, URL: u, Header: http.Header{"Authorization": {c.auth}}}
		if strings.HasPrefix(c.name, "V4") {
			r.Header.Set("x-oss-date", "20261120T131158Z")
			r.Header.Set("x-oss-content-sha256", "UNSIGNED-PAYLOAD")
		} else {
			r.Header.Set("x-oss-date", "Fri, 20 Nov 2026 13:11:58 GMT")
		}
		if c.operation == "PutObject" {
			r.Header.Set("Content-Type", "text/plain")
			r.Header.Set("Content-MD5", md5)
			r.ContentLength = 1
			r.Body = readCloser{strings.NewReader("x")}
		}
		resp, err := s.Transport().RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		if resp.StatusCode != 200 || s.Counts()[c.operation] != 1 {
			t.Errorf("%s %s: %s, counted %v", c.name, c.operation, resp.Status, s.Counts())
		}
		if _, exists := s.Object("nodebkt", "a b/图.txt"); c.operation == "PutObject" && !exists {
			t.Errorf("%s: the object has another name", c.name)
		}
	}
}

type readCloser struct{ *strings.Reader }

func (readCloser) Close() error { return nil }
