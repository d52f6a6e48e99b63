package main

import (
	"errors"
	"io"
	"os"
	"sync"

	"afterput/internal/terminal"
)

// results is where the results of a command are written. It remembers that this failed, so that no command whose
// results are lost, such as to a full disk, ends as if they were not. It may be used by many goroutines.
type results struct {
	to  io.Writer
	mu  sync.Mutex
	err error
}

func (r *results) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	n, err := r.to.Write(p)
	if r.err == nil {
		r.err = err
	}
	return n, err
}

// exit is the exit code of a command that ended with code, and with err, which is printed.
func (r *results) exit(c console, code int, err error) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.err == nil:
		return code
	case !errors.Is(err, r.err):
		terminal.Fprintf(c.err, "afterput: results are missing: %v\n", r.err)
	}
	return exitBad
}

// fileOf is the file behind a console's writer; nil if there is none.
func fileOf(w io.Writer) *os.File {
	if r, ok := w.(*results); ok {
		w = r.to
	}
	f, _ := w.(*os.File)
	return f
}
