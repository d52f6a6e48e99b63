package localoss_test

import (
	"bufio"
	"compress/gzip"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"afterput/internal/localoss"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
)

// The tests of this file send what the test suites of clients send, and assert what those assert.

// TestHeadersHaveTheCaseInWhichOSSSendsThem is for clients that find a header only by its case: the PHP SDK v2.
func TestHeadersHaveTheCaseInWhichOSSSendsThem(t *testing.T) {
	w := newWorld(t, localoss.Config{})
	w.put("k", "text", func(r *oss.PutObjectRequest) {
		r.Acl, r.Metadata = oss.ObjectACLPublicRead, map[string]string{"a": "b"}
	})
	conn, err := net.Dial("tcp", strings.TrimPrefix(w.listen(), "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	const get = "GET /bkt/k HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
	if _, err := io.WriteString(conn, get); err != nil {
		t.Fatal(err)
	}
	reply, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"x-oss-request-id", "x-oss-hash-crc64ecma", "x-oss-meta-a", "ETag", "Content-MD5",
		"Content-Length"} {
		if !strings.Contains(string(reply), "\r\n"+name+": ") {
			t.Errorf("no header %s in %q", name, reply)
		}
	}
}

// TestMissingBucketsAndWrongKeysAreSaidBeforeWhatIsNotImplemented is asserted by the SDKs of Python and PHP, for each
// sub-resource.
func TestMissingBucketsAndWrongKeysAreSaidBeforeWhatIsNotImplemented(t *testing.T) {
	w := newWorld(t, localoss.Config{})
	resp, body := w.wire("GET", "/none?lifecycle", "")
	w.answers(resp, body, 404, code("NoSuchBucket"))
	r, err := http.NewRequest("GET", "http://127.0.0.1:9/bkt?lifecycle", nil)
	if err != nil {
		t.Fatal(err)
	}
	signV1(r)
	r.Header.Set("Authorization", "OSS local:wrong") // what an old client signs of a new sub-resource is not known
	resp, body = w.send(r)
	w.answers(resp, body, 501, "lifecycle")
	signV1(r)
	r.Header.Set("Authorization", "OSS invalid-ak:"+strings.TrimPrefix(r.Header.Get("Authorization"), "OSS local:"))
	resp, body = w.send(r)
	w.answers(resp, body, 403, code("InvalidAccessKeyId"))
}

func TestThereAreNoAccessPoints(t *testing.T) {
	w := newWorld(t, localoss.Config{})
	resp, body := w.wire("GET", "/bkt?accessPoint", "")
	w.answers(resp, body, 200, "<IsTruncated>false</IsTruncated>")
}

// TestTheCSDKReachesAnIPAddress has its requests: the slash between bucket and key is encoded, and the resource of a
// bucket is signed without a slash.
func TestTheCSDKReachesAnIPAddress(t *testing.T) {
	w := newWorld(t, localoss.Config{})
	send := func(method, target, resource string) (*http.Response, string) {
		r, err := http.NewRequest(method, "http://127.0.0.1:9"+target, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Date", time.Now().UTC().Format(http.TimeFormat))
		mac := hmac.New(sha1.New, []byte("local"))
		io.WriteString(mac, method+"\n\n\n"+r.Header.Get("Date")+"\n"+resource)
		r.Header.Set("Authorization", "OSS local:"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
		return w.send(r)
	}
	for _, c := range []struct{ method, target, resource string }{
		{"PUT", "/new", "/new"}, {"PUT", "/new%2Fa%2Fb", "/new/a/b"}, {"GET", "/new%2Fa%2Fb", "/new/a/b"},
		{"GET", "/new?acl", "/new?acl"},
	} {
		resp, body := send(c.method, c.target, c.resource)
		w.answers(resp, body, 200, "")
	}
	if _, exists := w.Object("new", "a/b"); !exists {
		t.Error("the object has another name")
	}
}

// TestSignaturesOfVersion2 has those that the Go SDK v1 makes, in the header and presigned.
func TestSignaturesOfVersion2(t *testing.T) {
	w := newWorld(t, localoss.Config{})
	sign := func(text string) string {
		mac := hmac.New(sha256.New, []byte("local"))
		io.WriteString(mac, text)
		return base64.StdEncoding.EncodeToString(mac.Sum(nil))
	}
	for _, additional := range []string{"", "host"} {
		r, err := http.NewRequest("PUT", "http://127.0.0.1:9/bkt/a%20b", nil)
		if err != nil {
			t.Fatal(err)
		}
		date := time.Now().UTC().Format(http.TimeFormat)
		r.Header.Set("Date", date)
		r.Header.Set("x-oss-meta-a", "b")
		headers, fields := "", ""
		if additional != "" {
			headers, fields = "host:127.0.0.1:9\n", "AdditionalHeaders:host,"
		}
		signature := sign("PUT\n\n\n" + date + "\n" + headers + "x-oss-meta-a:b\n" + additional + "\n%2Fbkt%2Fa%20b")
		r.Header.Set("Authorization", "OSS2 AccessKeyId:local,"+fields+"Signature:"+signature)
		resp, body := w.send(r)
		w.answers(resp, body, 200, "")
		r.Header.Set("x-oss-meta-a", "c")
		resp, body = w.send(r)
		w.answers(resp, body, 403, code("SignatureDoesNotMatch"))
	}
	expires := fmt.Sprint(time.Now().Add(time.Hour).Unix())
	query := "response-content-type=a%2Fb&x-oss-access-key-id=local&x-oss-expires=" + expires +
		"&x-oss-signature-version=OSS2"
	signature := url.QueryEscape(sign("GET\n\n\n" + expires + "\n\n%2Fbkt%2Fa%20b?" + query))
	for text, status := range map[string]int{signature: 200, "wrong": 403} {
		r, err := http.NewRequest("GET", "http://127.0.0.1:9/bkt/a%20b?"+query+"&x-oss-signature="+text, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, body := w.send(r)
		w.answers(resp, body, status, "")
	}
}

// TestATrafficLimitSlowsUploadsAndDownloads sends 1 MiB at 100 KiB/s.
func TestATrafficLimitSlowsUploadsAndDownloads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, localoss.Config{})
		text := strings.Repeat("x", 1<<20)
		for _, c := range []struct{ method, target, body string }{
			{"PUT", "/bkt/k", text}, {"POST", "/bkt/appended?append&position=0", text}, {"GET", "/bkt/k", ""},
			{"PUT", "/bkt/k?partNumber=1&uploadId=" + w.begin("k"), text},
		} {
			began := time.Now()
			resp, body := w.wire(c.method, c.target, c.body, "x-oss-traffic-limit", "819200")
			w.answers(resp, "", 200, "")
			if took := time.Since(began).Round(time.Second); took != 10*time.Second {
				t.Errorf("%s %s took %v", c.method, c.target, took)
			}
			if delay := resp.Header.Get("x-oss-qos-delay-time"); c.body != "" && delay == "" {
				t.Errorf("%s %s does not say how long it was delayed", c.method, c.target)
			}
			if c.method == "GET" && body != text {
				t.Error("another content")
			}
		}
	})
}

