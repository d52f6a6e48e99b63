package main

import (
	"fmt"
	"io"
	"strings"
)

// tables prints one after the other, and counts goals that are missed.
type tables struct {
	w      io.Writer
	missed int
}

func (t *tables) begin(title string, columns ...string) {
	fmt.Fprintf(t.w, "\n### %s\n\n| %s |\n|%s\n", title, strings.Join(columns, " | "),
		strings.Repeat("---|", len(columns)))
}

func (t *tables) row(cells ...string) { fmt.Fprintf(t.w, "| %s |\n", strings.Join(cells, " | ")) }

// most writes a figure with the most it may be.
func (t *tables) most(have, goal float64, format string) string {
	s := fmt.Sprintf(format+" (≤ "+format+")", have, goal)
	if have > goal {
		t.missed++
		s += " MISSED"
	}
	return s
}
