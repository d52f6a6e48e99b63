package localfc

import (
	"bytes"
	"io"
	"strings"
	"sync"
)

// lockedWriter lets several processes share one writer.
type lockedWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

// tailLines is how many lines of a process's last output an error has.
const tailLines = 20

// output passes on what one process prints in whole lines, so that the lines of several processes do
// not mix, and keeps the last lines.
type output struct {
	mu   sync.Mutex
	to   io.Writer
	line []byte   // not yet complete
	tail []string // the last lines
}

// Write never fails: a log that cannot be written must not stop the function.
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.line = append(o.line, p...)
	end := bytes.LastIndexByte(o.line, '\n') + 1
	o.pass(o.line[:end])
	o.line = o.line[:copy(o.line, o.line[end:])]
	return len(p), nil
}

// flush passes on an incomplete last line.
func (o *output) flush() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.line) > 0 {
		o.pass(append(o.line, '\n'))
		o.line = nil
	}
}

func (o *output) pass(lines []byte) {
	if len(lines) == 0 {
		return
	}
	o.to.Write(lines)
	for line := range strings.Lines(string(lines)) {
		o.tail = append(o.tail, strings.TrimRight(line, "\r\n"))
	}
	o.tail = o.tail[max(0, len(o.tail)-tailLines):]
}

// last returns the last lines for an error message; "" if nothing was printed.
func (o *output) last() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.tail) == 0 {
		return ""
	}
	return "; its last output:\n\t" + strings.Join(o.tail, "\n\t")
}
