package localoss_test

import (
	"bufio"
	"compress/gzip"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"afterput/internal/localoss"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
)

// signedParams are the query parameters of these tests that a V1 signature covers, in its order.
var signedParams = strings.Fields(`acl append bucketInfo cors delete inventory inventoryId lifecycle live partNumber
	policy position restore stat symlink tagging uploadId uploads versions`)

// wire sends one request as it stands, path style, signed with V1. headers are pairs of names and values.
func (w *world) wire(method, target, body string, headers ...string) (*http.Response, string) {
	w.Helper()
	r, err := http.NewRequest(method, "http://127.0.0.1:9"+target, strings.NewReader(body))
	if err != nil {
		w.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	signV1(r)
	return w.send(r)
}

func (w *world) send(r *http.Request) (*http.Response, string) {
	w.Helper()
	resp, err := w.Transport().RoundTrip(r)
	if err != nil {
		w.Fatal(err)
	}
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		w.Fatal(err)
	}
	return resp, string(text)
}

func signV1(r *http.Request) {
	r.Header.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	toSign := r.Method + "\n" + r.Header.Get("Content-MD5") + "\n" + r.Header.Get("Content-Type") + "\n" +
		r.Header.Get("Date") + "\n"
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		if strings.HasPrefix(name, "X-Oss-") {
			toSign += strings.ToLower(name) + ":" + r.Header.Get(name) + "\n"
		}
	}
	query, sep := r.URL.Query(), "?"
	toSign += r.URL.Path
	if strings.Count(r.URL.Path, "/") == 1 && r.URL.Path != "/" {
		toSign += "/"
	}
	for _, name := range signedParams {
		if query.Has(name) {
			toSign += sep + name
			if v := query.Get(name); v != "" {
				toSign += "=" + v
			}
			sep = "&"
		}
	}
	mac := hmac.New(sha1.New, []byte("local"))
	mac.Write([]byte(toSign))
	r.Header.Set("Authorization", "OSS local:"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
}

// answers checks the status and that the body has the text.
func (w *world) answers(resp *http.Response, body string, status int, text string) {
	w.Helper()
	if resp.StatusCode != status || !strings.Contains(body, text) {
		w.Errorf("got %s %s, want %d with %s", resp.Status, body, status, text)
	}
}

func code(name string) string { return "<Code>" + name + "</Code>" }

func TestPlusInACopySourceIsASpace(t *testing.T) {
	w := newWorld(t, localoss.Config{})
	w.put("a b+c", "text")
	resp, body := w.wire("PUT", "/bkt/slash", "", "x-oss-copy-source", "bkt%2Fa%20b%2Bc")
	w.answers(resp, body, 200, "<CopyObjectResult>")
	resp, body = w.wire("PUT", "/bkt/copy", "", "x-oss-copy-source", "/bkt/a+b%2Bc")
	w.answers(resp, body, 200, "<CopyObjectResult>")
	resp, body = w.wire("PUT", "/bkt/link?symlink", "", "x-oss-symlink-target", "a+b%2Bc")
	w.answers(resp, body, 200, "")
	if got := w.get("copy") + w.get("link"); got != "texttext" {
		t.Errorf("got %q", got)
	}
}

