package fault

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/localoss"
)

func TestSuccessWithAWrongBody(t *testing.T) {
	for _, test := range []struct {
		body        Body
		contentType string
		begins      string // the body after the XML declaration
		etag        string
	}{
		{HTML, "text/html", "<!DOCTYPE html>", ""},
		{Other, "application/xml", "<OtherResult>", `"E1"`},
		{ErrorBody, "application/xml", "<Error>\n  <Code>InternalError</Code>", `"E1"`},
		{Hollow, "application/xml", "<CopyObjectResult></CopyObjectResult>", `"E1"`},
	} {
		t.Run(string(test.body), func(t *testing.T) {
			got := serve(t, New(1, Fault{Body: test.body}).Intercept, call("CopyObject", "b", "k"))
			if got.commits != 1 || got.reply.Status != 200 {
				t.Errorf("took effect %d times and answered %d", got.commits, got.reply.Status)
			}
			if h := got.reply.Header; h.Get("Content-Type") != test.contentType || h.Get("ETag") != test.etag {
				t.Errorf("headers are %v", h)
			}
			body := strings.TrimPrefix(got.body, `<?xml version="1.0" encoding="UTF-8"?>`+"\n")
			if !strings.HasPrefix(body, test.begins) || got.length != int64(len(got.body)) {
				t.Errorf("announced %d bytes of\n%s", got.length, got.body)
			}
		})
	}
}

func TestErrorCanBeAWebPage(t *testing.T) {
	in := New(1, Fault{Error: &localoss.Error{Code: "BadGateway", Status: 502}, Body: HTML})
	got := serve(t, in.Intercept, call("CopyObject", "b", "k"))
	if got.commits != 0 || got.reply.Status != 502 || !strings.Contains(got.body, "<html>") ||
		len(got.reply.Header) != 1 {
		t.Errorf("got %d %v %q", got.reply.Status, got.reply.Header, got.body)
	}
}

func TestWebPageAnswersHEADWithItsHeaders(t *testing.T) {
	head := call("HeadObject", "b", "k")
	head.Method = http.MethodHead
	reply := New(1, Fault{Body: HTML}).Intercept(t.Context(), head, func() *localoss.Response {
		return &localoss.Response{
			Status: 200, Header: http.Header{"Etag": {`"E1"`}, "X-Oss-Object-Type": {"Normal"}}, Length: 1 << 40,
		}
	})
	if reply.Body != nil || reply.Length != int64(len(htmlPage)) || len(reply.Header) != 1 ||
		reply.Header.Get("Content-Type") != "text/html" {
		t.Errorf("got %+v", reply)
	}
}

func TestXMLBodyFaultsDoNotChangeHEADOrContent(t *testing.T) {
	for _, body := range []Body{Other, ErrorBody, Hollow} {
		head := call("HeadObject", "b", "k")
		head.Method = http.MethodHead
		reply := New(1, Fault{Body: body}).Intercept(t.Context(), head, func() *localoss.Response {
			return &localoss.Response{Status: 200, Header: http.Header{}, Length: 1000}
		})
		if reply.Length != 1000 || reply.Body != nil {
			t.Errorf("%s: HEAD has Content-Length %d", body, reply.Length)
		}
	}
	reply := New(1, Fault{Body: Hollow}).Intercept(t.Context(), call("GetObject", "b", "k"), func() *localoss.Response {
		return &localoss.Response{
			Status: 200,
			Header: http.Header{"Content-Type": {"text/plain"}},
			Length: 1 << 40,
			Body:   strings.NewReader("never read"),
		}
	})
	if reply.Length != 1<<40 {
		t.Errorf("the content of an object was changed: Content-Length is %d", reply.Length)
	}
}

// TestSDKAcceptsSuccessWithAWrongBody documents a behaviour of the SDK that the copy engine guards
// against.
func TestSDKAcceptsSuccessWithAWrongBody(t *testing.T) {
	for _, body := range []Body{Other, ErrorBody, Hollow} {
		client := behind(t, New(1, Fault{Operations: []string{"GetObjectTagging"}, Body: body}).Intercept, "x")
		tagSet := &oss.TagSet{Tags: []oss.Tag{{Key: oss.Ptr("a"), Value: oss.Ptr("1")}}}
		_, err := client.PutObjectTagging(t.Context(), &oss.PutObjectTaggingRequest{
			Bucket: oss.Ptr("src"), Key: oss.Ptr("k"), Tagging: &oss.Tagging{TagSet: tagSet},
		})
		if err != nil {
			t.Fatal(err)
		}
		tags, err := client.GetObjectTagging(t.Context(), &oss.GetObjectTaggingRequest{
			Bucket: oss.Ptr("src"), Key: oss.Ptr("k"),
		})
		if err != nil || len(tags.Tags) != 0 {
			t.Errorf("%s: got %v, %v; want success without tags", body, tags, err)
		}
	}
}

// TestFaultsCanRemoveEveryHeaderOfOSS removes all headers of OSS from the reply to a HEAD.
func TestFaultsCanRemoveEveryHeaderOfOSS(t *testing.T) {
	for name, fault := range map[string]Fault{
		"a web page": {Body: HTML},
		"removed headers": {Header: map[string]string{
			"ETag": "", "Last-Modified": "", "X-Oss-Request-Id": "", "X-Oss-Server-Time": "",
			"X-Oss-Hash-Crc64ecma": "", "X-Oss-Object-Type": "", "X-Oss-Storage-Class": "",
		}},
	} {
		fault.Operations = []string{"HeadObject"}
		client := behind(t, New(1, fault).Intercept, "x")
		head, err := client.HeadObject(context.Background(), &oss.HeadObjectRequest{
			Bucket: oss.Ptr("src"), Key: oss.Ptr("k"),
		})
		if err != nil {
			t.Fatal(name, err)
		}
		for header := range head.Headers {
			if strings.HasPrefix(header, "X-Oss-") || header == "Etag" || header == "Last-Modified" {
				t.Errorf("%s: %s is still there", name, header)
			}
		}
	}
}
