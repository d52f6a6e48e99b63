package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// function is the compiled function that local runs, testfunc one that does what
// TESTFUNC_DO says, both built once.
var function, testfunc string

func TestMain(m *testing.M) {
	testscript.Main(built{m}, map[string]func(){"afterput": main})
}

// built runs the tests with the function beside them.
type built struct{ tests *testing.M }

func (b built) Run() int {
	dir, err := os.MkdirTemp("", "afterput-cmd")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	function, testfunc = filepath.Join(dir, "function"), filepath.Join(dir, "testfunc")
	sources := map[string]string{function: "../../function", testfunc: "../../internal/localfc/testfunc"}
	for binary, source := range sources {
		if out, err := exec.Command("go", "build", "-buildvcs=false", "-o", binary,
			source).CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "build %s: %v\n%s", source, err, out)
			return 1
		}
	}
	return b.tests.Run()
}

// The scripts check what a caller may rely on: the exit code, results on stdout, progress and problems on stderr.
func TestCommands(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(e *testscript.Env) error {
			e.Setenv("FUNCTION", function)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits},
	})
}

// exits runs a program and checks its exit code: exits 2 afterput validate.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM [ARGUMENT…]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	code := 0
	var failed *exec.ExitError
	switch err := ts.Exec(args[1], args[2:]...); {
	case errors.As(err, &failed):
		code = failed.ExitCode()
	case err != nil:
		ts.Fatalf("%v", err)
	}
	if code != want {
		ts.Fatalf("exit code %d, want %d", code, want)
	}
}
