package terminal

import (
	"io"
	"sync"
)

// Live is a line at the bottom of a terminal that is replaced again and again. What is printed meanwhile appears above
// it, if it is printed through [Live.Above]. Its methods may be called at the same time.
type Live struct {
	mu    sync.Mutex
	w     io.Writer
	shown Plain
}

// NewLive returns the line of the terminal that w writes to; it is empty.
func NewLive(w io.Writer) *Live { return &Live{w: w} }

// erase moves the cursor to the beginning of its line, and empties the line.
const erase = "\r\x1b[K"

// Show replaces the line. It must fit into the width of the terminal, see [Plain.Cut]; "" removes it.
func (l *Live) Show(text Plain) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if text != l.shown {
		_, _ = io.WriteString(l.w, erase+string(text))
		l.shown = text
	}
}

// Above returns a writer for whole lines. They are written to w, which may be another stream of the same terminal,
// while the live line is out of the way.
func (l *Live) Above(w io.Writer) io.Writer { return above{l, w} }

type above struct {
	live *Live
	w    io.Writer
}

func (a above) Write(p []byte) (int, error) {
	l := a.live
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.shown == "" {
		return a.w.Write(p)
	}
	_, _ = io.WriteString(l.w, erase)
	n, err := a.w.Write(p)
	_, _ = io.WriteString(l.w, string(l.shown))
	return n, err
}

// Cut returns as much of a text without line breaks as fits into so many columns. It counts a column for each
// character, and none for a colour.
func (p Plain) Cut(columns int) Plain {
	colour := false
	for i, r := range p {
		switch {
		case r == '\x1b':
			colour = true
		case colour:
			colour = r != 'm'
		case columns == 0:
			return p[:i] + "\x1b[0m"
		default:
			columns--
		}
	}
	return p
}
