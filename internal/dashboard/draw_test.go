package dashboard

import (
	"fmt"
	"html"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

// Sizes in pixels: of a column and a row of Grafana's grid, and of what is around a chart.
const (
	columnWidth, rowHeight = 48, 34
	left, right, top       = 62, 30, 34
	bottom                 = 44
)

const style = `<style>
svg{font:12px sans-serif;--back:#f4f5f5;--panel:#fff;--text:#24292e;--dim:#6b7280;--line:#d8dbe0;
--good:#1a7f37;--bad:#c4162a}
@media (prefers-color-scheme:dark){svg{--back:#111217;--panel:#181b1f;--text:#ccccdc;--dim:#8e8ea0;--line:#34373d;
--good:#73bf69;--bad:#f2495c}}
.back{fill:var(--back)}.panel{fill:var(--panel);stroke:var(--line)}text{fill:var(--text)}
.title{font-weight:600}.axis{fill:var(--dim);font-size:11px}.grid{stroke:var(--line)}
.good{fill:var(--good)}.bad{fill:var(--bad)}.stat{font-size:30px;font-weight:600;text-anchor:middle}
.end{text-anchor:end}.middle{text-anchor:middle}
</style>
`

var colours = []string{"#5794f2", "#ff9830", "#b877d9", "#f2495c", "#73bf69", "#fade2a"}

// picture draws the panels with the results of their queries.
func picture(t *testing.T, panels []panel, results []table) string {
	t.Helper()
	var b strings.Builder
	height := 0
	for i, p := range panels {
		c := canvas{b: &b, panel: p, x: p.GridPos.X*columnWidth + 4, y: p.GridPos.Y*rowHeight + 4,
			width: p.GridPos.W*columnWidth - 8, height: p.GridPos.H*rowHeight - 8}
		height = max(height, c.y+c.height+8)
		c.printf(`<rect class="panel" x="%d" y="%d" width="%d" height="%d" rx="3"/>`, c.x, c.y, c.width, c.height)
		c.text("title", c.x+12, c.y+20, p.Title)
		switch p.Type {
		case "stat":
			c.stat(results[i].column(t, p.Targets[0].YCol)[0])
		case "timeseries":
			c.chart(seriesOf(t, p, results[i]))
		case "table":
			c.table(results[i])
		}
	}
	const picture = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %[1]d %[2]d" width="%[1]d" height="%[2]d" ` +
		`role="img"><title>The dashboard of afterput, drawn from generated data</title>` + "\n%[3]s" +
		`<rect class="back" width="%[1]d" height="%[2]d"/>` + "\n%[4]s</svg>\n"
	return fmt.Sprintf(picture, 24*columnWidth, height, style, b.String())
}

type canvas struct {
	b                   *strings.Builder
	panel               panel
	x, y, width, height int
}

func (c canvas) printf(format string, args ...any) { fmt.Fprintf(c.b, format+"\n", args...) }

func (c canvas) text(class string, x, y int, text string) {
	c.printf(`<text class="%s" x="%d" y="%d">%s</text>`, class, x, y, html.EscapeString(text))
}

func (c canvas) stat(value any) {
	class := "stat"
	if steps := c.panel.FieldConfig.Defaults.Thresholds.Steps; len(steps) > 0 {
		class += " good"
		if number, is := value.(float64); is && number >= *steps[1].Value {
			class = "stat bad"
		}
	}
	c.text(class, c.x+c.width/2, c.y+c.height/2+24, c.written(value))
}

// written is a value in the panel's unit.
func (c canvas) written(value any) string {
	v, number := value.(float64)
	if !number {
		return fmt.Sprint(value)
	}
	switch c.panel.FieldConfig.Defaults.Unit {
	case "s":
		if v >= 60 {
			return fmt.Sprintf("%.3g min", v/60)
		}
		return fmt.Sprintf("%.3g s", v)
	case "decbytes":
		return scaled(v, "B")
	}
	return strings.TrimSpace(scaled(v, ""))
}

func scaled(v float64, unit string) string {
	for _, prefix := range []string{"", "k", "M", "G"} {
		if v < 1000 {
			return fmt.Sprintf("%.3g %s%s", v, prefix, unit)
		}
		v /= 1000
	}
	return fmt.Sprintf("%.3g T%s", v, unit)
}

// series are values by time, of one name.
type series struct {
	name   string
	values map[float64]float64
}

// seriesOf reads the result of a chart's query as the data source does: ycol names columns, or, with #:#, the column
// of the names and that of the values.
func seriesOf(t *testing.T, p panel, result table) (all []series) {
	t.Helper()
	times := result.column(t, p.Targets[0].XCol)
	add := func(names func(row int) string, values []any) {
		by := map[string]map[float64]float64{}
		for row, v := range values {
			name := names(row)
			if by[name] == nil {
				by[name] = map[float64]float64{}
			}
			if number, is := v.(float64); is {
				by[name][times[row].(float64)] = number
			}
		}
		for _, name := range slices.Sorted(maps.Keys(by)) {
			all = append(all, series{name, by[name]})
		}
	}
	if label, value, ok := strings.Cut(p.Targets[0].YCol, "#:#"); ok {
		labels := result.column(t, label)
		add(func(row int) string { return fmt.Sprint(labels[row]) }, result.column(t, value))
		return all
	}
	for name := range strings.SplitSeq(p.Targets[0].YCol, ", ") {
		add(func(int) string { return name }, result.column(t, name))
	}
	return all
}

// chart draws series: as lines, or stacked as bars.
func (c canvas) chart(all []series) {
	stacked := c.panel.FieldConfig.Defaults.Custom.DrawStyle == "bars"
	most, sums := 0.0, map[float64]float64{}
	for _, s := range all {
		for at, v := range s.values {
			sums[at] += v
			most = max(most, v)
			if stacked {
				most = max(most, sums[at])
			}
		}
	}
	step := roundStep(most / 4)
	if c.panel.FieldConfig.Defaults.Unit == "s" && most > 120 {
		step = 60 * roundStep(most/240)
	}
	most = max(step*math.Ceil(most/step), step)
	wide, high := float64(c.width-left-right), float64(c.height-top-bottom)
	px := func(at float64) float64 {
		return float64(c.x+left) + (at-float64(begin.Unix()))/span.Seconds()*wide
	}
	py := func(v float64) float64 { return float64(c.y+top) + (1-v/most)*high }
	for v := 0.0; v <= most; v += step {
		c.printf(`<path class="grid" d="M%d %.1fh%.0f"/>`, c.x+left, py(v), wide)
		c.text("axis end", c.x+left-6, int(py(v))+4, c.written(v))
	}
	for at := begin; !at.After(begin.Add(span)); at = at.Add(time.Hour) {
		c.text("axis middle", int(px(float64(at.Unix()))), c.y+top+int(high)+16, at.Format("15:04"))
	}
	clear(sums)
	legend := c.x + left
	for i, s := range all {
		colour := colours[i%len(colours)]
		var path strings.Builder
		for n, at := range slices.Sorted(maps.Keys(s.values)) {
			v := s.values[at]
			if stacked {
				fmt.Fprintf(&path, "M%.1f %.1fV%.1fh%.1fV%.1fz", px(at), py(sums[at]), py(sums[at]+v),
					wide*interval/span.Seconds()-1, py(sums[at]))
				sums[at] += v
				continue
			}
			fmt.Fprintf(&path, "%s%.1f %.1f", map[bool]string{true: "M", false: "L"}[n == 0], px(at), py(v))
		}
		paint := `fill="none" stroke-width="2" stroke="` + colour + `"`
		if stacked {
			paint = `fill="` + colour + `"`
		}
		c.printf(`<path %s d="%s"/>`, paint, path.String())
		c.printf(`<rect x="%d" y="%d" width="14" height="4" fill="%s"/>`, legend, c.y+c.height-15, colour)
		c.text("axis", legend+18, c.y+c.height-9, s.name)
		legend += 38 + 6*len(s.name)
	}
}

// roundStep is the next number of 1, 2, 5, 10, …
func roundStep(v float64) float64 {
	if v <= 0 {
		return 1
	}
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, n := range []float64{1, 2, 5} {
		if v <= n*power {
			return n * power
		}
	}
	return 10 * power
}

// table draws as many rows as there is room for.
func (c canvas) table(r table) {
	widths := make([]int, len(r.columns))
	for i, name := range r.columns {
		widths[i] = len(name)
		for _, row := range r.rows {
			widths[i] = max(widths[i], len(c.cell(name, row[i])))
		}
	}
	row := func(class string, y int, cells func(i int) string) {
		x := c.x + 12
		for i := range r.columns {
			c.text(class, x, y, cut(cells(i), (c.x+c.width-12-x)/7))
			x += widths[i]*7 + 24
		}
	}
	y := c.y + top + 14
	row("axis", y, func(i int) string { return r.columns[i] })
	for _, values := range r.rows {
		if y += 24; y > c.y+c.height-8 {
			break
		}
		c.printf(`<path class="grid" d="M%d %dh%d"/>`, c.x+12, y-17, c.width-24)
		row("cell", y, func(i int) string { return c.cell(r.columns[i], values[i]) })
	}
}

// cut leaves out the end of a text that is longer than so many characters.
func cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return text[:most-1] + "…"
}

func (c canvas) cell(column string, v any) string {
	if number, is := v.(float64); is && column == "bytes" {
		return scaled(number, "B")
	}
	if number, is := v.(float64); is {
		return fmt.Sprintf("%.0f", number)
	}
	return fmt.Sprint(v)
}
