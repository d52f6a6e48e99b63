package main

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"afterput/internal/copier"
	"afterput/internal/localoss"
	"afterput/internal/osscall"
	"afterput/internal/relay"
	"afterput/rules"
)

// customRuntime starts the function as a custom runtime, with a local OSS that has the
// buckets uploads and replica.
func customRuntime(t *testing.T) (url string, server *localoss.Server, log *bytes.Buffer) {
	t.Helper()
	server, err := localoss.New(localoss.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	for _, bucket := range []string{"uploads", "replica"} {
		if err := server.CreateBucket(bucket); err != nil {
			t.Fatal(err)
		}
	}
	set, err := rules.Load("rules.yaml", []byte(rulesNamed("all")), from(nil))
	if err != nil {
		t.Fatal(err)
	}
	log = &bytes.Buffer{}
	client := osscall.NewClient("cn-hangzhou", "http://127.0.0.1", server.Transport())
	handler := relay.New(relay.Config{
		Rules:  relay.Fixed(set),
		Copier: copier.New(client, copier.Options{}),
		Log:    slog.New(slog.DiscardHandler),
	})
	front := httptest.NewServer(routes(&invoker{handler: handler}, &locked{w: log}))
	t.Cleanup(front.Close)
	return front.URL, server, log
}

// locked is a writer for several goroutines.
type locked struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

// post calls the runtime as FC does.
func post(t *testing.T, url, payload string, headers map[string]string) (status string, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(payload))
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range headers {
		req.Header.Set(k, v)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if got := res.Header.Get("x-fc-status"); got != res.Status[:3] {
		t.Errorf("x-fc-status %q beside status %s", got, res.Status)
	}
	return res.Header.Get("x-fc-status"), string(text)
}

const uploaded = `{"events":[{"eventName":"ObjectCreated:PutObject",
	"oss":{"bucket":{"name":"uploads"},"object":{"key":"k","size":3}}}]}`

// invocation holds the headers of an invocation.
var invocation = map[string]string{
	"x-fc-request-id": "R-1", "x-fc-access-key-id": "local", "x-fc-access-key-secret": "local",
	"x-fc-function-timeout": "60",
}

func TestCustomRuntimeAnswersAnInvocationWithItsReport(t *testing.T) {
	url, server, log := customRuntime(t)
	if err := server.PutSparse("uploads", "k", 3); err != nil {
		t.Fatal(err)
	}
	if status, _ := post(t, url+"/initialize", "", nil); status != "200" {
		t.Errorf("initialize: %s", status)
	}
	status, body := post(t, url+"/invoke", uploaded, invocation)
	if status != "200" ||
		!strings.Contains(body, `"request_id":"R-1"`) || !strings.Contains(body, `"outcome":"copied"`) {
		t.Errorf("%s %s", status, body)
	}
	if _, ok := server.Object("replica", "k"); !ok {
		t.Error("the copy is not there")
	}
	if want := "FC Invoke Start RequestId: R-1\nFC Invoke End RequestId: R-1\n"; log.String() != want {
		t.Errorf("log %q, want %q", log, want)
	}
}

func TestCustomRuntimeReportsAFailureToFCSoThatItTriesAgain(t *testing.T) {
	url, _, _ := customRuntime(t)
	for payload, want := range map[string]string{
		"no event": "BadPayload",
		strings.Replace(uploaded, `"uploads"`, `"elsewhere"`, 1): "NotASource",
	} {
		status, body := post(t, url+"/invoke", payload, invocation)
		if status != "404" || !strings.Contains(body, want) {
			t.Errorf("%s: %s %s", payload, status, body)
		}
	}
	anonymous := map[string]string{"x-fc-request-id": "R-2"}
	status, body := post(t, url+"/invoke", uploaded, anonymous)
	if status != "404" || !strings.Contains(body, "NoCredentials") {
		t.Errorf("without credentials: %s %s", status, body)
	}
}

func TestCustomRuntimeRefusesAPayloadOverFCsLimitWithAReport(t *testing.T) {
	url, server, _ := customRuntime(t)
	status, body := post(t, url+"/invoke", strings.Repeat(" ", maxPayload+1), invocation)
	report, err := relay.ReadReport([]byte(body))
	if err != nil || status != "404" || report.RequestID != "R-1" || report.Error == nil || !report.Error.Permanent {
		t.Fatalf("%s %v\n%s", status, err, body)
	}
	if !strings.Contains(report.Error.Message, "more than 32 MiB") {
		t.Errorf("the message is %q", report.Error.Message)
	}
	if err := server.PutSparse("uploads", "k", 3); err != nil {
		t.Fatal(err)
	}
	if status, body := post(t, url+"/invoke", uploaded, invocation); status != "200" {
		t.Errorf("the next event: %s %s", status, body)
	}
}
