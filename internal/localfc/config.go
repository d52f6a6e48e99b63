package localfc

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Config says which function runs, and how. Only Function is required.
type Config struct {
	// Function is the path of the compiled function.
	Function string
	// Env is extra environment of the function's process, as "K=V"; it wins over
	// what the runtime sets. Of this process's own environment the function
	// gets only what any process needs to run: PATH, HOME, TMPDIR and where the
	// root certificates are.
	Env []string
	// CodePath is FC_FUNC_CODE_PATH and the function's working directory. The
	// default is the folder Function is in.
	CodePath string

	// Custom runs Function as FC runs a custom runtime: with the argument serve,
	// as an HTTP server. It is to listen on 127.0.0.1, on FC_CUSTOM_LISTEN_PORT.
	// Otherwise it is a function of the built-in Go runtime.
	Custom bool
	// Concurrency is how many events a process of a custom runtime may have at
	// once, 1 to 200, default 20: instanceConcurrency. A process of the built-in
	// runtime has one.
	Concurrency int
	// Initializer and PreStop say which lifecycle hooks the function has
	// (instanceLifecycleConfig): the one is called before a process gets its
	// first event, the other before [Runtime.Close] stops it.
	Initializer, PreStop bool

	Region       string // default "cn-hangzhou"
	FunctionName string // default the base name of Function

	// Timeout is how long one attempt may take, default 60 s. The process is
	// killed then.
	Timeout time.Duration
	// MemoryMB is the function's memory size, default 512. It is told to the
	// function and metered, not enforced.
	MemoryMB int
	// Instances is how many processes may run at once, default 1. The first starts
	// with the runtime, the others when there is an event for them.
	Instances int

	// MaxRetries is how often a failed asynchronous event is tried again: 3 when
	// it is 0, as on FC; none when it is negative.
	MaxRetries int
	// RetryInterval is the wait before the nth retry, n counted from 1. How long
	// FC waits is not documented; the default begins at 100 ms and doubles.
	RetryInterval func(n int) time.Duration

	// Credentials are asked for once for every attempt and travel in its headers;
	// those at a process's start are in its environment too. Called by several
	// goroutines. nil: none.
	Credentials func() Credentials

	// Log gets what the function prints on stdout and stderr, in whole lines.
	Log io.Writer
	// OnResult is called after every attempt, one call at a time; [Runtime.Wait]
	// returns only after the calls for what it waited for. It may call
	// Invoke, not Wait or Close.
	OnResult func(Result)
}

// Credentials are the keys of the function's role.
type Credentials struct {
	AccessKeyID     string
	AccessKeySecret string
	SecurityToken   string
}

// accountID is the owner of every function here, as FC_ACCOUNT_ID and in ARNs.
const accountID = "1000000000000000"

// complete returns c with every default filled in, or an error that says why
// the function cannot be run.
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

// concurrency is how many events a process may have at once.
func (c Config) concurrency() (int, error) {
	switch {
	case c.Concurrency < 0 || c.Concurrency > maxConcurrency:
		return 0, fmt.Errorf("concurrency is %d; want 1 to %d", c.Concurrency, maxConcurrency)
	case c.Custom && c.Concurrency == 0:
		return 20, nil
	case !c.Custom && c.Concurrency > 1:
		return 0, fmt.Errorf("concurrency is %d, but an instance of the built-in runtime takes one event at a time; choose the custom runtime", c.Concurrency)
	}
	return max(1, c.Concurrency), nil
}

// runnable tells apart the ways in which a path is no function.
func runnable(path string) error {
	if path == "" {
		return errors.New("no function to run: the path of its binary is empty")
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("function %s does not exist: build it first, or name another binary", path)
	case err != nil:
		return fmt.Errorf("find function: %w", err)
	case info.IsDir():
		return fmt.Errorf("function %s is a directory: name the binary in it", path)
	case info.Mode()&0o111 == 0:
		return fmt.Errorf("function %s is not executable (mode %s): chmod +x it", path, info.Mode())
	}
	return nil
}

// arn is the function's resource name.
func (c Config) arn() string {
	return fmt.Sprintf("acs:fc:%s:%s:functions/%s", c.Region, accountID, c.FunctionName)
}
