// Package fcapi invokes functions of Function Compute asynchronously, by the HTTP API of FC 3.0, version 2023-03-30.
// Source: FC developer reference, InvokeFunction, GetAsyncTask, ListAsyncTasks, StopAsyncTask; signature mechanism V3.
package fcapi

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"afterput/internal/acs3"
	"afterput/internal/osscall"
)

const version = "2023-03-30"

// Client sends requests to Function Compute.
type Client struct {
	// Endpoint is the URL of the account's endpoint in a region, see [Endpoint].
	Endpoint    string
	Credentials osscall.Credentials
	HTTP        *http.Client // nil for the default
}

// Endpoint is the public endpoint of an account in a region.
func Endpoint(account, region string) string {
	return "https://" + account + "." + region + ".fc.aliyuncs.com"
}

// Error is an answer of Function Compute that is not a success, or a request without an answer.
type Error struct {
	Status    int    `json:"status,omitempty"` // 0 without an answer
	Code      string `json:"code"`
	Message   string `json:"message"`
	RequestID string `json:"request_id,omitempty"`
}

func (e *Error) Error() string {
	if e.Status == 0 {
		return "Function Compute did not answer: " + e.Message
	}
	return fmt.Sprintf("Function Compute answered %d %s: %s (request %s)%s", e.Status, e.Code, e.Message, e.RequestID,
		e.advice())
}

// advice is how to fix it; "" where the message says enough.
func (e *Error) advice() string {
	switch e.Status {
	case http.StatusForbidden, http.StatusUnauthorized:
		return "; the access key needs fc:InvokeFunction on the function"
	case http.StatusNotFound:
		return "; deploy the function first, or correct its name, account and region"
	}
	return ""
}

// Throttled reports whether Function Compute asks to send the request again later.
func (e *Error) Throttled() bool { return e.Status == http.StatusTooManyRequests }

// Transient reports whether the request may succeed later: it was throttled, it had no answer, or the service failed.
func (e *Error) Transient() bool { return e.Status == 0 || e.Throttled() || e.Status >= 500 }

// Duplicate reports whether the task id was used before: the invocation was accepted already.
func (e *Error) Duplicate() bool { return e.Status == http.StatusConflict }

// InvokeAsync hands a payload over to a function's asynchronous queue, as the task of an id. A task id that was used
// before is refused, see [Error.Duplicate]. The error is an [*Error], or that of ctx.
func (c *Client) InvokeAsync(ctx context.Context, function, qualifier, taskID string, payload []byte) error {
	_, err := c.send(ctx, request{
		method: http.MethodPost, action: "InvokeFunction", path: "/functions/" + function + "/invocations",
		query:  map[string]string{"qualifier": qualifier},
		header: map[string]string{"x-fc-invocation-type": "Async", "x-fc-async-task-id": taskID},
		body:   payload,
	})
	return err
}

// Task is an asynchronous invocation.
type Task struct {
	ID     string `json:"taskId"`
	Status string `json:"status"` // Enqueued, Running, Retrying, Succeeded, Failed, Stopping, Stopped, Expired, Invalid
	Error  string `json:"taskErrorMessage"`
}

// Tasks lists the tasks of a function whose ids begin with a prefix, page by page; next is "" for the first page, and
// after the last one.
func (c *Client) Tasks(
	ctx context.Context, function, qualifier, prefix, next string,
) (tasks []Task, following string, err error) {
	answer, err := c.send(ctx, request{
		method: http.MethodGet, action: "ListAsyncTasks", path: "/functions/" + function + "/async-tasks",
		query: map[string]string{"qualifier": qualifier, "prefix": prefix, "limit": "100", "nextToken": next},
	})
	if err != nil {
		return nil, "", err
	}
	var page struct {
		Tasks     []Task `json:"tasks"`
		NextToken string `json:"nextToken"`
	}
	if err := json.Unmarshal(answer, &page); err != nil {
		return nil, "", &Error{Code: "NoAnswer", Message: "the list of tasks is not JSON: " + err.Error()}
	}
	return page.Tasks, page.NextToken, nil
}

// request is one request of the API.
type request struct {
	method, action, path string
	query, header        map[string]string // "" is not sent
	body                 []byte
}

// send sends a signed request and gives the body of the answer.
func (c *Client) send(ctx context.Context, r request) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	signed, err := c.sign(ctx, r)
	if err != nil {
		return nil, err
	}
	client := c.HTTP
	if client == nil {
		client = http.DefaultClient
	}
	resp, err := client.Do(signed)
	if err != nil {
		return nil, &Error{Code: "NoAnswer", Message: err.Error()}
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 8<<20))
	if err != nil {
		return nil, &Error{Code: "NoAnswer", Message: err.Error()}
	}
	if resp.StatusCode/100 == 2 {
		return body, nil
	}
	return nil, errorOf(resp, body)
}

// errorOf reads an answer that is not a success.
func errorOf(resp *http.Response, body []byte) *Error {
	e := &Error{Status: resp.StatusCode, RequestID: resp.Header.Get("X-Fc-Request-Id")}
	var document struct {
		Code, Message string
		RequestID     string `json:"RequestId"`
	}
	if json.Unmarshal(body, &document) == nil {
		e.Code, e.Message = document.Code, document.Message
		if document.RequestID != "" {
			e.RequestID = document.RequestID
		}
	}
	if e.Code == "" {
		e.Code = http.StatusText(resp.StatusCode)
	}
	if e.Message == "" {
		e.Message = strings.TrimSpace(string(body[:min(len(body), 200)]))
	}
	return e
}

// sign makes the HTTP request, signed.
func (c *Client) sign(ctx context.Context, r request) (*http.Request, error) {
	endpoint, err := url.Parse(c.Endpoint)
	if err != nil || endpoint.Host == "" {
		return nil, fmt.Errorf("the endpoint %q of Function Compute is not a URL", c.Endpoint)
	}
	query := url.Values{}
	for name, value := range r.query {
		if value != "" {
			query.Set(name, value)
		}
	}
	endpoint.Path, endpoint.RawQuery = "/"+version+r.path, query.Encode()
	req, err := http.NewRequestWithContext(ctx, r.method, endpoint.String(), bytes.NewReader(r.body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/octet-stream")
	for name, value := range r.header {
		if value != "" {
			req.Header.Set(name, value)
		}
	}
	acs3.Sign(req, r.action, version, r.body, acs3.Keys(c.Credentials))
	return req, nil
}
