package localfc

import (
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
	for pattern, serve := range map[string]func(*http.Request, []byte) (*answer, *apiError){
		"POST " + base + "/invocations":            a.invoke,
		"GET " + base + "/async-tasks":             a.listTasks,
		"GET " + base + "/async-tasks/{task}":      a.getTask,
		"PUT " + base + "/async-tasks/{task}/stop": a.stopTask,
	} {
		mux.HandleFunc(pattern, a.guarded(serve))
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		errorf(http.StatusBadRequest, "PathNotSupported", "'%s' against '%s' is not supported", r.Method, r.URL.Path).
			write(w, newRequestID())
	})
	return mux
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

// guarded serves requests about this function, from those who have its access keys.
func (a *api) guarded(serve func(*http.Request, []byte) (*answer, *apiError)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		id := newRequestID()
		body, err := io.ReadAll(io.LimitReader(r.Body, maxSyncPayload+1))
		if err != nil {
			return // the connection was lost
		}
		ok, refused := a.check(r, body)
		if refused == nil {
			ok, refused = serve(r, body)
		}
		switch {
		case refused != nil:
			refused.write(w, id)
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

// check returns why a request is refused, whatever it asks for.
func (a *api) check(r *http.Request, body []byte) (*answer, *apiError) {
	if len(body) > maxSyncPayload {
		return nil, tooLarge(maxSyncPayload)
	}
	find := func(id string) (signed.Key, bool) {
		k, ok := a.keys[id]
		return signed.Key{Secret: k.AccessKeySecret, SecurityToken: k.SecurityToken}, ok
	}
	if _, refused := signed.Check(r, body, find, time.Now()); refused != nil {
		return nil, &apiError{refused.Status, refused.Code, refused.Message}
	}
	if name := r.PathValue("function"); name != a.runtime.config.FunctionName {
		return nil, errorf(http.StatusNotFound, "FunctionNotFound", "function '%s' does not exist.", name)
	}
	if q := r.URL.Query().Get("qualifier"); q != "" && q != "LATEST" {
		return nil, errorf(http.StatusNotFound, "AliasNotFound", "alias '%s' does not exist.", q)
	}
	return nil, nil
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
