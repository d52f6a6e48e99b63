package main

import (
	"encoding/json"
	"fmt"
	"os"
	"sync"
	"time"

	"afterput/internal/localoss"
	"afterput/internal/localoss/fault"
	"afterput/internal/localoss/ram"
	"afterput/internal/terminal"
)

// serverFlags are those of every command that serves a local OSS.
type serverFlags struct {
	Data       string `type:"path" placeholder:"DIR" help:"Directory that keeps everything; default: memory."`
	Events     string `type:"path" placeholder:"FILE" help:"File to append every event to, one line of JSON each."`
	RequestLog string `type:"path" placeholder:"FILE" help:"request_log_help"`
	Faults     string `type:"path" placeholder:"FILE" help:"faults_help"`

	// It is not known of OSS whether a delete marker raises an event.
	DeleteMarkerEvents bool `help:"DeleteObject raises an event also in buckets with versioning."`
}

// configure applies the flags. closeFiles is to be called when the server has stopped.
func (f *serverFlags) configure(cfg *localoss.Config, c console) (closeFiles func(), err error) {
	var files []*lineWriter
	closeFiles = func() {
		for _, w := range files {
			_ = w.file.Close()
		}
	}
	open := func(path string) (*lineWriter, error) {
		w, err := newLineWriter(path, c)
		if err != nil {
			closeFiles()
			return nil, err
		}
		files = append(files, w)
		return w, nil
	}
	cfg.Data, cfg.DeleteMarkerEvents = f.Data, f.DeleteMarkerEvents
	if f.Faults != "" {
		if cfg.Intercept, err = faultsOf(f.Faults); err != nil {
			return nil, err
		}
	}
	if f.Events != "" {
		w, err := open(f.Events)
		if err != nil {
			return nil, err
		}
		cfg.OnEvent = w.write
	}
	if f.RequestLog != "" {
		w, err := open(f.RequestLog)
		if err != nil {
			return nil, err
		}
		cfg.OnRequest = func(r localoss.Request) { w.write(requestLine(r)) }
	}
	return closeFiles, nil
}

// requestLine is a request in --request-log.
func requestLine(r localoss.Request) []byte {
	line, err := json.Marshal(struct {
		Time      time.Time `json:"time"`
		Method    string    `json:"method"`
		Operation string    `json:"operation,omitempty"` // missing if OSS has none for it
		Bucket    string    `json:"bucket,omitempty"`
		Key       string    `json:"key,omitempty"`
		Status    int       `json:"status"` // 0 if the connection was cut
		Code      string    `json:"code,omitempty"`
		AccessKey string    `json:"access_key,omitempty"`
		Seconds   float64   `json:"seconds"`
	}{r.Began.UTC(), r.Method, r.Name, r.Bucket, r.Key, r.Status, string(r.Code), r.AccessKeyID, r.Took.Seconds()})
	if err != nil { // impossible: it has texts and numbers only
		panic(err)
	}
	return line
}

// authorizeBy allows an access key what a RAM policy allows it.
func authorizeBy(file, accessKeyID string) (localoss.Authorize, error) {
	text, err := readInput("the policy", file)
	if err != nil {
		return nil, err
	}
	policy, err := ram.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s:%w", inputName(file), err)
	}
	return localoss.Enforcing(accessKeyID, policy), nil
}

func faultsOf(file string) (localoss.Intercept, error) {
	text, err := readInput("the faults", file)
	if err != nil {
		return nil, err
	}
	script, err := fault.Load(inputName(file), text)
	if err != nil {
		return nil, err
	}
	return script.Intercept(), nil
}

// lineWriter appends lines to a file, each with one write so that they never mix.
type lineWriter struct {
	mu      sync.Mutex
	file    *os.File
	console console
}

func newLineWriter(path string, c console) (*lineWriter, error) {
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	return &lineWriter{file: file, console: c}, nil
}

// write appends a line. An error is only said: no request fails for it.
func (w *lineWriter) write(line []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, err := w.file.Write(append(line[:len(line):len(line)], '\n')); err != nil {
		terminal.Fprintf(w.console.err, "warning: a line could not be written to %s: %v\n", w.file.Name(), err)
	}
}
