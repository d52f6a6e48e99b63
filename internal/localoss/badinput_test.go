package localoss_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"afterput/internal/localoss"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"go.uber.org/goleak"
)

// presignPut returns the path and query of a presigned PutObject.
func (w *world) presignPut(key string) string {
	w.Helper()
	signed, err := w.sdk.Presign(ctx, &oss.PutObjectRequest{Bucket: oss.Ptr("bkt"), Key: oss.Ptr(key)})
	if err != nil {
		w.Fatal(err)
	}
	u, err := url.Parse(signed.URL)
	if err != nil {
		w.Fatal(err)
	}
	return u.RequestURI()
}

// raw sends bytes, closes the sending half, and returns the status and body of the reply; status 0
// is a connection that was closed without a reply.
func raw(t *testing.T, address, request string) (int, string) {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(address, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	_ = conn.(*net.TCPConn).CloseWrite()
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return 0, ""
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(body)
}

func TestBodyThatIsNotAsAnnouncedIsNotStored(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	w := newWorld(t, localoss.Config{})
	hs := httptest.NewServer(w.Server)
	defer hs.Close()
	for name, c := range map[string]struct {
		headers, body string
		status        int
		code          string
	}{
		"shorter, then closed":      {"Content-Length: 10", "12345", 400, "IncompleteBody"},
		"chunks cut off":            {"Transfer-Encoding: chunked", "5\r\n12345\r\n", 400, "IncompleteBody"},
		"a chunk cut off":           {"Transfer-Encoding: chunked", "a\r\n123", 400, "IncompleteBody"},
		"an invalid chunk":          {"Transfer-Encoding: chunked", "zz\r\n123", 400, "IncompleteBody"},
		"no length":                 {"X-Nothing: 1", "", 411, "MissingContentLength"},
		"more than 5 GiB announced": {"Content-Length: 5368709121", "12345", 400, "EntityTooLarge"},
	} {
		t.Run(name, func(t *testing.T) {
			key := strings.ReplaceAll(name, " ", "-")
			status, body := raw(t, hs.URL, fmt.Sprintf(
				"PUT %s HTTP/1.1\r\nHost: 127.0.0.1\r\n%s\r\n\r\n%s", w.presignPut(key), c.headers, c.body,
			))
			if status != c.status || !strings.Contains(body, "<Code>"+c.code+"</Code>") {
				t.Errorf("got %d %s, want %d %s", status, body, c.status, c.code)
			}
			if _, exists := w.Object("bkt", key); exists {
				t.Error("an object was stored")
			}
		})
	}
	status, _ := raw(t, hs.URL, fmt.Sprintf(
		"PUT %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 3\r\n\r\n12345", w.presignPut("longer"),
	))
	if o, exists := w.Object("bkt", "longer"); status != 200 || !exists || o.Size != 3 {
		t.Errorf("of a longer body the announced bytes are stored: got %d, %+v", status, o)
	}
	const chunks = "3\r\n123\r\n2\r\n45\r\n0\r\n\r\n"
	status, _ = raw(t, hs.URL, fmt.Sprintf(
		"PUT %s HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n%s", w.presignPut("chunked"), chunks,
	))
	if o, exists := w.Object("bkt", "chunked"); status != 200 || !exists || o.Size != 5 {
		t.Errorf("a chunked body is stored completely: got %d, %+v", status, o)
	}
}

func TestContentMD5MustBeThatOfTheBody(t *testing.T) {
	w := newWorld(t, localoss.Config{})
	for _, sum := range []string{"1B2M2Y8AsgTpgAmY7PhCfg==", "not base64", "YQ=="} {
		_, err := w.sdk.PutObject(ctx, &oss.PutObjectRequest{
			Bucket: oss.Ptr("bkt"), Key: oss.Ptr("k"), Body: strings.NewReader("text"), ContentMD5: oss.Ptr(sum),
		})
		w.refused(err, 400, "InvalidDigest", "")
	}
	if _, exists := w.Object("bkt", "k"); exists {
		t.Error("an object was stored")
	}
}

// invoke sends a signed request of any kind.
func (w *world) invoke(method, key, sub, body string) error {
	in := &oss.OperationInput{
		OpName:     "Any",
		Method:     method,
		Bucket:     oss.Ptr("bkt"),
		Parameters: map[string]string{},
		Body:       strings.NewReader(body),
	}
	if key != "" {
		in.Key = oss.Ptr(key)
	}
	for _, p := range strings.Split(sub, "&") {
		name, value, _ := strings.Cut(p, "=")
		in.Parameters[name] = value
	}
	in.OpMetadata.Set("sub-resource", []string{"versioning", "cleanRestoredObject"})
	_, err := w.sdk.InvokeOperation(ctx, in)
	return err
}

func TestInvalidXMLIsRefused(t *testing.T) {
	w := newWorld(t, localoss.Config{})
	w.put("k", "text", func(r *oss.PutObjectRequest) { r.StorageClass = oss.StorageClassArchive })
	up, err := w.sdk.InitiateMultipartUpload(ctx, &oss.InitiateMultipartUploadRequest{
		Bucket: oss.Ptr("bkt"), Key: oss.Ptr("k"),
	})
	if err != nil {
		t.Fatal(err)
	}
	bomb := `<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "aaaaaaaaaa">` +
		`<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><%[1]s>&b;</%[1]s>`
	for _, target := range []struct{ method, key, sub, root string }{
		{"POST", "", "delete", "Delete"},
		{"POST", "k", "uploadId=" + *up.UploadId, "CompleteMultipartUpload"},
		{"PUT", "k", "tagging", "Tagging"},
		{"PUT", "", "tagging", "Tagging"},
		{"PUT", "", "versioning", "VersioningConfiguration"},
		{"POST", "k", "restore", "RestoreRequest"},
	} {
		for name, body := range map[string]string{
			"text":         "not XML",
			"cut off":      "<" + target.root + "><Object>",
			"another root": "<Other></Other>",
			"two roots":    fmt.Sprintf("<%[1]s></%[1]s><%[1]s></%[1]s>", target.root),
			"a bomb":       fmt.Sprintf(bomb, target.root),
			"nested":       "<" + target.root + ">" + strings.Repeat("<a>", 20000),
			"too long":     "<" + target.root + ">" + strings.Repeat(" ", 3<<20) + "</" + target.root + ">",
		} {
			t.Run(target.method+" "+target.sub+" "+name, func(t *testing.T) {
				w.refused(w.invoke(target.method, target.key, target.sub, body), 400, "MalformedXML", "")
			})
		}
	}
	if _, exists := w.Object("bkt", "k"); !exists {
		t.Error("the object was deleted")
	}
}

func TestInvalidNamesAreRefused(t *testing.T) {
	w := newWorld(t, localoss.Config{})
	url := w.listen()
	for target, want := range map[string]string{
		"/bkt/%ff":                             "400 InvalidArgument",
		"/bkt/%C3%28":                          "400 InvalidArgument",
		"/bkt/%2Fabsolute":                     "400 InvalidObjectName",
		"/bkt//absolute":                       "400 InvalidObjectName",
		"/bkt/%5Cback":                         "400 InvalidObjectName",
		"/bkt/" + strings.Repeat("k", 1024):    "400 InvalidObjectName",
		"/bk":                                  "400 InvalidBucketName",
		"/Upper/k":                             "400 InvalidBucketName",
		"/under_score/k":                       "400 InvalidBucketName",
		"/-edge/k":                             "400 InvalidBucketName",
		"/" + strings.Repeat("b", 64):          "400 InvalidBucketName",
		"/../../etc/passwd":                    "400 InvalidBucketName",
		"/bkt?encoding-type=base64&max-keys=%": "400 InvalidArgument",
		"/nothere/k":                           "404 NoSuchBucket",
		"/bkt/k?lifecycle":                     "501 NotImplemented",
		"/bkt?website":                         "501 NotImplemented",
		"/bkt/k?x-oss-process=image/resize":    "501 NotImplemented",
		"/bkt/k?select":                        "403 AccessDenied",
	} {
		status, body := raw(t, url, "GET "+target+" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
		_, code, _ := strings.Cut(body, "<Code>")
		code, _, _ = strings.Cut(code, "</Code>")
		if got := fmt.Sprint(status, " ", code); got != want {
			t.Errorf("%.40s: got %s, want %s", target, got, want)
		}
	}
	for request, want := range map[string]int{
		"GET /bkt/%zz HTTP/1.1\r\nHost: x\r\n\r\n":                                                        400,
		"PATCH /bkt/k HTTP/1.1\r\nHost: x\r\n\r\n":                                                        405,
		"PUT /bkt?location HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n":                              405,
		"POST /bkt HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data\r\nContent-Length: 0\r\n\r\n": 501,
		"OPTIONS /bkt/k HTTP/1.1\r\nHost: x\r\n\r\n":                                                      400,
		"PUT /bkt/k HTTP/1.1\r\nHost: x\r\nx-oss-callback: e30=\r\nContent-Length: 0\r\n\r\n":             501,
		"GET /bkt/k HTTP/1.1\r\nHost: oss-cn-hangzhou.aliyuncs.com\r\n\r\n":                               403,
	} {
		if status, body := raw(t, url, request); status != want {
			t.Errorf("%q: got %d %s, want %d", request, status, body, want)
		}
	}
}

func TestInvalidTagsAreRefused(t *testing.T) {
	w := newWorld(t, localoss.Config{})
	for _, tagging := range []string{
		strings.Repeat("k=v&", 5000) + "z=1", strings.Repeat("a", 70000), "a=1&a=2", "%zz=1", "a=b=c", "=v", "k=%00",
		"k=" + strings.Repeat("v", 257),
	} {
		_, err := w.sdk.PutObject(ctx, &oss.PutObjectRequest{
			Bucket: oss.Ptr("bkt"), Key: oss.Ptr("k"), Tagging: oss.Ptr(tagging),
		})
		var se *oss.ServiceError
		if !asServiceError(err, &se) || se.StatusCode != 400 {
			t.Errorf("%.30s…: %v", tagging, err)
		}
	}
}
