package localfc

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"
)

// Config configures a runtime. Only Function is required.
type Config struct {
	// Function is the path of the compiled function.
	Function string
	// Env is additional environment of the function's process, as "K=V". It overrides what the
	// runtime sets. Of this process's environment the function gets only what every process needs:
	// PATH, HOME, TMPDIR and the location of the root certificates.
	Env []string
	// CodePath is FC_FUNC_CODE_PATH and the function's working directory. The default is the
	// directory of Function.
	CodePath string

	// Custom runs Function as a custom runtime: with the argument serve, as an HTTP server that
	// listens on 127.0.0.1 and the port in FC_CUSTOM_LISTEN_PORT. Otherwise it runs in the built-in
	// Go runtime.
	Custom bool
	// Concurrency is how many events a process of a custom runtime may have at once
	// (instanceConcurrency), 1 to 200, default 20. A process of the built-in runtime has one.
	Concurrency int
	// Initializer and PreStop are whether the function has these lifecycle hooks
	// (instanceLifecycleConfig). Initializer is called before a process gets its first event,
	// PreStop before [Runtime.Close] stops it.
	Initializer, PreStop bool

	Region       string // default "cn-hangzhou"
	FunctionName string // default the base name of Function

	// Timeout is how long one attempt may take, default 60 s. The process is killed then.
	Timeout time.Duration
	// MemoryMB is the function's memory size, default 512. The function sees it and it is metered,
	// but it is not enforced.
	MemoryMB int
	// Instances is how many processes may run at once, default 1. The first is started with the
	// runtime, the others when there is an event for them.
	Instances int

	// MaxRetries is how often a failed asynchronous event is retried: 3 times if it is 0, as on FC;
	// never if it is negative.
	MaxRetries int
	// RetryInterval is the wait before the nth retry, counted from 1. How long FC waits is not
	// documented; the default starts at 100 ms and doubles.
	RetryInterval func(n int) time.Duration
	// MaxEventAge is how long an asynchronous event may wait until an attempt at it begins
	// (maxAsyncEventAgeInSeconds); then it is given up. 0 is no limit.
	MaxEventAge time.Duration

	// Lose is the share of OSS's events that are lost before they are queued, 0 to 1. Which ones depends on LoseSeed
	// and on how many came before.
	Lose     float64
	LoseSeed uint64

	// MaxQueue is how many asynchronous events may wait before the API refuses further ones with
	// 429; 0 is no limit. RefuseEvery makes the API refuse every nth invocation so; 0 is none.
	MaxQueue, RefuseEvery int

	// Credentials is called once for each attempt, whose headers have the credentials, and at the
	// start of a process for its environment. It is called concurrently. nil: none.
	Credentials func() Credentials

	// Log gets what the function prints on stdout and stderr, in whole lines.
	Log io.Writer
	// OnResult is called after every attempt, one call at a time. [Runtime.Wait] returns after the
	// calls for the events it waited for. It may call Invoke, but not Wait or Close.
	OnResult func(Result)
	// OnCut is called with the payload of every asynchronous event that [Runtime.Close] cuts off: it waited, it was
	// being handled, or it waited for its next attempt. The calls are like those of OnResult, and end before Close
	// returns.
	OnCut func(payload []byte)
	// OnRequest is called after every request to [Runtime.API], before its reply, also for one that was refused. It is
	// called concurrently.
	OnRequest func(Request)
}

// Credentials are the credentials of the function's role.
type Credentials struct {
	AccessKeyID     string
	AccessKeySecret string
	SecurityToken   string
}

// accountID is the account of every function, for FC_ACCOUNT_ID and ARNs.
const accountID = "1000000000000000"

// complete returns c with all defaults, or an error that says why the function cannot be run.
func (c Config) complete() (Config, error) {
	if err := runnable(c.Function); err != nil {
		return c, err
	}
	var err error
	if c.Function, err = filepath.Abs(c.Function); err != nil {
		return c, fmt.Errorf("find function: %w", err)
	}
	if c.CodePath == "" {
		c.CodePath = filepath.Dir(c.Function)
	}
	if c.CodePath, err = filepath.Abs(c.CodePath); err != nil {
		return c, fmt.Errorf("find the function's code path: %w", err)
	}
	if c.Region == "" {
		c.Region = "cn-hangzhou"
	}
	if c.FunctionName == "" {
		c.FunctionName = filepath.Base(c.Function)
	}
	if c.Timeout <= 0 {
		c.Timeout = time.Minute
	}
	if c.MemoryMB <= 0 {
		c.MemoryMB = 512
	}
	if c.Concurrency, err = c.concurrency(); err != nil {
		return c, err
	}
	if c.Instances <= 0 {
		c.Instances = 1
	}
	switch {
	case c.MaxRetries == 0:
		c.MaxRetries = 3
	case c.MaxRetries < 0:
		c.MaxRetries = 0
	}
	if c.RetryInterval == nil {
		c.RetryInterval = func(n int) time.Duration { return 100 * time.Millisecond << min(n-1, 10) }
	}
	if c.Credentials == nil {
		c.Credentials = func() Credentials { return Credentials{} }
	}
	if c.Log == nil {
		c.Log = io.Discard
	}
	if c.OnResult == nil {
		c.OnResult = func(Result) {}
	}
	return c, nil
}

// maxConcurrency is FC's limit for instanceConcurrency.
const maxConcurrency = 200

// concurrency returns how many events a process may have at once.
func (c Config) concurrency() (int, error) {
	switch {
	case c.Concurrency < 0 || c.Concurrency > maxConcurrency:
		return 0, fmt.Errorf("concurrency is %d; want 1 to %d", c.Concurrency, maxConcurrency)
	case c.Custom && c.Concurrency == 0:
		return 20, nil
	case !c.Custom && c.Concurrency > 1:
		return 0, fmt.Errorf("concurrency is %d, but an instance of the built-in runtime takes one event at a time; "+
			"use the custom runtime", c.Concurrency)
	}
	return max(1, c.Concurrency), nil
}

// runnable returns why a path is not a function that can be run.
func runnable(path string) error {
	if path == "" {
		return errors.New("no function to run: the path of its binary is empty")
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("function %s does not exist: build it first, or use another binary", path)
	case err != nil:
		return fmt.Errorf("find function: %w", err)
	case info.IsDir():
		return fmt.Errorf("function %s is a directory: use the binary in it", path)
	case !executable(info.Mode(), runtime.GOOS):
		return fmt.Errorf("function %s is not executable (mode %s): chmod +x it", path, info.Mode())
	}
	return nil
}

// executable reports whether a file may be run on a system: Windows, which goes by the name, has no mode that says so.
func executable(mode fs.FileMode, system string) bool { return system == "windows" || mode&0o111 != 0 }

// arn returns the function's resource name.
func (c Config) arn() string {
	return fmt.Sprintf("acs:fc:%s:%s:functions/%s", c.Region, accountID, c.FunctionName)
}
