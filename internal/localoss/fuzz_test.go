package localoss

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"
)

// fuzzServer returns a server with a bucket that anybody may write, so that requests without a
// signature are accepted.
func fuzzServer(t testing.TB) *Server {
	s, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if err := s.CreateBucket("bkt", WithBucketACL("public-read-write")); err != nil {
		t.Fatal(err)
	}
	if err := s.PutSparse("bkt", "k", 1000); err != nil {
		t.Fatal(err)
	}
	return s
}

// send sends any request and checks that the reply is well-formed.
func send(t *testing.T, s *Server, method, host, target string, header http.Header, body string) *Response {
	u, err := url.ParseRequestURI(target)
	if err != nil {
		t.Skip("net/http refuses it")
	}
	resp := s.respond(&http.Request{
		Method:        method,
		Host:          host,
		URL:           u,
		Header:        header,
		Body:          io.NopCloser(strings.NewReader(body)),
		ContentLength: int64(len(body)),
	})
	if resp.Status < 200 || resp.Status > 599 || len(resp.Header.Get("x-oss-request-id")) != 24 {
		t.Fatalf("the reply is %+v", resp)
	}
	if resp.Status >= 500 && resp.Code != NotImplemented {
		t.Fatalf("the server failed: %+v", resp)
	}
	if resp.Body != nil {
		text, err := io.ReadAll(resp.Body)
		isXML := resp.Header.Get("Content-Type") == "application/xml"
		if err != nil || int64(len(text)) != resp.Length || isXML && !utf8.Valid(text) {
			t.Fatalf("the body is %q, %v", text, err)
		}
	}
	return resp
}

func FuzzRouting(f *testing.F) {
	f.Add("GET", "127.0.0.1", "/bkt?list-type=2&prefix=a&delimiter=/&max-keys=1", "", "")
	f.Add("PUT", "bkt.oss-cn-hangzhou.aliyuncs.com", "/k",
		"x-oss-copy-source: /bkt/k?versionId=null\nx-oss-tagging-directive: replace", "")
	f.Add("GET", "127.0.0.1", "/bkt/k", "Range: bytes=-5\nIf-None-Match: *", "")
	f.Add("POST", "bkt.localhost", "/k?append&position=0", "Content-Length: 3", "abc")
	f.Add("PUT", "127.0.0.1", "/bkt/k?partNumber=1&uploadId=1", "x-oss-copy-source-range: bytes=0-", "")
	f.Add("HEAD", "x", "/bkt/%2e%2e/%00?objectMeta", "x-oss-meta-a: b", "")
	f.Add("POST", "x", "/bkt?delete", "", "<Delete><Object><Key>&#x1;</Key></Object></Delete>")
	f.Fuzz(func(t *testing.T, method, host, target, headers, body string) {
		s := fuzzServer(t)
		header := http.Header{}
		for _, line := range strings.Split(headers, "\n") {
			name, value, _ := strings.Cut(line, ":")
			header.Add(name, strings.TrimSpace(value))
		}
		send(t, s, method, host, target, header, body)
		for _, o := range s.Objects("bkt") {
			if o.Key == "" || !validKey(o.Key) {
				t.Fatalf("the bucket has an object %q", o.Key)
			}
		}
	})
}

func FuzzSignatures(f *testing.F) {
	f.Add("OSS4-HMAC-SHA256 Credential=local/20000101/cn-hangzhou/oss/aliyun_v4_request,"+
		"AdditionalHeaders=host,Signature=00", "")
	f.Add("OSS local:AAAA", "OSSAccessKeyId=local&Expires=99999999999&Signature=a")
	f.Add("", "x-oss-signature-version=OSS4-HMAC-SHA256"+
		"&x-oss-credential=local%2F20000101%2Fcn-hangzhou%2Foss%2Faliyun_v4_request"+
		"&x-oss-date=20000101T000000Z&x-oss-expires=60&x-oss-signature=0")
	f.Fuzz(func(t *testing.T, auth, query string) {
		s := fuzzServer(t)
		header := http.Header{"Date": {s.now().Format(http.TimeFormat)}}
		if auth != "" {
			header.Set("Authorization", auth)
		}
		resp := send(t, s, "PUT", "127.0.0.1", "/bkt/new?"+query, header, "")
		signed := auth != "" || strings.Contains(query, "OSSAccessKeyId") ||
			strings.Contains(query, "x-oss-signature-version")
		if _, exists := s.Object("bkt", "new"); exists && signed && resp.Status == http.StatusOK {
			t.Fatal("an invalid signature was accepted")
		}
	})
}

func FuzzXMLBodies(f *testing.F) {
	f.Add("<Delete><Quiet>true</Quiet><Object><Key>k</Key><VersionId>null</VersionId></Object></Delete>")
	f.Add("<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>\"0\"</ETag></Part>" +
		"</CompleteMultipartUpload>")
	f.Add("<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>")
	f.Add("<RestoreRequest><Days>2</Days><JobParameters><Tier>Bulk</Tier></JobParameters></RestoreRequest>")
	f.Add("<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>")
	f.Fuzz(func(t *testing.T, body string) {
		for _, doc := range []any{
			new(deleteXML), new(completeXML), new(taggingXML), new(restoreXML), new(versioningXML), new(createXML),
		} {
			if e := parseXML([]byte(body), doc); e != nil && e.status() != http.StatusBadRequest {
				t.Fatalf("refused with %v", e)
			}
		}
		var doc deleteXML
		if parseXML([]byte(body), &doc) == nil {
			for _, o := range doc.Objects {
				if !utf8.ValidString(string(o.Key)) {
					t.Fatalf("the key is %q", o.Key)
				}
			}
		}
	})
}
