package fault

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"afterput/internal/localoss"
)

// call is a request as a server passes it to its Intercept.
func call(name, bucket, key string) *localoss.Call {
	return &localoss.Call{
		Operation: localoss.Operation{Name: name, Bucket: bucket, Key: key},
		RequestID: "R1",
		Method:    http.MethodPut,
	}
}

func part(number int, bytes int64) *localoss.Call {
	c := call("UploadPartCopy", "dst", "k")
	c.PartNumber, c.BytesCopied = number, bytes
	return c
}

const copyResult = `<CopyObjectResult><ETag>"E1"</ETag>` +
	`<LastModified>2026-01-02T03:04:05.000Z</LastModified></CopyObjectResult>`

// served is the outcome of a request.
type served struct {
	reply   *localoss.Response // nil if it was dropped
	body    string
	commits int
	length  int64
}

// serve passes one request through an Intercept in front of a server that answers with 200, an
// ETag and a CopyObjectResult.
func serve(t *testing.T, intercept localoss.Intercept, c *localoss.Call) served {
	t.Helper()
	var s served
	s.reply = intercept(t.Context(), c, func() *localoss.Response {
		s.commits++
		return success()
	})
	if s.reply == nil {
		return s
	}
	s.length = s.reply.Length
	if s.reply.Body != nil {
		b, err := io.ReadAll(s.reply.Body)
		if err != nil {
			t.Fatal(err)
		}
		s.body = string(b)
	}
	return s
}

func success() *localoss.Response {
	r := &localoss.Response{Status: 200, Header: http.Header{"Etag": {`"E1"`}, "Content-Type": {"application/xml"}}}
	r.SetBody([]byte(copyResult))
	return r
}

// send passes one request through an Intercept, with a reply that does not matter.
func send(ctx context.Context, intercept localoss.Intercept, c *localoss.Call) *localoss.Response {
	return intercept(ctx, c, success)
}

func errorCode(body string) string {
	_, rest, _ := strings.Cut(body, "<Code>")
	code, _, _ := strings.Cut(rest, "</Code>")
	return code
}