// TestV4SignsTheQueryEncodedAnew sends the slash of a prefix as it is, over a signature of its encoded form, as
// Python's asyncio client does, and an escape in lower case.
func TestV4SignsTheQueryEncodedAnew(t *testing.T) {
	w := newWorld(t, localoss.Config{})
	w.put("demo/ü", "text")
	signed, err := w.sdk.Presign(ctx, &oss.GetObjectRequest{Bucket: oss.Ptr("bkt"), Key: oss.Ptr("demo/ü"),
		RequestCommon: oss.RequestCommon{Parameters: map[string]string{"response-content-type": "a/b ü"}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, form := range []func(string) string{
		func(s string) string { return s },
		func(s string) string { return strings.ReplaceAll(s, "%2F", "/") },
		func(s string) string { return strings.ReplaceAll(s, "%2F", "%2f") },
		func(s string) string { return strings.ReplaceAll(s, "%C3%BC", "%c3%bc") },
		func(s string) string { return strings.ReplaceAll(s, "%20", "+") },
	} {
		r, err := http.NewRequest("GET", form(signed.URL), nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, body := w.send(r)
		w.answers(resp, body, 200, "text")
	}
}

// TestETagOfAMultipartUpload has a file of 482,048 bytes in parts of 100 KiB.
func TestETagOfAMultipartUpload(t *testing.T) {
	w := newWorld(t, localoss.Config{})
	id := w.begin("k")
	text, list, sums := strings.Repeat("0123456789abcdef", 30128), "", ""
	for n := 1; len(text) > 0; n++ {
		part := text[:min(len(text), 100<<10)]
		text = text[len(part):]
		resp, body := w.wire("PUT", fmt.Sprintf("/bkt/k?partNumber=%d&uploadId=%s", n, id), part)
		w.answers(resp, body, 200, "")
		sums += fmt.Sprintf("%X", md5.Sum([]byte(part)))
		list += fmt.Sprintf("<Part><PartNumber>%d</PartNumber><ETag>%s</ETag></Part>", n, resp.Header.Get("ETag"))
	}
	resp, body := w.wire("POST", "/bkt/k?uploadId="+id, "<CompleteMultipartUpload>"+list+"</CompleteMultipartUpload>")
	w.answers(resp, body, 200, "")
	if want := fmt.Sprintf(`"%X-5"`, md5.Sum([]byte(sums))); resp.Header.Get("ETag") != want {
		t.Errorf("got %s, want %s", resp.Header.Get("ETag"), want)
	}
}

func (w *world) begin(key string) (uploadID string) {
	w.Helper()
	resp, body := w.wire("POST", "/bkt/"+key+"?uploads", "")
	w.answers(resp, body, 200, "<UploadId>")
	_, rest, _ := strings.Cut(body, "<UploadId>")
	uploadID, _, _ = strings.Cut(rest, "</UploadId>")
	return uploadID
}

func TestHeadOfABucketSaysWhetherItExists(t *testing.T) {
	w := newWorld(t, localoss.Config{})
	resp, _ := w.wire("HEAD", "/bkt/", "")
	w.answers(resp, "", 200, "")
	resp, _ = w.wire("HEAD", "/none/", "")
	w.answers(resp, "", 404, "")
}

func TestPutBucketAclMakesABucket(t *testing.T) {
	w := newWorld(t, localoss.Config{})
	for _, acl := range []string{"public-read", "private"} {
		resp, body := w.wire("PUT", "/new?acl", "", "x-oss-acl", acl)
		w.answers(resp, body, 200, "")
		if got := resp.Header.Get("Location"); got != "/new" {
			t.Errorf("Location: %q", got)
		}
		resp, body = w.wire("GET", "/new?acl", "")
		w.answers(resp, body, 200, "<Grant>"+acl+"</Grant>")
	}
}

func TestInformationOfAnEmptyBucket(t *testing.T) {
	w := newWorld(t, localoss.Config{})
	resp, body := w.wire("GET", "/bkt?bucketInfo", "")
	w.answers(resp, body, 200, "<SSEAlgorithm>None</SSEAlgorithm>")
	resp, body = w.wire("GET", "/bkt?stat", "")
	w.answers(resp, body, 200, "<LastModifiedTime>0</LastModifiedTime>")
	w.put("k", "text")
	_, body = w.wire("GET", "/bkt?stat", "")
	if strings.Contains(body, "<LastModifiedTime>0</LastModifiedTime>") {
		t.Error(body)
	}
}

func TestListBucketsHasTagsAndRefusesAnInvalidPrefix(t *testing.T) {
	w := newWorld(t, localoss.Config{})
	resp, body := w.wire("PUT", "/bkt?tagging",
		"<Tagging><TagSet><Tag><Key>a</Key><Value>1</Value></Tag></TagSet></Tagging>")
	w.answers(resp, body, 200, "")
	_, body = w.wire("GET", "/", "")
	if !strings.Contains(strings.Join(strings.Fields(body), ""),
		"<Tagging><TagSet><Tag><Key>a</Key><Value>1</Value></Tag></TagSet></Tagging></Bucket>") {
		t.Error(body)
	}
	resp, body = w.wire("GET", "/?prefix=impossibleMatch", "")
	w.answers(resp, body, 400, code("InvalidArgument"))
}

func TestAppendSetsTheACLAtAnyPositionAndTagsOnlyAtFirst(t *testing.T) {
	w := newWorld(t, localoss.Config{})
	resp, body := w.wire("POST", "/bkt/k?append&position=0", "a", "x-oss-tagging", "a=1")
	w.answers(resp, body, 200, "")
	resp, body = w.wire("POST", "/bkt/k?append&position=1", "b", "x-oss-tagging", "b=2",
		"x-oss-object-acl", "public-read")
	w.answers(resp, body, 200, "")
	resp, body = w.wire("POST", "/bkt/k?append&position=2", "c")
	w.answers(resp, body, 200, "")
	resp, body = w.wire("GET", "/bkt/k?acl", "")
	w.answers(resp, body, 200, "<Grant>public-read</Grant>")
	_, body = w.wire("GET", "/bkt/k?tagging", "")
	if !strings.Contains(body, "<Key>a</Key>") || strings.Contains(body, "<Key>b</Key>") {
		t.Error(body)
	}
}

func TestDeleteMultipleObjectsTakesWhatOldClientsSend(t *testing.T) {
	w := newWorld(t, localoss.Config{})
	w.put("a\x01\x1fb", "text")
	body := "<Delete><Object><Key>a\x01&#x1f;b</Key></Object></Delete>"
	sum := md5.Sum([]byte(body))
	overlong := base64.StdEncoding.EncodeToString(append(sum[:], "more"...))
	resp, text := w.wire("POST", "/bkt?delete", body, "Content-MD5", overlong)
	w.answers(resp, text, 200, "<Key>a\x01\x1fb</Key>")
	if _, exists := w.Object("bkt", "a\x01\x1fb"); exists {
		t.Error("the object is still there")
	}
	resp, text = w.wire("POST", "/bkt?delete", body, "Content-MD5",
		base64.StdEncoding.EncodeToString(append(make([]byte, md5.Size), "more"...)))
	w.answers(resp, text, 400, code("InvalidDigest"))
	resp, text = w.wire("POST", "/bkt?delete",
		"<Delete><Object><Key>a</Key><VersionId>234</VersionId></Object></Delete>")
	w.answers(resp, text, 400, code("InvalidArgument"))
}

func TestListedControlCharactersComeBackAsTheyAre(t *testing.T) {
	w := newWorld(t, localoss.Config{})
	w.put("a\x01<\x1f>&'\" b", "text")
	for _, query := range []string{"", "?list-type=2", "?versions"} {
		resp, body := w.wire("GET", "/bkt"+query, "")
		w.answers(resp, body, 200, "<Key>a\x01&lt;\x1f&gt;&amp;&#39;&#34; b</Key>")
	}
	_, body := w.wire("GET", "/bkt?encoding-type=url", "")
	if !strings.Contains(body, "<Key>a%01%3C%1F%3E%26%27%22%20b</Key>") {
		t.Error(body)
	}
}

func TestErrorCodesThatClientsAssert(t *testing.T) {
	w := newWorld(t, localoss.Config{})
	w.put("k", "text")
	w.put("old", "text", func(r *oss.PutObjectRequest) { r.StorageClass = oss.StorageClassArchive })
	for _, c := range []struct {
		name, method, target, body, header, value string
		status                                    int
		code                                      string
	}{
		{"a changed object to put", "PUT", "/bkt/k", "x", "If-Modified-Since", "Fri, 20 Nov 2026 13:11:58 GMT", 501,
			"NotImplemented"},
		{"Archive with JobParameters", "POST", "/bkt/old?restore",
			"<RestoreRequest><Days>1</Days><JobParameters></JobParameters></RestoreRequest>", "", "", 400,
			"MalformedXML"},
		{"an empty version id", "PUT", "/bkt/c", "", "x-oss-copy-source", "/bkt/k?versionId=", 400, "InvalidArgument"},
		{"a long key to copy", "PUT", "/bkt/c", "", "x-oss-copy-source", "/bkt/" + strings.Repeat("k", 1024), 400,
			"InvalidObjectName"},
		{"an ACL without value", "PUT", "/bkt/k?acl", "", "", "", 400, "MissingArgument"},
		{"a key that is not UTF-8", "GET", "/bkt/%ff", "", "", "", 400, "InvalidArgument"},
		{"a wrong token", "GET", "/bkt/k", "", "x-oss-security-token", "wrong", 403, "InvalidAccessKeyId"},
		{"slow", "PUT", "/bkt/slow", "x", "x-oss-traffic-limit", "645763", 200, ""},
		{"too slow", "PUT", "/bkt/slow", "x", "x-oss-traffic-limit", "645762", 400, "InvalidArgument"},
	} {
		var headers []string
		if c.header != "" {
			headers = []string{c.header, c.value}
		}
		resp, body := w.wire(c.method, c.target, c.body, headers...)
		if resp.StatusCode != c.status || c.code != "" && !strings.Contains(body, code(c.code)) {
			t.Errorf("%s: got %s %s", c.name, resp.Status, body)
		}
	}
	resp, _ := w.wire("HEAD", "/bkt//key", "")
	w.answers(resp, "", 404, "")
}

func TestNotImplementedNamesTheSubResource(t *testing.T) {
	w := newWorld(t, localoss.Config{})
	resp, body := w.wire("GET", "/bkt?lifecycle", "")
	w.answers(resp, body, 501, "<Message>This local OSS does not implement lifecycle.</Message>")
	resp, body = w.wire("PUT", "/bkt/channel?live", "")
	w.answers(resp, body, 501, "<Message>This local OSS does not implement live.</Message>")
}

func TestThereAreNoLiveChannels(t *testing.T) {
	w := newWorld(t, localoss.Config{})
	resp, body := w.wire("GET", "/bkt?live&prefix=a", "")
	w.answers(resp, body, 200, "<IsTruncated>false</IsTruncated>")
}

func TestTextIsCompressedForWhoAcceptsIt(t *testing.T) {
	w := newWorld(t, localoss.Config{})
	long := strings.Repeat("text ", 300)
	as := func(contentType string) func(*oss.PutObjectRequest) {
		return func(r *oss.PutObjectRequest) { r.ContentType = &contentType }
	}
	w.put("long", long, as("text/plain; charset=utf-8"))
	w.put("short", "text", as("text/plain"))
	w.put("binary", long, as("image/png"))
	for key, compressed := range map[string]bool{"long": true, "short": false, "binary": false} {
		resp, body := w.wire("GET", "/bkt/"+key, "", "Accept-Encoding", "gzip, deflate")
		if got := resp.Header.Get("Content-Encoding") == "gzip"; got != compressed {
			t.Errorf("%s: compressed: %v", key, got)
		}
		if vary := resp.Header.Get("Vary"); (vary == "Accept-Encoding") != (key != "binary") {
			t.Errorf("%s: Vary: %q", key, vary)
		}
		if !compressed {
			continue
		}
		z, err := gzip.NewReader(strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if text, err := io.ReadAll(z); err != nil || string(text) != long || resp.Header.Get("ETag") != "" {
			t.Errorf("%s: got %q, %v", key, text, err)
		}
	}
	if resp, body := w.wire("GET", "/bkt/long", "", "Accept-Encoding", "gzip", "Range", "bytes=0-3"); body != "text" {
		t.Errorf("a range: got %s %q", resp.Status, body)
	}
}

func TestGetThatAnnouncesABodyAndSendsNoneIsAnswered(t *testing.T) {
	w := newWorld(t, localoss.Config{})
	conn, err := net.Dial("tcp", strings.TrimPrefix(w.listen(), "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	const request = "GET /bkt/k HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 10\r\n\r\n"
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	if err := conn.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	if body, err := io.ReadAll(resp.Body); err != nil || resp.StatusCode != 403 || !resp.Close {
		t.Errorf("got %s %q, %v", resp.Status, body, err)
	}
}

const corsXML = `<CORSConfiguration>
<CORSRule><AllowedOrigin>https://*.example.com</AllowedOrigin><AllowedMethod>PUT</AllowedMethod>
<AllowedHeader>x-oss-*</AllowedHeader><ExposeHeader>ETag</ExposeHeader><MaxAgeSeconds>60</MaxAgeSeconds></CORSRule>
<CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule>
<ResponseVary>true</ResponseVary></CORSConfiguration>`

func TestBrowsersUploadByTheBucketsCORSRules(t *testing.T) {
	w := newWorld(t, localoss.Config{})
	w.put("k", "text")
	ask := func(origin, method, headers string) *http.Response {
		r, err := http.NewRequest("OPTIONS", "http://127.0.0.1:9/bkt/k", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Origin", origin)
		r.Header.Set("Access-Control-Request-Method", method)
		r.Header.Set("Access-Control-Request-Headers", headers)
		resp, _ := w.send(r)
		return resp
	}
	resp, body := w.wire("GET", "/bkt?cors", "")
	w.answers(resp, body, 404, code("NoSuchCORSConfiguration"))
	w.answers(ask("https://a.example.com", "PUT", ""), "", 403, "")
	resp, body = w.wire("PUT", "/bkt?cors", corsXML)
	w.answers(resp, body, 200, "")
	resp, body = w.wire("GET", "/bkt?cors", "")
	w.answers(resp, body, 200, "<AllowedOrigin>https://*.example.com</AllowedOrigin>")

	resp = ask("https://a.example.com", "PUT", "X-Oss-Meta-A, x-oss-date")
	for name, want := range map[string]string{
		"Access-Control-Allow-Origin": "https://a.example.com", "Access-Control-Allow-Methods": "PUT",
		"Access-Control-Allow-Headers": "X-Oss-Meta-A, x-oss-date", "Access-Control-Expose-Headers": "ETag",
		"Access-Control-Max-Age": "60", "Vary": "Origin",
	} {
		if got := resp.Header.Get(name); got != want || resp.StatusCode != 200 {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	w.answers(ask("https://a.example.com", "PUT", "content-type"), "", 403, "")
	w.answers(ask("https://example.org", "PUT", ""), "", 403, "")
	resp, _ = w.wire("GET", "/bkt/none", "", "Origin", "https://example.org")
	if got := resp.Header.Get("Access-Control-Allow-Origin"); got != "*" || resp.StatusCode != 404 {
		t.Errorf("a page must see an error too: got %s, origin %q", resp.Status, got)
	}
	resp, body = w.wire("DELETE", "/bkt?cors", "")
	w.answers(resp, body, 204, "")
	resp, _ = w.wire("GET", "/bkt/k", "", "Origin", "https://example.org")
	if got := resp.Header.Get("Access-Control-Allow-Origin"); got != "" {
		t.Errorf("after the rules were removed: origin %q", got)
	}
}

func TestInvalidCORSRulesAreRefused(t *testing.T) {
	w := newWorld(t, localoss.Config{})
	const rule = "<AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod>"
	for _, text := range []string{"", "<CORSRule></CORSRule>", strings.Repeat("<CORSRule>"+rule+"</CORSRule>", 11),
		"<CORSRule><AllowedOrigin>*.*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule>",
		"<CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>PATCH</AllowedMethod></CORSRule>",
		"<CORSRule>" + rule + "<ExposeHeader>*</ExposeHeader></CORSRule>"} {
		resp, body := w.wire("PUT", "/bkt?cors", "<CORSConfiguration>"+text+"</CORSConfiguration>")
		w.answers(resp, body, 400, code("MalformedXML"))
	}
}
