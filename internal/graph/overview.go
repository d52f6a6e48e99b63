package graph

import "strings"

// overview shows an arrow in two lines: its rule, and what it takes and changes as far as there is room. Buckets have
// their names only.
var overview = layout{buckets: 160, cards: 286, between: 60, lines: func(a *Arrow) []string {
	lines := a.label()
	return []string{lines[0], shortened(strings.Join(lines[1:], ", "))}
}, title: func(b *Bucket) string { return b.Name }}

// Overview is the picture as part of a page, which has the style: narrower than [Graph.SVG], each arrow in two lines.
// Its arrows are in the order of Arrows.
func (g *Graph) Overview() string { return g.draw(&overview, `role="group"`, "") }
