package rules

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is one mistake in a rules file, with its location and how to fix it.
type Problem struct {
	File      string
	Line, Col int // from 1
	Message   string
}

// Error returns "file:line:col: message", the form that editors recognize.
func (p Problem) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Col, p.Message)
}

// Problems are all mistakes of a rules file, in the file's order.
type Problems []Problem

// Error returns one line for each problem.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

// maxProblems bounds the memory that a hostile file can cost; nobody fixes more than this
// at once.
const maxProblems = 200

func (ps Problems) sorted() Problems {
	slices.SortStableFunc(ps, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col))
	})
	return slices.Compact(ps)
}

// reporter collects the problems of one file.
type reporter struct {
	file     string
	problems Problems
	// quiet drops problems while the defaults are read again for a copy: they were
	// reported when the defaults themselves were read.
	quiet bool
}

// tooMany reports whether there are more problems than are reported.
func (r *reporter) tooMany() bool { return len(r.problems) > maxProblems }

// problemAt reports a problem at a line and a column.
func (r *reporter) problemAt(line, col int, format string, args ...any) {
	if r.quiet {
		return
	}
	switch {
	case len(r.problems) < maxProblems:
		r.problems = append(r.problems, Problem{r.file, line, col, oneLine(fmt.Sprintf(format, args...))})
	case len(r.problems) == maxProblems:
		r.problems = append(r.problems, Problem{r.file, 1 << 30, 1, "too many problems; fix these first"})
	}
}
