// Package e2e_test tests the compiled function end to end: it runs in a local Function Compute, with a local OSS that
// listens on a socket, and objects are uploaded with the official SDK. Every test runs twice, once on the built-in
// runtime and once as a custom runtime.
package e2e_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"afterput/internal/localcloud"
)

// functionBinary and toolBinary are the paths of the compiled function and of the command line tool.
var functionBinary, toolBinary string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "afterput-e2e")
	if err != nil {
		panic(err)
	}
	functionBinary, toolBinary = filepath.Join(dir, "function"), filepath.Join(dir, "afterput")
	build := exec.Command("go", "build", "-buildvcs=false", "-o", dir, "./function", "./cmd/afterput")
	build.Dir = filepath.Join("..", "..")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build: %v\n%s", err, out)
		os.Exit(1)
	}
	code := 0
	for _, currentRuntime = range runtimes {
		fmt.Println("runtime", currentRuntime.name)
		code = max(code, m.Run())
	}
	os.RemoveAll(dir)
	if code == 0 {
		if err := goleak.Find(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// functionRuntime is an FC runtime that the function can be deployed on.
type functionRuntime struct {
	name     string
	manifest string // the shipped s.yaml that deploys to it
	custom   bool
}

// runtimes are the runtimes that every test runs on.
var runtimes = []functionRuntime{{"go1", "s.yaml", false}, {"custom", "s.custom.yaml", true}}

// currentRuntime is the runtime that the tests now run on.
var currentRuntime functionRuntime

// configure sets what the manifest of the runtime says about instances.
func (r functionRuntime) configure(c *localcloud.Config) {
	c.FC.Initializer, c.FC.Custom = true, r.custom
	if r.custom {
		c.FC.Concurrency = 20
	}
}
