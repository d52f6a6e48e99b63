package conformance

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
)

// send sends a request without a signature, other than in its URL.
func (w *world) send(method, url, body string) (status int, reply string) {
	w.Helper()
	request, err := http.NewRequestWithContext(w.ctx, method, url, strings.NewReader(body))
	w.ok(err)
	response, err := http.DefaultClient.Do(request)
	w.ok(err)
	defer response.Body.Close()
	b, err := io.ReadAll(response.Body)
	w.ok(err)
	return response.StatusCode, string(b)
}

func TestPresignedURLs(t *testing.T) {
	conform(t, func(w *world) {
		key := "dir/图 +%.txt"
		put, err := w.client.Presign(w.ctx, &oss.PutObjectRequest{Bucket: &w.bucket, Key: &key})
		w.ok(err)
		status, reply := w.send("PUT", put.URL, "presigned")
		same(w, "status of PUT", status, 200)
		same(w, "reply to PUT", reply, "")

		get, err := w.client.Presign(w.ctx, &oss.GetObjectRequest{
			Bucket: &w.bucket, Key: &key, ResponseContentType: oss.Ptr("text/x-odd"),
		}, oss.PresignExpires(time.Minute))
		w.ok(err)
		status, reply = w.send("GET", get.URL, "")
		same(w, "status of GET", status, 200)
		same(w, "content", reply, "presigned")

		status, _ = w.send("GET", strings.Replace(get.URL, "x-odd", "x-other", 1), "")
		same(w, "status after a change of the URL", status, 403)
		status, _ = w.send("PUT", get.URL, "x")
		same(w, "status of another method", status, 403)
		w.pass(2 * time.Minute)
		status, reply = w.send("GET", get.URL, "")
		same(w, "status after it expired", status, 403)
		same(w, "code after it expired", strings.Contains(reply, "<Code>AccessDenied</Code>"), true)
	})
}

func TestWithoutASignatureTheACLDecides(t *testing.T) {
	conform(t, func(w *world) {
		if w.live {
			w.Skip("accounts may forbid public objects")
		}
		w.put("open", "x", func(r *oss.PutObjectRequest) { r.Acl = oss.ObjectACLPublicRead })
		w.put("closed", "x")
		for key, want := range map[string]int{"open": 200, "closed": 403} {
			status, _ := w.send("GET", w.endpoint+"/"+w.bucket+"/"+key, "")
			same(w, "status of "+key, status, want)
		}
		status, _ := w.send("PUT", w.endpoint+"/"+w.bucket+"/open", "y")
		same(w, "status of PUT", status, 403)
	})
}

func TestResponseHeadersAreOverriddenByTheRequest(t *testing.T) {
	conform(t, func(w *world) {
		w.put("k", "x", func(r *oss.PutObjectRequest) { r.ContentType = oss.Ptr("text/plain") })
		result, err := w.client.GetObject(w.ctx, &oss.GetObjectRequest{
			Bucket:                     &w.bucket,
			Key:                        oss.Ptr("k"),
			ResponseContentType:        oss.Ptr("text/x-odd"),
			ResponseContentDisposition: oss.Ptr("attachment"),
		})
		w.ok(err)
		same(w, "content", w.read(result), "x")
		same(w, "Content-Type", result.Headers.Get("Content-Type"), "text/x-odd")
		same(w, "Content-Disposition", result.Headers.Get("Content-Disposition"), "attachment")
	})
}
