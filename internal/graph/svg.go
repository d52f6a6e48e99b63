package graph

import (
	"fmt"
	"html"
	"strings"
	"unicode"

	"afterput/rules"
)

// layout is how wide things are: sources at the left, the rules as cards in the middle, destinations at the right. The
// cards form one column, so that no text covers another however many rules there are.
type layout struct {
	buckets int // width of a bucket
	cards   int // width of a card
	between int // for the arrows
	lines   func(a *Arrow) []string
	title   func(b *Bucket) string
}

const (
	rowHeight = 18
	gap       = 16
	padding   = 10
	sourceX   = gap
)

func (l *layout) cardX() int   { return sourceX + l.buckets + l.between }
func (l *layout) targetX() int { return l.cardX() + l.cards + l.between }
func (l *layout) width() int   { return l.targetX() + l.buckets + gap }

// whole shows everything that is known of an arrow.
var whole = layout{buckets: 230, cards: 440, between: 90, lines: (*Arrow).label, title: (*Bucket).title}

// style is in the picture itself, so that it looks alike wherever it is opened.
const style = `<style>
svg{font:12px system-ui,sans-serif;background:#fff}
text{fill:#1b1f24}.bucket,.card{fill:#f6f8fa;stroke:#8c959f}.prefix{fill:#fff;stroke:#d0d7de}
.title,.rule{font-weight:600}.detail{fill:#57606a}.arrow{fill:none;stroke:#0969da;stroke-width:1.5}
.move{stroke-width:3}.delete{stroke:#cf222e;stroke-dasharray:5 4}.head{fill:#0969da}
@media(prefers-color-scheme:dark){svg{background:#0d1117}text{fill:#e6edf3}.bucket,.card{fill:#161b22;stroke:#6e7681}
.prefix{fill:#0d1117;stroke:#30363d}.detail{fill:#9198a1}.arrow{stroke:#4493f8}.head{fill:#4493f8}
.delete{stroke:#f85149}}
</style>
`

// SVG is the picture as a file of its own. The element of each arrow carries its rules, as the attribute data-rules, in
// lines.
func (g *Graph) SVG() string {
	return g.draw(&whole, `role="img" aria-label="`+html.EscapeString(g.File)+`"`, style)
}

// draw draws the picture, with attributes of its root element and what is put before the drawing.
func (g *Graph) draw(l *layout, attributes, head string) string {
	var b strings.Builder
	left, leftHeight := g.column(&b, l, sourceX, func(a *Arrow) rules.Objects { return a.From })
	right, rightHeight := g.column(&b, l, l.targetX(), func(a *Arrow) rules.Objects { return a.To })
	y := gap
	for i := range g.Arrows {
		a := &g.Arrows[i]
		lines := l.lines(a)
		height := rowHeight*len(lines) + padding
		middle := y + height/2
		rulesText := html.EscapeString(strings.Join(a.Rules, "\n"))
		class := "flow"
		if a.Disabled {
			class += " disabled"
		}
		fmt.Fprintf(&b, `<g class="%s" data-rules="%s">`+"\n", class, rulesText)
		curve(&b, a.Kind, sourceX+l.buckets, left[a.From], l.cardX(), middle, "")
		curve(&b, a.Kind, l.cardX()+l.cards, middle, l.targetX(), right[a.To], ` marker-end="url(#head)"`)
		fmt.Fprintf(&b, `<a href="%s">`, html.EscapeString(g.link(a.Lines[0])))
		l.card(&b, lines, y, height)
		b.WriteString("</a>\n</g>\n")
		y += height + gap
	}
	height := max(y, leftHeight, rightHeight)
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" %s>`+
		"\n", l.width(), height, l.width(), height, attributes) + head +
		`<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">` +
		`<path class="head" d="M0 0L8 4L0 8z"/></marker></defs>` + "\n" + b.String() + "</svg>\n"
}

// column draws the buckets at one end of the arrows, and says where the middle of each prefix is.
func (g *Graph) column(
	b *strings.Builder, l *layout, x int, end func(*Arrow) rules.Objects,
) (map[rules.Objects]int, int) {
	width := l.buckets
	used := map[rules.Objects]bool{}
	for i := range g.Arrows {
		used[end(&g.Arrows[i])] = true
	}
	middle := map[rules.Objects]int{}
	y := gap
	for i := range g.Buckets {
		bucket := &g.Buckets[i]
		var rows []rules.Objects
		for _, prefix := range bucket.Prefixes {
			if o := (rules.Objects{Bucket: bucket.Name, Prefix: prefix}); used[o] {
				rows = append(rows, o)
			}
		}
		if rows == nil {
			continue
		}
		height := rowHeight + padding + len(rows)*(rowHeight+8) + 2
		fmt.Fprintf(b, `<rect class="bucket" x="%d" y="%d" width="%d" height="%d" rx="6"/>`+"\n", x, y, width, height)
		text(b, "title", x+padding, y+rowHeight, width-2*padding, l.title(bucket))
		for n, o := range rows {
			top := y + rowHeight + padding + n*(rowHeight+8)
			fmt.Fprintf(b, `<rect class="prefix" x="%d" y="%d" width="%d" height="%d" rx="4"/>`+"\n",
				x+6, top, width-12, rowHeight+4)
			class := "prefix-text"
			if o.Prefix == "" {
				class += " prefix-all"
			}
			text(b, class, x+12, top+15, width-24, prefixText(o.Prefix))
			middle[o] = top + (rowHeight+4)/2
		}
		y += height + gap
	}
	return middle, y
}

func (l *layout) card(b *strings.Builder, lines []string, y, height int) {
	fmt.Fprintf(b, `<rect class="card" x="%d" y="%d" width="%d" height="%d" rx="6"/>`+"\n",
		l.cardX(), y, l.cards, height)
	for i, line := range lines {
		class := "detail"
		if i == 0 {
			class = "rule"
		}
		text(b, class, l.cardX()+padding, y+rowHeight*(i+1), l.cards-2*padding, line)
	}
}

// curve draws half of an arrow: into a card without a head, out of it with one.
func curve(b *strings.Builder, kind Kind, x1, y1, x2, y2 int, head string) {
	class := strings.TrimSuffix("arrow "+map[Kind]string{Moved: "move", Deleted: "delete"}[kind], " ")
	middle := (x1 + x2) / 2
	fmt.Fprintf(b, `<path class="%s" d="M%d %dC%d %d %d %d %d %d"%s/>`+"\n", class, x1, y1, middle, y1, middle, y2,
		x2, y2, head)
}

// text draws one line of text, cut at the width, which is estimated: the picture is drawn without a font.
func text(b *strings.Builder, class string, x, y, width int, s string) {
	const narrow, wide = 6.6, 12.5
	left := float64(width)
	for i, r := range s {
		w := narrow
		if unicode.Is(unicode.Han, r) || r >= 0x1100 && unicode.IsOneOf([]*unicode.RangeTable{
			unicode.Hangul, unicode.Hiragana, unicode.Katakana}, r) {
			w = wide
		}
		if left -= w; left < 0 {
			s = s[:i] + "…"
			break
		}
	}
	fmt.Fprintf(b, `<text class="%s" x="%d" y="%d">%s</text>`+"\n", class, x, y, html.EscapeString(s))
}
