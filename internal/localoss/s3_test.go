package localoss_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"afterput/internal/localoss"
)

const unsigned = "UNSIGNED-PAYLOAD"

// awsSigner signs as the SDKs of AWS do.
type awsSigner struct{ stamp, scope, signature string }

func (a *awsSigner) sum(steps ...string) string {
	key := []byte("AWS4local")
	for _, step := range append(strings.Split(a.scope, "/"), steps...) {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(step))
		key = mac.Sum(nil)
	}
	return hex.EncodeToString(key)
}

func hexSum(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// sign signs all headers that begin with x-amz-, and the host. The target's path and query are encoded as S3 wants it.
func (a *awsSigner) sign(r *http.Request, payload string) (headers string) {
	a.stamp = time.Now().UTC().Format("20060102T150405Z")
	a.scope = a.stamp[:8] + "/any-region/s3/aws4_request"
	names := []string{"host"}
	for name := range r.Header {
		if name = strings.ToLower(name); strings.HasPrefix(name, "x-amz-") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	query := strings.Split(r.URL.RawQuery, "&")
	for i, item := range query {
		if item != "" && !strings.Contains(item, "=") {
			query[i] += "="
		}
	}
	slices.Sort(query)
	canonical := r.Method + "\n" + r.URL.EscapedPath() + "\n" + strings.Join(query, "&") + "\n"
	for _, name := range names {
		value := r.Header.Get(name)
		if name == "host" {
			value = r.Host
		}
		canonical += name + ":" + value + "\n"
	}
	headers = strings.Join(names, ";")
	canonical += "\n" + headers + "\n" + payload
	a.signature = a.sum("AWS4-HMAC-SHA256\n" + a.stamp + "\n" + a.scope + "\n" + hexSum(canonical))
	return headers
}

// s3 sends one request of the S3-compatible API, path style unless the target has a host.
func (w *world) s3(method, target, payload, body string, headers ...string) (*http.Response, string) {
	w.Helper()
	r := w.s3Request(method, target, payload, body, headers...)
	return w.send(r)
}

func (w *world) s3Request(method, target, payload, body string, headers ...string) *http.Request {
	w.Helper()
	if strings.HasPrefix(target, "/") {
		target = "http://127.0.0.1:9" + target
	}
	r, err := http.NewRequest(method, target, strings.NewReader(body))
	if err != nil {
		w.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	r.Header.Set("x-amz-content-sha256", payload)
	r.Header.Set("x-amz-date", time.Now().UTC().Format("20060102T150405Z"))
	var a awsSigner
	names := a.sign(r, payload)
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=local/"+a.scope+", SignedHeaders="+names+
		", Signature="+a.signature)
	return r
}

func TestS3PutGetAndHeadAnObject(t *testing.T) {
	for style, base := range map[string]string{
		"path": "/bkt", "virtual host": "http://bkt.localhost",
		"S3 endpoint": "http://bkt.s3.oss-cn-hangzhou.aliyuncs.com",
	} {
		t.Run(style, func(t *testing.T) {
			w := newWorld(t, localoss.Config{})
			resp, body := w.s3("PUT", base+"/a%20b%2Bc", hexSum("text"), "text", "x-amz-meta-who", "me",
				"x-amz-storage-class", "STANDARD_IA", "x-amz-acl", "public-read",
				"x-amz-server-side-encryption", "AES256")
			w.answers(resp, body, 200, "")
			if o, _ := w.Object("bkt", "a b+c"); o.Size != 4 || o.StorageClass != "IA" {
				t.Errorf("stored %+v", o)
			}
			for _, method := range []string{"GET", "HEAD"} {
				resp, body = w.s3(method, base+"/a%20b%2Bc", unsigned, "")
				w.answers(resp, body, 200, map[string]string{"GET": "text"}[method])
				for name, want := range map[string]string{
					"x-amz-storage-class": "STANDARD_IA", "x-amz-server-side-encryption": "AES256",
					"ETag": `"1cb251ec0d568de6a929b520c4aed8d1"`, "x-oss-storage-class": "",
				} {
					if got := resp.Header.Get(name); got != want {
						t.Errorf("%s: got %q, want %q", name, got, want)
					}
				}
				const who = "x-amz-meta-who" // as it was sent, in lower case
				if got := map[string][]string(resp.Header)[who]; !slices.Equal(got, []string{"me"}) {
					t.Errorf("metadata: got %q", got)
				}
			}
		})
	}
}

func TestS3PresignedURL(t *testing.T) {
	w := newWorld(t, localoss.Config{})
	w.put("k", "text")
	stamp := time.Now().UTC().Format("20060102T150405Z")
	credential := strings.ReplaceAll("local/"+stamp[:8]+"/any-region/s3/aws4_request", "/", "%2F")
	url := func(expires, signature string) string {
		u := "http://127.0.0.1:9/bkt/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=" + credential +
			"&X-Amz-Date=" + stamp + "&X-Amz-Expires=" + expires + "&X-Amz-SignedHeaders=host"
		if signature != "" {
			u += "&X-Amz-Signature=" + signature
		}
		return u
	}
	for expires, status := range map[string]int{"60": 200, "604801": 400, "0": 400} {
		r, err := http.NewRequest("GET", url(expires, ""), nil)
		if err != nil {
			t.Fatal(err)
		}
		var a awsSigner
		a.sign(r, unsigned)
		r, err = http.NewRequest("GET", url(expires, a.signature), nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, body := w.send(r)
		w.answers(resp, body, status, "")
	}
}

func TestS3SignedPartsCannotBeChanged(t *testing.T) {
	w := newWorld(t, localoss.Config{})
	w.put("k", "text")
	for name, change := range map[string]func(*http.Request){
		"the key":    func(r *http.Request) { r.URL.Path += "x" },
		"the query":  func(r *http.Request) { r.URL.RawQuery = "acl" },
		"the host":   func(r *http.Request) { r.Host = "localhost" },
		"a header":   func(r *http.Request) { r.Header.Set("x-amz-meta-a", "2") },
		"the secret": func(r *http.Request) { r.Header.Set("Authorization", r.Header.Get("Authorization")+"0") },
	} {
		r := w.s3Request("GET", "/bkt/k", unsigned, "", "x-amz-meta-a", "1")
		change(r)
		if resp, body := w.send(r); resp.StatusCode != 403 || !strings.Contains(body, code("SignatureDoesNotMatch")) {
			t.Errorf("%s: got %s %s", name, resp.Status, body)
		}
	}
	resp, body := w.s3("PUT", "/bkt/k", hexSum("text"), "TEXT")
	w.answers(resp, body, 400, "<EC>0002-00000427</EC>")
	if got := w.get("k"); got != "text" {
		t.Errorf("the changed body was stored: %q", got)
	}
}

// chunked is a body as the SDKs of AWS stream it.
func chunked(a awsSigner, chunks ...string) string {
	var b bytes.Buffer
	for _, text := range append(chunks, "") {
		a.signature = a.sum("AWS4-HMAC-SHA256-PAYLOAD\n" + a.stamp + "\n" + a.scope + "\n" + a.signature + "\n" +
			hexSum("") + "\n" + hexSum(text))
		fmt.Fprintf(&b, "%x;chunk-signature=%s\r\n%s\r\n", len(text), a.signature, text)
	}
	return b.String()
}

func TestS3TakesSignedChunksAndNoOtherAWSChunked(t *testing.T) {
	const streaming = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
	w := newWorld(t, localoss.Config{})
	headers := []string{"Content-Encoding", "aws-chunked", "x-amz-decoded-content-length", "10"}
	for name, c := range map[string]struct {
		payload, spoil string
		status         int
		text           string
	}{
		"signed":       {streaming, "", 200, ""},
		"spoilt":       {streaming, "world", 403, code("SignatureDoesNotMatch")},
		"trailer":      {"STREAMING-UNSIGNED-PAYLOAD-TRAILER", "", 400, "<EC>0017-00000804</EC>"},
		"not streamed": {unsigned, "", 400, "<EC>0017-00000804</EC>"},
	} {
		r := w.s3Request("PUT", "/bkt/"+strings.Fields(name)[0], c.payload, "", headers...)
		_, signature, _ := strings.Cut(r.Header.Get("Authorization"), "Signature=")
		stamp := r.Header.Get("x-amz-date")
		body := chunked(awsSigner{stamp, stamp[:8] + "/any-region/s3/aws4_request", signature}, "hello", "world")
		if c.spoil != "" {
			body = strings.ReplaceAll(body, c.spoil, strings.ToUpper(c.spoil))
		}
		r.Body, r.ContentLength = readCloser{strings.NewReader(body)}, int64(len(body))
		resp, text := w.send(r)
		w.answers(resp, text, c.status, c.text)
	}
	if got := w.get("signed"); got != "helloworld" {
		t.Errorf("stored %q", got)
	}
	if _, exists := w.Object("bkt", "spoilt"); exists {
		t.Error("a chunk with a wrong signature was stored")
	}
}

func TestS3ListsInItsOwnXML(t *testing.T) {
	w := newWorld(t, localoss.Config{})
	resp, body := w.s3("PUT", "/bkt/dir/k", unsigned, "text", "x-amz-storage-class", "GLACIER")
	w.answers(resp, body, 200, "")
	for _, query := range []string{"", "?list-type=2"} {
		resp, body = w.s3("GET", "/bkt"+query, unsigned, "")
		for _, text := range []string{`<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">`,
			"<StorageClass>GLACIER</StorageClass>", "<ETag>&#34;1cb251ec0d568de6a929b520c4aed8d1&#34;</ETag>"} {
			w.answers(resp, body, 200, text)
		}
	}
	resp, body = w.s3("GET", "/", unsigned, "")
	w.answers(resp, body, 200, "<Name>bkt</Name>")
}

func TestS3CopiesInOneRequestAndInParts(t *testing.T) {
	w := newWorld(t, localoss.Config{})
	w.put("a b", strings.Repeat("x", 200<<10))
	resp, body := w.s3("PUT", "/bkt/c", unsigned, "", "x-amz-copy-source", "bkt/a%20b")
	w.answers(resp, body, 200, "<CopyObjectResult xmlns=")
	resp, body = w.s3("PUT", "/bkt/d", unsigned, "", "x-amz-copy-source", "bkt/a%20b",
		"x-amz-copy-source-if-match", "other")
	w.answers(resp, body, 412, code("PreconditionFailed"))
	resp, body = w.s3("POST", "/bkt/m?uploads", unsigned, "")
	w.answers(resp, body, 200, "<UploadId>")
	_, rest, _ := strings.Cut(body, "<UploadId>")
	id, _, _ := strings.Cut(rest, "</UploadId>")
	resp, body = w.s3("PUT", "/bkt/m?partNumber=1&uploadId="+id, unsigned, "", "x-amz-copy-source", "bkt/c",
		"x-amz-copy-source-range", "bytes=0-102399")
	w.answers(resp, body, 200, "<CopyPartResult xmlns=")
	etag := strings.Trim(resp.Header.Get("ETag"), `"`)
	resp, body = w.s3("POST", "/bkt/m?uploadId="+id, unsigned, "<CompleteMultipartUpload><Part>"+
		"<PartNumber>1</PartNumber><ETag>"+etag+"</ETag></Part></CompleteMultipartUpload>")
	w.answers(resp, body, 200, "-1&#34;</ETag>")
	if o, _ := w.Object("bkt", "m"); o.Size != 100<<10 {
		t.Errorf("got %+v", o)
	}
}

func TestS3ACLsAreGrants(t *testing.T) {
	w := newWorld(t, localoss.Config{})
	w.put("k", "text")
	resp, body := w.s3("PUT", "/bkt/k?acl", unsigned, "<AccessControlPolicy><AccessControlList><Grant><Grantee><URI>"+
		"http://acs.amazonaws.com/groups/global/AllUsers</URI></Grantee><Permission>READ</Permission></Grant>"+
		"</AccessControlList></AccessControlPolicy>")
	w.answers(resp, body, 200, "")
	resp, body = w.wire("GET", "/bkt/k?acl", "")
	w.answers(resp, body, 200, "<Grant>public-read</Grant>")
	resp, body = w.s3("GET", "/bkt/k?acl", unsigned, "")
	w.answers(resp, body, 200, "<Permission>READ</Permission>")
	resp, body = w.s3("PUT", "/bkt?acl", unsigned, "", "x-amz-acl", "public-read-write")
	w.answers(resp, body, 200, "")
	resp, body = w.s3("GET", "/bkt?acl", unsigned, "")
	w.answers(resp, body, 200, "<Permission>WRITE</Permission>")
}

func TestS3RefusesWhatOSSRefusesThere(t *testing.T) {
	w := newWorld(t, localoss.Config{})
	w.put("k", "text")
	resp, body := w.s3("GET", "/bkt?versioning", unsigned, "")
	w.answers(resp, body, 501, "This local OSS does not implement GetBucketVersioning of the S3-compatible API.")
	resp, body = w.s3("PUT", "/bkt/k", unsigned, "x", "x-amz-server-side-encryption-customer-algorithm", "AES256")
	w.answers(resp, body, 501, "x-amz-server-side-encryption-customer-algorithm")
	const del = "<Delete><Object><Key>k</Key></Object></Delete>"
	resp, body = w.s3("POST", "/bkt?delete", unsigned, del)
	w.answers(resp, body, 400, "<EC>0016-00000606</EC>")
	sum := md5.Sum([]byte(del))
	resp, body = w.s3("POST", "/bkt?delete", unsigned, del, "Content-MD5", base64.StdEncoding.EncodeToString(sum[:]))
	w.answers(resp, body, 200, "<DeleteResult xmlns=")
}
