package main

import (
	"time"

	"golang.org/x/term"

	"afterput/internal/terminal"
)

// showing shows a line on a terminal, which is asked for every second; "" is none. What is printed to the console that
// it returns appears above the line. stop ends it.
func (c console) showing(line func() terminal.Plain) (above console, stop func()) {
	f := fileOf(c.err)
	if f == nil || c.quiet || !term.IsTerminal(int(f.Fd())) {
		return c, func() {}
	}
	live := terminal.NewLive(f)
	ended, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case <-ended:
				live.Show("")
				return
			case <-tick.C:
				text := line()
				if columns, _, err := term.GetSize(int(f.Fd())); err == nil && columns > 0 {
					text = text.Cut(columns - 1) // in the last column, some terminals begin a new line
				}
				live.Show(text)
			}
		}
	}()
	above = c
	above.out, above.err = live.Above(c.out), live.Above(c.err)
	return above, func() { close(ended); <-done }
}
