// Package table prints figures of benchmarks as tables in Markdown, with their goals.
package table

import (
	"fmt"
	"io"
	"strings"
)

// Tables prints one table after the other, and counts goals that are missed.
type Tables struct {
	W      io.Writer
	Missed int
}

// Begin begins a table.
func (t *Tables) Begin(title string, columns ...string) {
	fmt.Fprintf(t.W, "\n### %s\n\n| %s |\n|%s\n", title, strings.Join(columns, " | "),
		strings.Repeat("---|", len(columns)))
}

// Row prints a row of the table.
func (t *Tables) Row(cells ...string) { fmt.Fprintf(t.W, "| %s |\n", strings.Join(cells, " | ")) }

// Most writes a figure with the most it may be.
func (t *Tables) Most(have, goal float64, format string) string {
	s := fmt.Sprintf(format+" (≤ "+format+")", have, goal)
	if have > goal {
		t.Missed++
		s += " MISSED"
	}
	return s
}

// Least writes a figure with the least it may be.
func (t *Tables) Least(have, goal float64, format string) string {
	s := fmt.Sprintf(format+" (≥ "+format+")", have, goal)
	if have < goal {
		t.Missed++
		s += " MISSED"
	}
	return s
}
