package localfc_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/aliyun/fc-runtime-go-sdk/fccontext"
	"go.uber.org/goleak"

	"afterput/internal/localfc"
)

// testfunc is the compiled test function.
var testfunc string

func TestMain(m *testing.M) {
	if function := os.Getenv(parentOf); function != "" {
		runAsParent(function)
	}
	dir, err := os.MkdirTemp("", "localfc")
	if err != nil {
		panic(err)
	}
	testfunc = filepath.Join(dir, "testfunc")
	build := exec.Command("go", "build", "-buildvcs=false", "-o", testfunc, "./testfunc")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build testfunc: %v\n%s", err, out)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(dir)
	if code == 0 {
		if err := goleak.Find(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// world is a runtime, its results, and what its function printed.
type world struct {
	*localfc.Runtime
	t   *testing.T
	log *watchedLog

	mu      sync.Mutex
	results []localfc.Result
}

// asCustom makes start run every function as a custom runtime.
var asCustom bool

// start runs testfunc until the end of the test. Retries do not wait.
func start(t *testing.T, c localfc.Config) *world {
	t.Helper()
	w := &world{t: t, log: newWatchedLog()}
	c.Function = testfunc
	c.Log = w.log
	if asCustom {
		c.Custom, c.Concurrency = true, 1
	}
	if c.RetryInterval == nil {
		c.RetryInterval = func(int) time.Duration { return 0 }
	}
	c.OnResult = func(r localfc.Result) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.results = append(w.results, r)
	}
	r, err := localfc.Start(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		r.Close()
		if t.Failed() {
			t.Logf("the function printed:\n%s", w.log)
		}
	})
	w.Runtime = r
	return w
}

// call invokes the function once and returns the result.
func (w *world) call(payload string) localfc.Result {
	w.t.Helper()
	r, err := w.InvokeSync(w.t.Context(), []byte(payload))
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

// all waits until all events are finished and returns every result so far.
func (w *world) all() []localfc.Result {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), time.Minute)
	defer cancel()
	if err := w.Wait(ctx); err != nil {
		w.t.Fatal(err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.results
}

// watchedLog lets a test wait for a line instead of sleeping.
type watchedLog struct {
	mu      sync.Mutex
	text    bytes.Buffer
	written chan struct{} // closed and replaced at every write
}

func newWatchedLog() *watchedLog { return &watchedLog{written: make(chan struct{})} }

func (l *watchedLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	close(l.written)
	l.written = make(chan struct{})
	return l.text.Write(p)
}

func (l *watchedLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// waitFor returns when the function has printed the text.
func (l *watchedLog) waitFor(t *testing.T, text string) {
	t.Helper()
	for {
		l.mu.Lock()
		found, written := bytes.Contains(l.text.Bytes(), []byte(text)), l.written
		l.mu.Unlock()
		if found {
			return
		}
		select {
		case <-written:
		case <-t.Context().Done():
			t.Fatalf("the function never printed %q", text)
		}
	}
}

func touch(t *testing.T, file string) {
	t.Helper()
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
}

func (w *world) pid() int {
	w.t.Helper()
	v, _ := w.describe()
	return v.PID
}

func (w *world) describe() (description, localfc.Result) {
	w.t.Helper()
	r := w.call(`{"Do":"describe"}`)
	var v description
	if err := json.Unmarshal(r.Response, &v); err != nil || v.PID == 0 {
		w.t.Fatalf("the function did not describe itself: %v, %v, %s", r.Error, err, r.Response)
	}
	return v, r
}

// description is what the function sees of its environment.
type description struct {
	PID      int
	WD       string
	Env      []string
	Deadline int64
	Context  fccontext.FcContext
}
