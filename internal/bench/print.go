package bench

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// columns are the titles of the table, with what their cells hold.
var columns = []struct {
	title string
	cell  func(Row) string
}{
	{"service", func(r Row) string { return r.Model }},
	{"size", func(r Row) string { return r.Size }},
	{"bound", func(r Row) string { return span(r.Bound) }},
	{"afterput", func(r Row) string { return span(r.Engine.Makespan) }},
	{"of bound", func(r Row) string { return goalCell(r, "of the bound", fmt.Sprintf("%.3f", r.OfBound()), "≥ %.2f") }},
	{"Copier", func(r Row) string { return span(r.SDK.Makespan) }},
	{"faster", func(r Row) string {
		return goalCell(r, "times faster than the Copier", fmt.Sprintf("%.1f×", r.Faster()), "≥ %g")
	}},
	{"requests", func(r Row) string { return goalCell(r, "requests", fmt.Sprint(r.Engine.Requests), "≤ %g") }},
	{"Copier's", func(r Row) string { return fmt.Sprint(r.SDK.Requests) }},
	{"refused", func(r Row) string { return fmt.Sprint(r.Engine.Refused) }},
	{"parts", func(r Row) string { return fmt.Sprint(r.Engine.Parts) }},
	{"extra", func(r Row) string { return goalCell(r, "extra part requests", fmt.Sprint(r.Engine.Extra), "≤ %.0f") }},
	{"peak", func(r Row) string { return fmt.Sprint(r.Engine.Peak) }},
	{"Copier's", func(r Row) string { return fmt.Sprint(r.SDK.Peak) }},
}

// PrintHeader begins a table of rows, in Markdown.
func PrintHeader(w io.Writer) {
	titles, rules := make([]string, len(columns)), make([]string, len(columns))
	for i, c := range columns {
		titles[i], rules[i] = c.title, "---"
	}
	fmt.Fprintf(w, "| %s |\n|%s|\n", strings.Join(titles, " | "), strings.Join(rules, "|"))
}

// Print writes the row as a line of the table.
func (r Row) Print(w io.Writer) {
	cells := make([]string, len(columns))
	for i, c := range columns {
		cells[i] = c.cell(r)
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
