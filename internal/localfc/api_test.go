package localfc_test

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	openapi "github.com/alibabacloud-go/openapi-util/service"
	"github.com/alibabacloud-go/tea/tea"

	"afterput/internal/fcapi"
	"afterput/internal/localfc"
	"afterput/internal/osscall"
)

var apiKeys = map[string]localfc.Credentials{"id": {AccessKeySecret: "secret", SecurityToken: "token"}}

// apiWorld is a function behind FC's API. Every request passes tamper after it was signed.
type apiWorld struct {
	*world
	fcapi.Client
	tamper func(*http.Request)
}

func startAPI(t *testing.T, c localfc.Config) *apiWorld {
	t.Helper()
	c.FunctionName = "f"
	w := &apiWorld{world: start(t, c), tamper: func(*http.Request) {}}
	server := httptest.NewServer(w.API(apiKeys))
	t.Cleanup(server.Close)
	w.Client = fcapi.Client{Endpoint: server.URL, HTTP: &http.Client{Transport: w},
		Credentials: osscall.Credentials{AccessKeyID: "id", AccessKeySecret: "secret", SecurityToken: "token"}}
	return w
}

func (w *apiWorld) RoundTrip(r *http.Request) (*http.Response, error) {
	w.tamper(r)
	return http.DefaultTransport.RoundTrip(r)
}

func (w *apiWorld) async(id, payload string) error {
	return w.InvokeAsync(w.t.Context(), "f", "", id, []byte(payload))
}

// refusal is the status and the code of a refusal, "" for none.
func (w *apiWorld) refusal(err error) string {
	w.t.Helper()
	var e *fcapi.Error
	switch {
	case err == nil:
		return ""
	case !errors.As(err, &e):
		w.t.Fatal(err)
	case e.Message == "" || e.RequestID == "":
		w.t.Errorf("a refusal without message or request id: %+v", e)
	}
	return fmt.Sprint(e.Status, " ", e.Code)
}

// send sends a request, signed by the library of Alibaba Cloud, to a path of the function.
func (w *apiWorld) send(method, path, query string, header map[string]string, body string) (*http.Response, string) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), method,
		w.Endpoint+"/2023-03-30/functions/f"+path+"?"+query, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	digest := sha256.Sum256([]byte(body))
	for name, value := range map[string]string{
		"x-acs-action": "Any", "x-acs-version": "2023-03-30", "x-acs-content-sha256": hex.EncodeToString(digest[:]),
		"x-acs-date": time.Now().UTC().Format(time.RFC3339), "x-acs-signature-nonce": rand.Text(),
		"x-acs-security-token": "token",
	} {
		r.Header.Set(name, value)
	}
	sign(r)
	for name, value := range header {
		r.Header.Set(name, value)
	}
	resp, err := w.HTTP.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return resp, string(text)
}

func sign(r *http.Request) {
	signed := &tea.Request{Method: &r.Method, Pathname: &r.URL.Path,
		Headers: map[string]*string{"host": &r.URL.Host}, Query: map[string]*string{}}
	for name := range r.Header {
		signed.Headers[name] = tea.String(r.Header.Get(name))
	}
	for name := range r.URL.Query() {
		signed.Query[name] = tea.String(r.URL.Query().Get(name))
	}
	r.Header.Set("Authorization", *openapi.GetAuthorization(signed, tea.String("ACS3-HMAC-SHA256"),
		tea.String(r.Header.Get("x-acs-content-sha256")), tea.String("id"), tea.String("secret")))
}

