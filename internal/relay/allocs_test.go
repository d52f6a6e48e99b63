package relay_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"testing"

	"afterput/internal/copier"
	"afterput/internal/osscall"
	"afterput/internal/relay"
	"afterput/rules"
)

// instantly answers every CopyObject at once, and a HeadObject in case this machine has held one up.
type instantly struct{}

func (instantly) RoundTrip(req *http.Request) (*http.Response, error) {
	const reply = `<?xml version="1.0" encoding="UTF-8"?><CopyObjectResult><ETag>"A"</ETag>` +
		`<LastModified>2026-06-10T06:21:36.000Z</LastModified></CopyObjectResult>`
	return &http.Response{StatusCode: http.StatusOK, Request: req, ContentLength: int64(len(reply)),
		Header: http.Header{"Etag": {`"A"`}, "X-Oss-Request-Id": {"1"},
			"Last-Modified": {"Wed, 10 Jun 2026 06:21:36 GMT"}},
		Body: io.NopCloser(bytes.NewReader([]byte(reply)))}, nil
}

// The work of an event, without the network: two thirds are of OSS's SDK.
func TestASmallCopyAllocatesLittle(t *testing.T) {
	const most, mostUnwanted = 320, 22 // 296 and 19 without the race detector
	set, err := rules.Load("rules.yaml", []byte("version: 1\nsources: ["+from+"]\nrules:\n"+
		"  - name: replicate\n    match: {prefix: wanted/}\n    copy: [{bucket: "+to+"}]\n"),
		func(string) (string, bool) { return "", false })
	if err != nil {
		t.Fatal(err)
	}
	client := osscall.NewClient("cn-hangzhou", "http://127.0.0.1", instantly{})
	h := relay.New(relay.Config{Rules: relay.Fixed(set), Copier: copier.New(client, copier.Options{}),
		Log: slog.New(slog.NewJSONHandler(io.Discard, nil))})
	inv := relay.Invocation{Credentials: osscall.Credentials{AccessKeyID: "local", AccessKeySecret: secret}}
	for key, most := range map[string]float64{"wanted/1": most, "other/1": mostUnwanted} {
		payload := fmt.Appendf(nil, `{"events":[{"eventName":"ObjectCreated:PutObject",`+
			`"oss":{"bucket":{"name":%q},"object":{"key":%q,"eTag":"A","size":4096}}}]}`, from, key)
		if got := testing.AllocsPerRun(100, func() {
			if _, err := h.Handle(context.Background(), inv, payload); err != nil {
				t.Fatal(err)
			}
		}); got > most {
			t.Errorf("%s: %v allocations, at most %v are expected", key, got, most)
		} else {
			t.Logf("%s: %v allocations", key, got)
		}
	}
}
