package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"afterput/internal/osscall"
	"afterput/internal/relay"
)

// maxPayload is FC's limit for the payload of a synchronous invocation, the
// largest there is.
const maxPayload = 32 << 20

// serve serves FC's HTTP protocol for custom runtimes, many invocations at once, until
// the instance is stopped.
// Source: FC user guide, custom runtimes: POST /invoke with the payload as body and
// x-fc-… headers; x-fc-status 200 or 404 is the result; the lines "FC Invoke Start" and
// "FC Invoke End" bound an invocation's log.
func serve(i *invoker, addr string, log io.Writer) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("listen for invocations: %w", err)
	}
	server := &http.Server{Handler: routes(i, log), ReadHeaderTimeout: 10 * time.Second}
	shutdown := make(chan error, 1)
	context.AfterFunc(ctx, func() { shutdown <- server.Shutdown(context.Background()) })
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-shutdown // once the invocations under way have been answered
}

func routes(i *invoker, log io.Writer) http.Handler {
	mux := http.NewServeMux()
	succeed := func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, nil) }
	mux.HandleFunc("POST /initialize", succeed) // the start has done all an instance needs
	mux.HandleFunc("GET /pre-stop", succeed)
	mux.HandleFunc("POST /invoke", func(w http.ResponseWriter, req *http.Request) {
		id := req.Header.Get("x-fc-request-id")
		fmt.Fprintf(log, "FC Invoke Start RequestId: %s\n", id)
		defer fmt.Fprintf(log, "FC Invoke End RequestId: %s\n", id)
		inv := invocationOf(req, i.fallback)
		payload, err := io.ReadAll(http.MaxBytesReader(w, req.Body, maxPayload))
		if err != nil {
			answer(w, http.StatusNotFound, []byte(i.handler.Unread(inv, payloadError(err)).Error()))
			return
		}
		ctx, cancel := withDeadline(req)
		defer cancel()
		report, err := i.handle(ctx, inv, payload)
		if err != nil {
			answer(w, http.StatusNotFound, []byte(err.Error()))
			return
		}
		answer(w, http.StatusOK, report)
	})
	return mux
}

// payloadError says why a payload could not be read to its end.
func payloadError(err error) *osscall.Error {
	if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
		return &osscall.Error{Code: "BadPayload", Permanent: true,
			Message: fmt.Sprintf("the payload has more than %d MiB, the most that FC delivers", maxPayload>>20)}
	}
	return &osscall.Error{Code: "BadPayload", Message: "the payload did not arrive: " + err.Error()}
}

// answer sends the result of an invocation to FC; status 404 says that it failed.
func answer(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("x-fc-status", strconv.Itoa(status))
	w.WriteHeader(status)
	_, _ = w.Write(body) // fails only if FC has closed the connection
}

// withDeadline returns the invocation's context. It ends at the deadline FC sends or,
// without one, after the function's timeout.
func withDeadline(req *http.Request) (context.Context, context.CancelFunc) {
	if ms, err := strconv.ParseInt(req.Header.Get("x-fc-function-deadline"), 10, 64); err == nil {
		return context.WithDeadline(req.Context(), time.UnixMilli(ms))
	}
	if s, err := strconv.Atoi(req.Header.Get("x-fc-function-timeout")); err == nil && s > 0 {
		return context.WithTimeout(req.Context(), time.Duration(s)*time.Second)
	}
	return context.WithCancel(req.Context())
}

func invocationOf(req *http.Request, fallback osscall.Credentials) relay.Invocation {
	inv := relay.Invocation{
		RequestID: req.Header.Get("x-fc-request-id"), RetryCount: relay.RetryUnknown, Credentials: fallback,
	}
	if n, err := strconv.Atoi(req.Header.Get("x-fc-retry-count")); err == nil {
		inv.RetryCount = n
	}
	if id := req.Header.Get("x-fc-access-key-id"); id != "" {
		inv.Credentials = osscall.Credentials{
			AccessKeyID:     id,
			AccessKeySecret: req.Header.Get("x-fc-access-key-secret"),
			SecurityToken:   req.Header.Get("x-fc-security-token"),
		}
	}
	return inv
}
