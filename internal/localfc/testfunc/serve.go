package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"github.com/aliyun/fc-runtime-go-sdk/fccontext"
)

// serve runs the function as a custom runtime. It sends errors as the runtime SDK does.
func serve() error {
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", os.Getenv("FC_CUSTOM_LISTEN_PORT")))
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /initialize", func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if problem := recover(); problem != nil {
				http.Error(w, fmt.Sprint(problem), http.StatusInternalServerError)
			}
		}()
		initialize(r.Context())
	})
	mux.HandleFunc("GET /pre-stop", func(_ http.ResponseWriter, r *http.Request) { stopping(r.Context()) })
	mux.HandleFunc("POST /invoke", invoke)
	server := &http.Server{Handler: mux}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	if os.Getenv("TESTFUNC_START") != "deaf" {
		context.AfterFunc(ctx, func() { server.Close() })
	}
	return server.Serve(listener)
}

func invoke(w http.ResponseWriter, r *http.Request) {
	payload, err := io.ReadAll(r.Body)
	if err != nil {
		panic(err)
	}
	var c command
	json.Unmarshal(payload, &c)
	switch c.Do {
	case "headers":
		json.NewEncoder(w).Encode(r.Header)
		return
	case "no status": // without x-fc-status
		w.WriteHeader(http.StatusInternalServerError)
		return
	case "hang up":
		panic(http.ErrAbortHandler)
	}
	retry, _ := strconv.Atoi(r.Header.Get("x-fc-retry-count"))
	fcx := &fccontext.FcContext{RequestID: r.Header.Get("x-fc-request-id"), RetryCount: retry}
	response, err := handle(fccontext.NewContext(r.Context(), fcx), payload)
	status := http.StatusOK
	if err != nil {
		status = http.StatusNotFound
		response, _ = json.Marshal(map[string]string{"errorMessage": err.Error(), "errorType": "errorString"})
	}
	w.Header().Set("x-fc-status", strconv.Itoa(status))
	w.WriteHeader(status)
	w.Write(response)
}

// initialize and stopping are the lifecycle hooks.
func initialize(context.Context) {
	fmt.Println("initializing")
	if os.Getenv("TESTFUNC_START") == "no initializer" {
		panic("cannot initialize")
	}
	time.Sleep(2 * time.Millisecond) // a time to be billed
}

func stopping(context.Context) { fmt.Println("stopping") }