func TestEveryRequestIsReportedWithItsOutcome(t *testing.T) {
	seen := make(chan localfc.Request, 1)
	w := startAPI(t, localfc.Config{OnRequest: func(r localfc.Request) { seen <- r }})
	for _, c := range []struct {
		name, method, path, body string
		header                   map[string]string
		want                     localfc.Request
	}{ // the task last: until it has ended, a synchronous invocation is refused
		{"an invocation", "POST", "/invocations", `{"Do":"echo"}`, nil,
			localfc.Request{Operation: "InvokeFunction", Function: "f", AccessKeyID: "id", Status: 200}},
		{"no task", "GET", "/async-tasks/none", "", nil, localfc.Request{Operation: "GetAsyncTask", Function: "f",
			Task: "none", AccessKeyID: "id", Status: 404, Code: "AsyncTaskNotFound"}},
		{"another signature", "GET", "/async-tasks", "", map[string]string{"x-acs-date": "2020-01-01T00:00:00Z"},
			localfc.Request{Operation: "ListAsyncTasks", Function: "f", Status: 403, Code: "InvalidTimeStamp.Expired"}},
		{"no operation", "DELETE", "/", "", nil, localfc.Request{Status: 400, Code: "PathNotSupported"}},
		{"a task", "POST", "/invocations", `{"Do":"echo"}`, map[string]string{
			"x-fc-invocation-type": "Async", "x-fc-async-task-id": "t"},
			localfc.Request{Operation: "InvokeFunction", Function: "f", Task: "t", AccessKeyID: "id", Status: 202}},
	} {
		before := time.Now()
		w.send(c.method, c.path, "", c.header, c.body)
		got := <-seen
		if got.Began.Before(before) || got.Took < 0 {
			t.Errorf("%s: began %v, took %v; it was sent at %v", c.name, got.Began, got.Took, before)
		}
		c.want.Method, c.want.Began, c.want.Took = c.method, got.Began, got.Took
		if got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

func (w *apiWorld) task(id string) (t localfc.Task) {
	w.t.Helper()
	_, text := w.send(http.MethodGet, "/async-tasks/"+id, "", nil, "")
	if err := json.Unmarshal([]byte(text), &t); err != nil || t.ID != id {
		w.t.Fatalf("task %s: %s", id, text)
	}
	return t
}

func TestOnlyRequestsAsTheyWereSignedAreServed(t *testing.T) {
	w := startAPI(t, localfc.Config{})
	for name, c := range map[string]struct {
		change func(*http.Request)
		want   string
	}{
		"as it was signed": {func(*http.Request) {}, ""},
		"another body": {func(r *http.Request) {
			r.Body, r.ContentLength = io.NopCloser(strings.NewReader(`{"Do":"fail"}`)), 13
		}, "403 SignatureDoesNotMatch"},
		"another body with its digest": {func(r *http.Request) {
			digest := sha256.Sum256(nil)
			r.Body, r.ContentLength = http.NoBody, 0
			r.Header.Set("x-acs-content-sha256", hex.EncodeToString(digest[:]))
		}, "403 SignatureDoesNotMatch"},
		"another query": {func(r *http.Request) { r.URL.RawQuery = "qualifier=LATEST" }, "403 SignatureDoesNotMatch"},
		"another function": {func(r *http.Request) { r.URL.Path = strings.Replace(r.URL.Path, "/f/", "/g/", 1) },
			"403 SignatureDoesNotMatch"},
		"another nonce": {func(r *http.Request) { r.Header.Set("x-acs-signature-nonce", "1") },
			"403 SignatureDoesNotMatch"},
		"an old date":        {func(r *http.Request) { redate(r, -time.Hour) }, "403 InvalidTimeStamp.Expired"},
		"a date to come":     {func(r *http.Request) { redate(r, time.Hour) }, "403 InvalidTimeStamp.Expired"},
		"another date":       {func(r *http.Request) { redate(r, -time.Minute) }, "403 SignatureDoesNotMatch"},
		"no date":            {func(r *http.Request) { r.Header.Del("x-acs-date") }, "400 MissingRequiredHeader"},
		"no signature":       {func(r *http.Request) { r.Header.Del("Authorization") }, "403 IncompleteSignature"},
		"an unsigned header": {func(r *http.Request) { r.Header.Set("x-acs-more", "1") }, "403 SignatureDoesNotMatch"},
		"no security token": {func(r *http.Request) { r.Header.Del("x-acs-security-token") },
			"403 InvalidSecurityToken"},
	} {
		w.tamper = c.change
		if got := w.refusal(w.async("", `{"Do":"echo"}`)); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	w.tamper = func(*http.Request) {}
	w.Credentials.AccessKeySecret = "other"
	if got := w.refusal(w.async("", `{"Do":"echo"}`)); got != "403 SignatureDoesNotMatch" {
		t.Errorf("another secret: %q", got)
	}
	w.Credentials.AccessKeyID = "other"
	if got := w.refusal(w.async("", `{"Do":"echo"}`)); got != "403 InvalidAccessKeyID" {
		t.Errorf("another key: %q", got)
	}
	if n := len(w.all()); n != 1 {
		t.Errorf("the function was invoked %d times, want 1", n)
	}
}

func redate(r *http.Request, by time.Duration) {
	r.Header.Set("x-acs-date", time.Now().UTC().Add(by).Format(time.RFC3339))
}

func TestAnInvocationThatFCRefusesIsRefusedAsFCDoes(t *testing.T) {
	w := startAPI(t, localfc.Config{RefuseEvery: 1000})
	invoke := func(header map[string]string, body string) string {
		resp, text := w.send(http.MethodPost, "/invocations", "", header, body)
		if resp.StatusCode/100 == 2 {
			return ""
		}
		var e struct{ Code, Message, RequestID string }
		if err := json.Unmarshal([]byte(text), &e); err != nil || e.RequestID != resp.Header.Get("X-Fc-Request-Id") ||
			e.RequestID == "" || e.Message == "" {
			t.Errorf("error document %q", text)
		}
		return fmt.Sprint(resp.StatusCode, " ", e.Code)
	}
	async := func(id, delay string) map[string]string {
		h := map[string]string{"x-fc-invocation-type": "Async"}
		if id != "" {
			h["x-fc-async-task-id"] = id
		}
		if delay != "" {
			h["x-fc-async-delay"] = delay
		}
		return h
	}
	const echo = `{"Do":"echo"}`
	padded := func(n int) string { return echo + strings.Repeat(" ", n-len(echo)) }
	for _, c := range []struct {
		name   string
		header map[string]string
		body   string
		want   string
	}{
		{"the longest body", async("", ""), padded(128 << 10), ""},
		{"a longer one", async("", ""), padded(128<<10 + 1), "413 EntityTooLarge"},
		{"longer than sync", nil, padded(32<<20 + 1), "413 EntityTooLarge"},
		{"a task", async("_a-1", ""), echo, ""},
		{"the task again", async("_a-1", ""), echo, "409 StatefulAsyncInvocationAlreadyExists"},
		{"the longest id", async("a"+strings.Repeat("b", 127), ""), echo, ""},
		{"a longer id", async("a"+strings.Repeat("b", 128), ""), echo, "400 InvalidArgument"},
		{"a digit first", async("1a", ""), echo, "400 InvalidArgument"},
		{"a dot", async("a.b", ""), echo, "400 InvalidArgument"},
		{"the longest delay", async("late", "3600"), echo, ""},
		{"a longer delay", async("", "3601"), echo, "400 InvalidArgument"},
		{"a negative delay", async("", "-1"), echo, "400 InvalidArgument"},
		{"another type", map[string]string{"x-fc-invocation-type": "Later"}, echo, "400 InvalidArgument"},
		{"a task id without Async", map[string]string{"x-fc-async-task-id": "b"}, echo, "400 InvalidArgument"},
	} {
		if got := invoke(c.header, c.body); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	for name, err := range map[string]error{
		"404 FunctionNotFound": w.InvokeAsync(t.Context(), "g", "", "", nil),
		"404 AliasNotFound":    w.InvokeAsync(t.Context(), "f", "prod", "", nil),
	} {
		if got := w.refusal(err); got != name {
			t.Errorf("%q, want %q", got, name)
		}
	}
	if resp, _ := w.send(http.MethodDelete, "", "", nil, ""); resp.StatusCode != http.StatusBadRequest {
		t.Errorf("another path: %s", resp.Status)
	}
}

func TestASynchronousInvocationGetsTheResponseOfTheFunction(t *testing.T) {
	w := startAPI(t, localfc.Config{})
	want := w.call(`{"Do":"echo"}`)
	resp, text := w.send(http.MethodPost, "/invocations", "qualifier=LATEST", nil, `{"Do":"echo"}`)
	if resp.StatusCode != http.StatusOK || !bytes.Equal([]byte(text), want.Response) ||
		resp.Header.Get("X-Fc-Request-Id") == "" || resp.Header.Get("X-Fc-Error-Type") != "" {
		t.Errorf("%s %v: %s, want %s", resp.Status, resp.Header, text, want.Response)
	}
	resp, text = w.send(http.MethodPost, "/invocations", "", nil, `{"Do":"fail","Times":9}`)
	if resp.StatusCode != http.StatusOK || resp.Header.Get("X-Fc-Error-Type") != "HandledInvocationError" ||
		!strings.Contains(text, "not yet") {
		t.Errorf("a failure: %s %v: %s", resp.Status, resp.Header, text)
	}
}

func TestInvocationsBeyondWhatTheFunctionHasRoomForAreRefused(t *testing.T) {
	w := startAPI(t, localfc.Config{MaxQueue: 2})
	file := filepath.Join(t.TempDir(), "met")
	if err := w.async("busy", fmt.Sprintf(`{"Do":"meet","File":%q}`, file)); err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"", "", "429 ResourceExhausted"} {
		if got := w.refusal(w.async(fmt.Sprint("waiting-", i), `{"Do":"echo"}`)); got != want {
			t.Errorf("invocation %d: %q, want %q", i, got, want)
		}
	}
	resp, _ := w.send(http.MethodPost, "/invocations", "", nil, `{}`)
	if resp.StatusCode != http.StatusTooManyRequests {
		t.Errorf("a synchronous one: %s", resp.Status)
	}
	touch(t, file)
	w.all()
	if got := w.refusal(w.async("waiting-2", `{"Do":"echo"}`)); got != "" {
		t.Errorf("when there is room again: %q", got)
	}
	w = startAPI(t, localfc.Config{RefuseEvery: 3})
	var got []string
	for range 6 {
		got = append(got, w.refusal(w.async("", `{"Do":"echo"}`)))
	}
	if want := []string{"", "", "429 ResourceExhausted", "", "", "429 ResourceExhausted"}; !slices.Equal(got, want) {
		t.Errorf("every third is to be refused: %q", got)
	}
}

func TestATaskSaysWhatBecameOfItsInvocation(t *testing.T) {
	w := startAPI(t, localfc.Config{MaxRetries: 1, MaxEventAge: time.Hour})
	file := filepath.Join(t.TempDir(), "met")
	for _, c := range [][2]string{
		{"good", `{"Do":"echo"}`}, {"second", `{"Do":"fail","Times":1}`}, {"bad", `{"Do":"fail","Times":9}`},
		{"busy", fmt.Sprintf(`{"Do":"meet","File":%q}`, file)}, {"waiting", `{"Do":"echo"}`},
	} {
		if err := w.async(c[0], c[1]); err != nil {
			t.Fatal(err)
		}
	}
	resp, _ := w.send(http.MethodPost, "/invocations", "", map[string]string{"x-fc-invocation-type": "Async",
		"x-fc-async-task-id": "later", "x-fc-async-delay": "3600"}, `{"Do":"echo"}`)
	if resp.StatusCode != http.StatusAccepted {
		t.Fatal(resp.Status)
	}
	stop := func(id string) int {
		resp, _ := w.send(http.MethodPut, "/async-tasks/"+id+"/stop", "", nil, "")
		return resp.StatusCode
	}
	w.log.waitFor(t, "waiting in")
	if s := w.task("busy").Status; s != localfc.TaskRunning {
		t.Errorf("busy is %s", s)
	}
	for _, id := range []string{"waiting", "later"} {
		if s := w.task(id).Status; s != localfc.TaskEnqueued || stop(id) != http.StatusOK {
			t.Errorf("%s is %s", id, s)
		}
	}
	if stop("busy") != http.StatusOK || stop("none") != http.StatusNotFound {
		t.Error("stopping a running task or one that does not exist")
	}
	if stop("busy") != http.StatusBadRequest {
		t.Error("a task was stopped twice")
	}
	w.all()
	want := map[string]localfc.Task{
		"good":   {Status: "Succeeded"},
		"second": {Status: "Succeeded", Retries: 1},
		"bad":    {Status: "Failed", Retries: 1},
		"busy":   {Status: "Stopped"}, "waiting": {Status: "Stopped"}, "later": {Status: "Stopped"},
	}
	for id, c := range want {
		got := w.task(id)
		if got.Status != c.Status || got.Retries != c.Retries || got.Ended < got.Started ||
			(got.Error != "") != (c.Status == "Failed") {
			t.Errorf("%s: %+v, want %+v", id, got, c)
		}
	}
	if stop("good") != http.StatusBadRequest {
		t.Error("a task that has ended was stopped")
	}
	if failed := w.Failed(); len(failed) != 1 || !strings.Contains(failed[0].RequestPayload, "9") {
		t.Errorf("given up: %+v", failed)
	}
	if r := w.call(`{"Do":"echo"}`); r.Error != nil {
		t.Errorf("after a task was stopped: %v", r.Error)
	}
}

func TestAnEventThatHasWaitedTooLongIsGivenUp(t *testing.T) {
	w := startAPI(t, localfc.Config{MaxEventAge: time.Nanosecond})
	if err := w.async("old", `{"Do":"echo"}`); err != nil {
		t.Fatal(err)
	}
	results := w.all()
	if s := w.task("old").Status; s != localfc.TaskExpired {
		t.Errorf("the task is %s", s)
	}
	failed := w.Failed()
	if len(failed) != 1 || failed[0].RequestPayload != `{"Do":"echo"}` || len(results) != 1 || !results[0].Final {
		t.Errorf("given up: %+v; results: %+v", failed, results)
	}
}

func TestTasksAreListedByPrefixAndStatusPageByPage(t *testing.T) {
	w := startAPI(t, localfc.Config{MaxRetries: -1})
	for i := range 250 {
		payload := `{"Do":"echo"}`
		if i%10 == 0 {
			payload = `{"Do":"fail","Times":9}`
		}
		if err := w.async(fmt.Sprintf("job-%03d", i), payload); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.async("other", `{"Do":"echo"}`); err != nil {
		t.Fatal(err)
	}
	w.all()
	var ids []string
	for next, pages := "", 0; ; pages++ {
		tasks, following, err := w.Tasks(t.Context(), "f", "", "job-", next)
		if err != nil {
			t.Fatal(err)
		}
		for _, task := range tasks {
			ids = append(ids, task.ID)
		}
		if next = following; next == "" {
			if pages != 2 {
				t.Errorf("%d pages after the first", pages)
			}
			break
		}
	}
	if len(ids) != 250 || !slices.IsSorted(ids) || ids[249] != "job-249" {
		t.Errorf("listed %d: %v", len(ids), ids)
	}
	_, text := w.send(http.MethodGet, "/async-tasks", "prefix=job-&status=Failed&limit=100", nil, "")
	if n := strings.Count(text, `"status":"Failed"`); n != 25 || strings.Contains(text, "Succeeded") {
		t.Errorf("%d have failed: %s", n, text)
	}
}