// TestACompressedReplyHasNoLength is asserted by the Python SDK v1, and for HEAD by the PHP SDK v1.
func TestACompressedReplyHasNoLength(t *testing.T) {
	w := newWorld(t, localoss.Config{})
	long := strings.Repeat("text ", 300)
	w.put("k", long, func(r *oss.PutObjectRequest) {
		r.ContentType, r.Acl = oss.Ptr("text/plain"), oss.ObjectACLPublicRead
	})
	for _, method := range []string{"HEAD", "GET"} {
		conn, err := net.Dial("tcp", strings.TrimPrefix(w.listen(), "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		const rest = " /bkt/k HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: deflate, gzip\r\n\r\n"
		if _, err := io.WriteString(conn, method+rest); err != nil {
			t.Fatal(err)
		}
		resp, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
		if err != nil {
			t.Fatal(err)
		}
		if resp.Header.Get("Content-Encoding") != "gzip" || resp.Header.Get("Vary") != "Accept-Encoding" ||
			resp.ContentLength != -1 || resp.StatusCode != 200 {
			t.Errorf("%s: got %s %v", method, resp.Status, resp.Header)
		}
		if method == "HEAD" {
			continue
		}
		z, err := gzip.NewReader(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		if text, err := io.ReadAll(z); err != nil || string(text) != long {
			t.Errorf("got %q, %v", text, err)
		}
	}
}

func TestPartsOfAnUploadEncryptedByTheClientSayHow(t *testing.T) {
	w := newWorld(t, localoss.Config{})
	const meta = "x-oss-meta-client-side-encryption-"
	resp, body := w.wire("POST", "/bkt/k?uploads", "", meta+"key", "K", meta+"start", "S", meta+"cek-alg", "AES/CTR",
		meta+"wrap-alg", "RSA", meta+"data-size", "500", meta+"part-size", "100")
	w.answers(resp, body, 200, "<UploadId>")
	_, rest, _ := strings.Cut(body, "<UploadId>")
	id, _, _ := strings.Cut(rest, "</UploadId>")
	_, body = w.wire("GET", "/bkt/k?uploadId="+id, "")
	if !strings.Contains(body, "<NextPartNumberMarker></NextPartNumberMarker>") {
		t.Error("the C SDK needs no next part where there is none, the Python SDK v1 the element: ", body)
	}
	for _, want := range []string{"Key>K<", "Start>S<", "CekAlg>AES/CTR<", "WrapAlg>RSA<", "DataSize>500<",
		"PartSize>100<"} {
		if !strings.Contains(body, "<ClientEncryption"+want) {
			t.Errorf("no %s in %s", want, body)
		}
	}
}

func TestAPartHasTheEncryptionOfItsUpload(t *testing.T) {
	w := newWorld(t, localoss.Config{})
	const encryption = "x-oss-server-side-encryption"
	_, body := w.wire("POST", "/bkt/k?uploads", "", encryption, "AES256")
	_, rest, _ := strings.Cut(body, "<UploadId>")
	id, _, _ := strings.Cut(rest, "</UploadId>")
	resp, body := w.wire("PUT", "/bkt/k?partNumber=1&uploadId="+id, "x")
	w.answers(resp, body, 200, "")
	if got := resp.Header.Get(encryption); got != "AES256" {
		t.Errorf("got %q", got)
	}
}

// TestAnObjectThatIsCopiedToItsPlaceKeepsItsACL is asserted by ossutil, whose set-meta copies so.
func TestAnObjectThatIsCopiedToItsPlaceKeepsItsACL(t *testing.T) {
	w := newWorld(t, localoss.Config{})
	w.put("k", "text", func(r *oss.PutObjectRequest) { r.Acl = oss.ObjectACLPrivate })
	for _, c := range []struct{ target, encryption, acl string }{
		{"k", "", "private"}, {"other", "", "default"}, {"k", "KMS", "default"},
	} {
		headers := []string{"x-oss-copy-source", "/bkt/k", "x-oss-metadata-directive", "REPLACE"}
		if c.encryption != "" {
			headers = append(headers, "x-oss-server-side-encryption", c.encryption)
		}
		resp, body := w.wire("PUT", "/bkt/"+c.target, "", headers...)
		w.answers(resp, body, 200, "")
		resp, body = w.wire("GET", "/bkt/"+c.target+"?acl", "")
		w.answers(resp, body, 200, "<Grant>"+c.acl+"</Grant>")
	}
}

func TestInventoriesThatSuitesOfClientsConfigure(t *testing.T) {
	w := newWorld(t, localoss.Config{})
	put := func(enabled, encryption string) (*http.Response, string) {
		r, err := http.NewRequest("PUT", "http://127.0.0.1:9/bkt?inventory&inventoryId=a", strings.NewReader(
			"<InventoryConfiguration><Id>a</Id><IsEnabled>"+enabled+"</IsEnabled><Destination><OSSBucketDestination>"+
				"<Format>CSV</Format><AccountId>1234567890123456</AccountId>"+
				"<RoleArn>acs:ram::1234567890123456:role/a</RoleArn><Bucket>acs:oss:::bkt</Bucket>"+encryption+
				"</OSSBucketDestination></Destination><Schedule><Frequency>Daily</Frequency></Schedule>"+
				"<IncludedObjectVersions>All</IncludedObjectVersions></InventoryConfiguration>"))
		if err != nil {
			t.Fatal(err)
		}
		signV1(r)
		return w.send(r)
	}
	const oss, kms = "<SSE-OSS></SSE-OSS>", "<SSE-KMS><KeyId>k</KeyId></SSE-KMS>"
	resp, body := put("True", "<Encryption>"+oss+kms+"</Encryption>")
	w.answers(resp, body, 400, code("MalformedXML"))
	resp, body = put("True", "<Encryption>"+oss+"</Encryption>") // True is that of the Python SDK v1
	w.answers(resp, body, 200, "")
}

func TestRequestsThatSuitesOfClientsSend(t *testing.T) {
	w := newWorld(t, localoss.Config{})
	w.put("k", "text")
	w.put("archived", "text", func(r *oss.PutObjectRequest) { r.StorageClass = oss.StorageClassArchive })
	resp, body := w.wire("GET", "/bkt/archived", "")
	w.answers(resp, body, 403, code("InvalidObjectState"))
	if resp.Header.Get("x-oss-hash-crc64ecma") == "" {
		t.Error("no checksum of an archived object")
	}
	const encryption, dataEncryption = "x-oss-server-side-encryption", "x-oss-server-side-data-encryption"
	id := w.begin("k")
	for _, c := range []struct {
		name, method, target, body string
		headers                    []string
		status                     int
		text                       string
	}{
		{"a bucket has a comment", "GET", "/bkt?bucketInfo", "", nil, 200, "<Comment></Comment>"},
		{"a long prefix", "GET", "/bkt?versions&prefix=" + strings.Repeat("a", 1025), "", nil, 400,
			code("InvalidArgument")},
		{"a long marker", "GET", "/bkt?versions&key-marker=" + strings.Repeat("a", 1025), "", nil, 400,
			code("InvalidArgument")},
		{"a key id without KMS", "PUT", "/bkt/k", "text",
			[]string{encryption, "AES256", encryption + "-key-id", "k"}, 200, ""},
		{"several ranges", "GET", "/bkt/k", "", []string{"Range", "bytes=1-2,a-c"}, 206, "ex"},
		{"the last no bytes", "GET", "/bkt/k", "", []string{"Range", "bytes=-0"}, 416, code("InvalidRange")},
		{"tags without quotes", "GET", "/?tagging=k:v", "", nil, 200, "<Buckets></Buckets>"},
		{"tags with one quote", "GET", "/?tagging=%22k:v", "", nil, 400, code("InvalidArgument")},
		{"an encrypted part", "PUT", "/bkt/k?partNumber=1&uploadId=" + id, "x", []string{encryption, "KMS"}, 400,
			"<EC>0005-00000002</EC>"},
		{"data encryption without KMS", "PUT", "/bkt/k", "x", []string{encryption, "AES256", dataEncryption, "SM4"},
			200, ""},
		{"a bucket with encryption", "PUT", "/encrypted", "", []string{encryption, "AES256"}, 501, encryption},
		{"a key that is not UTF-8", "PUT", "/bkt/%d6%d0", "x", nil, 400, "The characters encoding must be utf-8."},
		{"wrong tags at first", "POST", "/bkt/a?append&position=0", "x", []string{"x-oss-tagging", "a=b=c"}, 400,
			code("InvalidArgument")},
		{"the first append", "POST", "/bkt/a?append&position=0", "x", nil, 200, ""},
		{"wrong tags later", "POST", "/bkt/a?append&position=1", "x", []string{"x-oss-tagging", "a=b=c"}, 200, ""},
		{"a deleted symlink", "DELETE", "/bkt/a?symlink", "", nil, 204, ""},
		{"which is gone", "GET", "/bkt/a", "", nil, 404, code("NoSuchKey")},
		{"headers of CORS", "PUT", "/bkt?cors", strings.Replace(corsXML, "x-oss-*", "GET", 1), nil, 200, ""},
		{"are in lower case", "GET", "/bkt?cors", "", nil, 200, "<AllowedHeader>get</AllowedHeader>"},
		{"a principal in brackets", "PUT", "/bkt?policy", `{"Version":"1","Statement":[{"Action":["oss:GetObject"],` +
			`"Effect":"Deny","Principal":"[123456790]","Resource":["acs:oss:*:1234567890:*/*"]}]}`, nil, 200, ""},
		{"a signature of OPTIONS", "OPTIONS", "/bkt/k", "", []string{"Origin", "https://a.example.com",
			"Access-Control-Request-Method", "PUT", "Authorization", "OSS invalid-ak:x"}, 200, ""},
	} {
		resp, body := w.wire(c.method, c.target, c.body, c.headers...)
		if resp.StatusCode != c.status || !strings.Contains(body, c.text) {
			t.Errorf("%s: got %s %s", c.name, resp.Status, body)
		}
	}
}
