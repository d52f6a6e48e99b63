package bench

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// Columns are the titles of a table, with what their cells hold.
type Columns []struct {
	title string
	cell  func(Row) string
}

// ModelColumns are those of the table of [Models].
var ModelColumns = Columns{
	{"service", func(r Row) string { return r.Model }},
	{"size", func(r Row) string { return r.Size }},
	{"bound", func(r Row) string { return span(r.Bound) }},
	{"afterput", func(r Row) string { return span(r.Engine.Makespan) }},
	{"of bound", ofBound},
	{"Copier", func(r Row) string { return span(r.SDK.Makespan) }},
	{"faster", faster},
	{"requests", func(r Row) string { return goalCell(r, requestsGoal, fmt.Sprint(r.Engine.Requests), "≤ %g") }},
	{"Copier's", func(r Row) string { return fmt.Sprint(r.SDK.Requests) }},
	{"refused", func(r Row) string { return fmt.Sprint(r.Engine.Refused) }},
	{"parts", func(r Row) string { return fmt.Sprint(r.Engine.Parts) }},
	{"extra", func(r Row) string { return goalCell(r, extraGoal, fmt.Sprint(r.Engine.Extra), "≤ %.0f") }},
	{"peak", func(r Row) string { return fmt.Sprint(r.Engine.Peak) }},
	{"Copier's", func(r Row) string { return fmt.Sprint(r.SDK.Peak) }},
}

// PaceColumns are those of the table of [Paces].
var PaceColumns = Columns{
	{"service", func(r Row) string { return r.Model }},
	{"size", func(r Row) string { return r.Size }},
	{"bound", func(r Row) string { return span(r.Bound) }},
	{"best fixed", func(r Row) string { return span(r.Fixed.Makespan) }},
	{"afterput", func(r Row) string { return span(r.Engine.Makespan) }},
	{"of bound", ofBound},
	{"Copier", func(r Row) string { return span(r.SDK.Makespan) }},
	{"faster", faster},
	{"fixed requests", func(r Row) string { return fmt.Sprint(r.Fixed.Requests) }},
	{"requests", func(r Row) string { return goalCell(r, requestsGoal, fmt.Sprint(r.Engine.Requests), "≤ %.0f") }},
	{"Copier's", func(r Row) string { return fmt.Sprint(r.SDK.Requests) }},
}

func ofBound(r Row) string {
	return goalCell(r, boundGoal, fmt.Sprintf("%.3f", r.OfBound()), "≥ %.2f")
}

func faster(r Row) string {
	return goalCell(r, fasterGoal, fmt.Sprintf("%.1f×", r.Faster()), "≥ %g")
}

// PrintHeader begins a table of rows, in Markdown.
func (c Columns) PrintHeader(w io.Writer) {
	titles, rules := make([]string, len(c)), make([]string, len(c))
	for i, column := range c {
		titles[i], rules[i] = column.title, "---"
	}
	fmt.Fprintf(w, "| %s |\n|%s|\n", strings.Join(titles, " | "), strings.Join(rules, "|"))
}

// Print writes a row as a line of the table.
func (c Columns) Print(w io.Writer, r Row) {
	cells := make([]string, len(c))
	for i, column := range c {
		cells[i] = column.cell(r)
	}
	fmt.Fprintf(w, "| %s |\n", strings.Join(cells, " | "))
}

// goalCell adds its goal to a figure that has one.
func goalCell(r Row, name, have, want string) string {
	for _, g := range r.Goals {
		if g.Name != name {
			continue
		}
		have += " (" + fmt.Sprintf(want, g.Want) + ")"
		if !g.Met() {
			have += " MISSED"
		}
	}
	return have
}

// span writes a time with at most four significant digits.
func span(d time.Duration) string {
	switch {
	case d >= time.Hour:
		return d.Round(time.Second).String()
	case d >= time.Minute:
		return d.Round(100 * time.Millisecond).String()
	case d >= 10*time.Second:
		return d.Round(10 * time.Millisecond).String()
	}
	return d.Round(time.Millisecond).String()
}
