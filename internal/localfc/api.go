package localfc

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"sync/atomic"
	"time"

	"afterput/internal/localfc/signed"
)

// FC's limits for the payload of an invocation and for how long it may be deferred.
// Source: FC product overview, limits; InvokeFunction.
const (
	maxAsyncPayload = 128 << 10
	maxSyncPayload  = 32 << 20
	maxAsyncDelay   = 3600 // seconds
)

// taskID is the form of a task's id. Source: FC user guide, task deduplication.
var taskID = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]{0,127}$`)

// api is FC's HTTP API of version 2023-03-30, for the one function of a runtime: InvokeFunction, GetAsyncTask,
// ListAsyncTasks, StopAsyncTask.
type api struct {
	runtime     *Runtime
	keys        map[string]Credentials
	invocations atomic.Int64
}

// API serves the HTTP API of FC for this function. Requests are signed with one of the access keys, by the key's id.
func (r *Runtime) API(keys map[string]Credentials) http.Handler {
	a := &api{runtime: r, keys: keys}
	mux := http.NewServeMux()
	const base = "/2023-03-30/functions/{function}"
	for pattern, op := range map[string]operation{
		"POST " + base + "/invocations":            {"InvokeFunction", a.invoke},
		"GET " + base + "/async-tasks":             {"ListAsyncTasks", a.listTasks},
		"GET " + base + "/async-tasks/{task}":      {"GetAsyncTask", a.getTask},
		"PUT " + base + "/async-tasks/{task}/stop": {"StopAsyncTask", a.stopTask},
	} {
		mux.HandleFunc(pattern, a.handler(op))
	}
	mux.HandleFunc("/", a.handler(operation{}))
	return mux
}

// operation is one of the API. The zero operation refuses what the API does not have.
type operation struct {
	name  string
	serve func(*http.Request, []byte) (*answer, *apiError)
}

// Request is a request to the API with its outcome.
type Request struct {
	Operation   string // "" for one that the API does not have
	Method      string // of HTTP
	Function    string
	Task        string // that the request names, if any
	AccessKeyID string // "" for a request that is refused for how it is signed
	Status      int    // 0 if the connection was cut
	Code        string // of a refusal
	Began       time.Time
	Took        time.Duration // until its reply begins
}

// answer is a response that is a success. Its body is written as it is, its value as JSON.
type answer struct {
	status    int
	requestID string // "" for a new one
	header    map[string]string
	body      []byte
	value     any
}

// apiError is a response that is not a success.
type apiError struct {
	status        int
	code, message string
}

func errorf(status int, code, format string, args ...any) *apiError {
	return &apiError{status, code, fmt.Sprintf(format, args...)}
}

func (e *apiError) write(w http.ResponseWriter, requestID string) {
	writeJSON(w, e.status, requestID, map[string]string{"Code": e.code, "Message": e.message, "RequestId": requestID})
}

func writeJSON(w http.ResponseWriter, status int, requestID string, value any) {
	text, err := json.Marshal(value)
	if err != nil { // impossible: it has only texts and numbers
		panic(fmt.Sprintf("encode a response: %v", err))
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Fc-Request-Id", requestID)
	w.WriteHeader(status)
	_, _ = w.Write(text) // who has gone does not get it
}

// handler serves an operation.
func (a *api) handler(op operation) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		done := Request{Operation: op.name, Method: r.Method, Function: r.PathValue("function"), Began: time.Now(),
			Task: cmp.Or(r.PathValue("task"), r.Header.Get("x-fc-async-task-id"))}
		ok, refused := a.serve(op, r, &done)
		done.Took = time.Since(done.Began)
		switch {
		case refused != nil:
			done.Status, done.Code = refused.status, refused.code
		case ok != nil:
			done.Status = ok.status
		}
		if a.runtime.config.OnRequest != nil {
			a.runtime.config.OnRequest(done)
		}
		switch id := newRequestID(); {
		case refused != nil:
			refused.write(w, id)
		case ok == nil: // the connection was cut
		case ok.value != nil:
			writeJSON(w, ok.status, id, ok.value)
		default:
			for name, value := range ok.header {
				w.Header().Set(name, value)
			}
			w.Header().Set("X-Fc-Request-Id", ok.requestID)
			w.WriteHeader(ok.status)
			_, _ = w.Write(ok.body)
		}
	}
}

// serve serves requests about this function, from those who have its access keys. Without an answer and a refusal the
// connection was cut.
func (a *api) serve(op operation, r *http.Request, done *Request) (*answer, *apiError) {
	if op.serve == nil {
		return nil, errorf(http.StatusBadRequest, "PathNotSupported", "'%s' against '%s' is not supported", r.Method,
			r.URL.Path)
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxSyncPayload+1))
	if err != nil {
		return nil, nil
	}
	if refused := a.check(r, body, done); refused != nil {
		return nil, refused
	}
	return op.serve(r, body)
}

// check returns why a request is refused, whatever it asks for, and fills in who has signed it.
func (a *api) check(r *http.Request, body []byte, done *Request) *apiError {
	if len(body) > maxSyncPayload {
		return tooLarge(maxSyncPayload)
	}
	find := func(id string) (signed.Key, bool) {
		k, ok := a.keys[id]
		return signed.Key{Secret: k.AccessKeySecret, SecurityToken: k.SecurityToken}, ok
	}
	id, refused := signed.Check(r, body, find, time.Now())
	if refused != nil {
		return &apiError{refused.Status, refused.Code, refused.Message}
	}
	done.AccessKeyID = id
	if name := r.PathValue("function"); name != a.runtime.config.FunctionName {
		return errorf(http.StatusNotFound, "FunctionNotFound", "function '%s' does not exist.", name)
	}
	if q := r.URL.Query().Get("qualifier"); q != "" && q != "LATEST" {
		return errorf(http.StatusNotFound, "AliasNotFound", "alias '%s' does not exist.", q)
	}
	return nil
}

func tooLarge(limit int) *apiError {
	return errorf(http.StatusRequestEntityTooLarge, "EntityTooLarge",
		"payload size exceeds maximum allowed size (%d bytes)", limit)
}

var exhausted = errorf(http.StatusTooManyRequests, "ResourceExhausted",
	"your request is denied because the function has no room for it; send it again later")

// invoke is InvokeFunction.
func (a *api) invoke(r *http.Request, payload []byte) (*answer, *apiError) {
	if n := a.runtime.config.RefuseEvery; n > 0 && a.invocations.Add(1)%int64(n) == 0 {
		return nil, exhausted
	}
	switch kind := r.Header.Get("x-fc-invocation-type"); kind {
	case "", "Sync":
		return a.invokeSync(r, payload)
	case "Async":
		return a.invokeAsync(r, payload)
	default:
		return nil, invalid("x-fc-invocation-type is %q; want Sync or Async", kind)
	}
}

func invalid(format string, args ...any) *apiError {
	return errorf(http.StatusBadRequest, "InvalidArgument", format, args...)
}

func (a *api) invokeSync(r *http.Request, payload []byte) (*answer, *apiError) {
	if r.Header.Get("x-fc-async-task-id") != "" || r.Header.Get("x-fc-async-delay") != "" {
		return nil, invalid("only an asynchronous invocation has a task id or a delay")
	}
	result, err := a.runtime.invokeNow(r.Context(), payload)
	if err != nil {
		return nil, refusalOf(err)
	}
	ok := &answer{status: http.StatusOK, requestID: result.RequestID, body: result.Response}
	if result.Error != nil {
		ok.header = map[string]string{"X-Fc-Error-Type": result.errorKind()}
	}
	return ok, nil
}

func (a *api) invokeAsync(r *http.Request, payload []byte) (*answer, *apiError) {
	if len(payload) > maxAsyncPayload {
		return nil, tooLarge(maxAsyncPayload)
	}
	id := r.Header.Get("x-fc-async-task-id")
	if id != "" && !taskID.MatchString(id) {
		return nil, invalid("x-fc-async-task-id is %q; want a letter or _, then letters, digits, _ and -, "+
			"at most 128 characters", id)
	}
	delay := 0
	if text := r.Header.Get("x-fc-async-delay"); text != "" {
		var err error
		if delay, err = strconv.Atoi(text); err != nil || delay < 0 || delay > maxAsyncDelay {
			return nil, invalid("x-fc-async-delay is %q; want 0 to %d, in seconds", text, maxAsyncDelay)
		}
	}
	requestID, err := a.runtime.submit(id, payload, time.Duration(delay)*time.Second)
	if err != nil {
		return nil, refusalOf(err)
	}
	return &answer{status: http.StatusAccepted, requestID: requestID}, nil
}

// refusalOf is the response to an invocation that the runtime does not take.
func refusalOf(err error) *apiError {
	switch {
	case errors.Is(err, errNoRoom):
		return exhausted
	case errors.Is(err, errUsed):
		return errorf(http.StatusConflict, "StatefulAsyncInvocationAlreadyExists", "%s", err)
	}
	return errorf(http.StatusServiceUnavailable, "ServiceUnavailable", "%s", err)
}

func (a *api) getTask(r *http.Request, _ []byte) (*answer, *apiError) {
	task, ok := a.runtime.Task(r.PathValue("task"))
	if !ok {
		return nil, noTask(r)
	}
	return &answer{status: http.StatusOK, value: task}, nil
}

func noTask(r *http.Request) *apiError {
	return errorf(http.StatusNotFound, "AsyncTaskNotFound", "task '%s' does not exist.", r.PathValue("task"))
}

func (a *api) stopTask(r *http.Request, _ []byte) (*answer, *apiError) {
	switch err := a.runtime.StopTask(r.PathValue("task")); {
	case errors.Is(err, errNoTask):
		return nil, noTask(r)
	case err != nil:
		return nil, invalid("%s", err)
	}
	return &answer{status: http.StatusOK, value: struct{}{}}, nil
}

// listTasks is ListAsyncTasks. Its token is the id after which the next page begins.
func (a *api) listTasks(r *http.Request, _ []byte) (*answer, *apiError) {
	query := r.URL.Query()
	limit := 20
	if text := query.Get("limit"); text != "" {
		var err error
		if limit, err = strconv.Atoi(text); err != nil || limit < 1 || limit > 100 {
			return nil, invalid("limit is %q; want 1 to 100", text)
		}
	}
	page := struct {
		Tasks     []Task `json:"tasks"`
		NextToken string `json:"nextToken,omitempty"`
	}{Tasks: []Task{}}
	status := TaskStatus(query.Get("status"))
	for _, t := range a.runtime.tasksAfter(query.Get("prefix"), status, query.Get("nextToken")) {
		if len(page.Tasks) == limit {
			page.NextToken = page.Tasks[limit-1].ID
			break
		}
		page.Tasks = append(page.Tasks, t)
	}
	return &answer{status: http.StatusOK, value: page}, nil
}
