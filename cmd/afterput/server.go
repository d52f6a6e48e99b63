package main

import (
	"encoding/json"
	"fmt"
	"os"
	"sync"
	"time"

	"afterput/internal/localfc"
	"afterput/internal/localoss"
	"afterput/internal/localoss/fault"
	"afterput/internal/localoss/ram"
	"afterput/internal/terminal"
	"afterput/rules"
)

// serverFlags are those of every command that serves a local OSS.
type serverFlags struct {
	Data       string `placeholder:"DIR" help:"Directory that keeps everything; default: memory."`
	Events     string `placeholder:"FILE" help:"File to append every event to, one line of JSON each."`
	RequestLog string `placeholder:"FILE" help:"request_log_help"`
	Faults     string `placeholder:"FILE" help:"faults_help"`

	// It is not known of OSS whether a delete marker raises an event.
	DeleteMarkerEvents bool `help:"DeleteObject raises an event also in buckets with versioning."`
}

// checkLocalRegion checks the region of a local server, which clients must sign for.
func checkLocalRegion(region string) error {
	if err := rules.CheckRegion(region); err != nil {
		return usageError("--region: " + err.Error())
	}
	return nil
}

// serverFiles are the files that a server writes to beside its data.
type serverFiles struct {
	all      []*lineWriter
	requests *lineWriter // nil without --request-log
}

func (f *serverFiles) open(flag, path string, c console) (w *lineWriter, err error) {
	if w, err = newLineWriter(flag, path, c); err == nil {
		f.all = append(f.all, w)
	}
	return w, err
}

// close is to be called when the server has stopped.
func (f *serverFiles) close() {
	for _, w := range f.all {
		_ = w.file.Close()
	}
}

// configure applies the flags.
func (f *serverFlags) configure(cfg *localoss.Config, c console) (files *serverFiles, err error) {
	files = &serverFiles{}
	defer func() {
		if err != nil {
			files.close()
		}
	}()
	cfg.Data, cfg.DeleteMarkerEvents = f.Data, f.DeleteMarkerEvents
	if f.Faults != "" {
		if cfg.Intercept, err = faultsOf(f.Faults); err != nil {
			return files, err
		}
	}
	if f.Events != "" {
		w, err := files.open("--events", f.Events, c)
		if err != nil {
			return files, err
		}
		cfg.OnEvent = w.write
	}
	if f.RequestLog != "" {
		if files.requests, err = files.open("--request-log", f.RequestLog, c); err != nil {
			return files, err
		}
		cfg.OnRequest = files.logOSS
	}
	return files, nil
}

// requestLine is a request in --request-log.
type requestLine struct {
	Time      time.Time `json:"time"`
	Method    string    `json:"method"`
	Operation string    `json:"operation,omitempty"` // missing if the server has none for it
	Bucket    string    `json:"bucket,omitempty"`
	Key       string    `json:"key,omitempty"`
	Function  string    `json:"function,omitempty"` // of a request to Function Compute
	Task      string    `json:"task,omitempty"`     // of it, if the request names one
	Status    int       `json:"status"`             // 0 if the connection was cut
	Code      string    `json:"code,omitempty"`
	AccessKey string    `json:"access_key,omitempty"`
	Seconds   float64   `json:"seconds"`
}

// logOSS logs a request to OSS or STS.
func (f *serverFiles) logOSS(r localoss.Request) {
	f.log(requestLine{Time: r.Began.UTC(), Method: r.Method, Operation: r.Name, Bucket: r.Bucket, Key: r.Key,
		Status: r.Status, Code: string(r.Code), AccessKey: r.AccessKeyID, Seconds: r.Took.Seconds()})
}

// logFC logs a request to Function Compute.
func (f *serverFiles) logFC(r localfc.Request) {
	f.log(requestLine{Time: r.Began.UTC(), Method: r.Method, Operation: r.Operation, Function: r.Function,
		Task: r.Task, Status: r.Status, Code: r.Code, AccessKey: r.AccessKeyID, Seconds: r.Took.Seconds()})
}

func (f *serverFiles) log(r requestLine) {
	if f.requests == nil {
		return
	}
	line, err := json.Marshal(r)
	if err != nil { // impossible: it has texts and numbers only
		panic(err)
	}
	f.requests.write(line)
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

// newLineWriter opens the file that a flag names.
func newLineWriter(flag, path string, c console) (*lineWriter, error) {
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, fmt.Errorf("%s: %w; name a file that you may write to", flag, err)
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
