// Package e2e_test drives the whole: the compiled function in the local Function
// Compute, the local OSS behind a socket, and the official SDK in front of it. Every
// test runs twice: as a function of the built-in runtime, and as a custom runtime.
package e2e_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"
)

// function is the program under test, built once.
var function string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "afterput-e2e")
	if err != nil {
		panic(err)
	}
	function = filepath.Join(dir, "function")
	build := exec.Command("go", "build", "-buildvcs=false", "-o", function, "./function")
	build.Dir = filepath.Join("..", "..")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build: %v\n%s", err, out)
		os.Exit(1)
	}
	code := 0
	for _, onRuntime = range runtimes {
		fmt.Println("on runtime", onRuntime.name)
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
