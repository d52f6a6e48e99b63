package page

import (
	"slices"
	"strings"

	"afterput/internal/graph"
	"afterput/rules"
)

// drawing is the picture of the rules in force.
type drawing struct {
	version int // of the rules, counted from 1
	set     *rules.Set
	graph   *graph.Graph
}

// newDrawing draws a set. The links of its arrows are lines of the editor.
func newDrawing(version int, set *rules.Set) *drawing {
	return &drawing{version: version, set: set, graph: graph.Of("", set, graph.Only{Disabled: true})}
}

// arrow is the index of the arrow that a copy or deletion of an object takes; -1 if it is not drawn.
func (d *drawing) arrow(rule string, line int, bucket, key string) int {
	return slices.IndexFunc(d.graph.Arrows, func(a graph.Arrow) bool {
		from, depends := strings.CutSuffix(a.From.Bucket, "*")
		sameBucket := from == bucket || depends && strings.HasPrefix(bucket, from)
		if !sameBucket || !begins(key, a.From.Prefix, a.AnyCase) {
			return false
		}
		for i := range a.Rules {
			if a.Rules[i] == rule && a.Lines[i] == line {
				return true
			}
		}
		return false
	})
}

// begins reports whether a key begins with a prefix.
func begins(key, prefix string, anyCase bool) bool {
	if anyCase {
		return len(key) >= len(prefix) && strings.EqualFold(key[:len(prefix)], prefix)
	}
	return strings.HasPrefix(key, prefix)
}

// arrowJSON is an arrow as the browser knows it.
type arrowJSON struct {
	Rules  []string `json:"rules"`
	Lines  []int    `json:"lines"`
	Prefix string   `json:"prefix"` // of the keys that take it
}

type drawingJSON struct {
	Version int         `json:"version"`
	SVG     string      `json:"svg"`
	Arrows  []arrowJSON `json:"arrows"`
}

func (d *drawing) json() drawingJSON {
	all := make([]arrowJSON, len(d.graph.Arrows))
	for i, a := range d.graph.Arrows {
		all[i] = arrowJSON{Rules: a.Rules, Lines: a.Lines, Prefix: a.From.Prefix}
	}
	return drawingJSON{Version: d.version, SVG: d.graph.Overview(), Arrows: all}
}
