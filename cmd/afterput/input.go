package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"unicode/utf8"

	"afterput/rules"
)

// stdin is how a command line names standard input.
const stdin = "-"

// inputName is what messages call an input.
func inputName(path string) string {
	if path == stdin {
		return "standard input"
	}
	return path
}

// readInput reads a whole input of a command. Errors call it what, such as "the rules".
func readInput(what, path string) (text []byte, err error) {
	if path == stdin {
		text, err = io.ReadAll(os.Stdin)
	} else {
		text, err = os.ReadFile(path)
	}
	switch {
	case errors.Is(err, syscall.EISDIR):
		return nil, fmt.Errorf("read %s: %s is a directory; name a file, or - for standard input", what, path)
	case err != nil:
		return nil, fmt.Errorf("read %s: %w", what, err)
	}
	return text, nil
}

// readText is readInput for text that nothing else checks: as UTF-8, without a byte order mark, and not empty.
func readText(what, path string) ([]byte, error) {
	text, err := readInput(what, path)
	if err != nil {
		return nil, err
	}
	if bytes.HasPrefix(text, []byte("\xff\xfe")) || bytes.HasPrefix(text, []byte("\xfe\xff")) {
		return nil, fmt.Errorf("read %s: %s is UTF-16; save it as UTF-8", what, inputName(path))
	}
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	if len(bytes.TrimSpace(text)) == 0 {
		return nil, fmt.Errorf("read %s: %s is empty", what, inputName(path))
	}
	if n := notUTF8(text); n > 0 {
		return nil, fmt.Errorf("read %s: %s, line %d is not UTF-8; save it as UTF-8", what, inputName(path), n)
	}
	return text, nil
}

// eachLine calls do for each line of an input that is not empty, until it fails. The error names the line, unless it is
// about the command line.
func eachLine(what, path string, do func(line string) error) error {
	text, err := readText(what, path)
	if err != nil {
		return err
	}
	n := 0
	for line := range strings.Lines(string(text)) {
		n++
		if line = strings.TrimRight(line, "\r\n"); line == "" {
			continue
		}
		switch err := do(line); {
		case errors.As(err, new(usageError)):
			return err
		case err != nil:
			return fmt.Errorf("%s, line %d: %w", inputName(path), n, err)
		}
	}
	return nil
}

// notUTF8 is the number of the first line that is not UTF-8; 0 for none.
func notUTF8(text []byte) int {
	n := 0
	for line := range bytes.Lines(text) {
		if n++; !utf8.Valid(line) {
			return n
		}
	}
	return 0
}

// loadRules reads and loads a rules file, "-" from standard input, unless ctx ends before.
func loadRules(ctx context.Context, path string, env func(string) (string, bool)) (*rules.Set, error) {
	return untilStopped(ctx, func() (*rules.Set, error) {
		text, err := readInput("the rules", path)
		if err != nil {
			return nil, err
		}
		return rules.Load(inputName(path), text, env)
	})
}

// onlyOnce refuses inputs that are standard input twice.
func onlyOnce(paths ...string) error {
	seen := false
	for _, path := range paths {
		if path == stdin && seen {
			return usageError("standard input (-) can be read only once; name a file for one of them")
		}
		seen = seen || path == stdin
	}
	return nil
}
