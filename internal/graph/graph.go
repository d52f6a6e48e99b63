// Package graph draws a rules file: the buckets and prefixes, and the rules as arrows between them.
package graph

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"afterput/internal/terminal"
	"afterput/rules"
)

// Graph is a picture of a rules file.
type Graph struct {
	File    string // what links and labels call the file
	Buckets []Bucket
	Arrows  []Arrow // in the order of where they begin, so that few of them cross; then in the file's
}

// Bucket is a bucket of the picture. Its name ends with * if it depends on the object.
type Bucket struct {
	Name     string
	Source   bool     // its events invoke the function
	Prefixes []string // sorted; "" is every key
}

// Arrow is a copy or a deletion. Rules that differ in their names only share one.
type Arrow struct {
	Kind     Kind
	Rules    []string // in the file's order
	Lines    []int    // of each rule's copy
	From, To rules.Objects
	AnyCase  bool     // the case of From's prefix does not matter
	Disabled bool     // the rules are
	Match    string   // what the rule takes beyond the bucket and the prefix, in words; "" for everything
	Changes  []string // what the copy sets, in words
	Next     []string // rules that may take the copy in turn
	Cut      []string // those of Next that can lead back here; all such chains end
}

// Kind is what becomes of the object at the other end of an arrow.
type Kind string

// The kinds of arrows.
const (
	Copied  Kind = "copy"
	Moved   Kind = "move"     // copied, and the source is deleted
	Deleted Kind = "delete"   // deleted when the source is removed
	Changed Kind = "in place" // changed where it is
)

// Only says which part of a file to draw; the zero value is all of it but the disabled rules.
type Only struct {
	Rules, Buckets []string
	Disabled       bool // disabled rules too
}

// Of draws a rules file, or the part of it that only says: arrows of one of the rules, from or to one of the buckets.
func Of(file string, set *rules.Set, only Only) *Graph {
	g := &Graph{File: file}
	same := map[string]int{} // by everything but the rules
	for _, r := range set.Routes() {
		if r.Disabled && !only.Disabled || only.Rules != nil && !slices.Contains(only.Rules, r.Rule) ||
			only.Buckets != nil && !slices.Contains(only.Buckets, r.Source.Bucket) &&
				!slices.Contains(only.Buckets, r.Destination.Bucket) {
			continue
		}
		a := Arrow{Kind: kindOf(r), From: r.Source, To: r.Destination, AnyCase: r.IgnoreCase, Disabled: r.Disabled,
			Match: r.Match, Changes: r.Changes, Next: r.Next, Cut: r.Cut}
		what := fmt.Sprintf("%#v", a)
		i, known := same[what]
		if !known {
			i = len(g.Arrows)
			same[what] = i
			g.Arrows = append(g.Arrows, a)
		}
		b := &g.Arrows[i]
		b.Rules, b.Lines = append(b.Rules, r.Rule), append(b.Lines, r.Line)
	}
	for _, a := range g.Arrows {
		g.bucket(a.From, set.Sources())
	}
	for _, a := range g.Arrows {
		g.bucket(a.To, set.Sources())
	}
	for i := range g.Buckets {
		slices.Sort(g.Buckets[i].Prefixes)
	}
	nodes := g.nodes()
	slices.SortStableFunc(g.Arrows, func(a, b Arrow) int { return nodes[a.From] - nodes[b.From] })
	return g
}

func kindOf(r rules.Route) Kind {
	switch {
	case r.Deletes:
		return Deleted
	case r.DeletesSource:
		return Moved
	case r.InPlace && r.Source == r.Destination:
		return Changed
	}
	return Copied
}

// bucket adds the prefix of a bucket, each once.
func (g *Graph) bucket(o rules.Objects, sources []string) {
	i := slices.IndexFunc(g.Buckets, func(b Bucket) bool { return b.Name == o.Bucket })
	if i < 0 {
		i = len(g.Buckets)
		g.Buckets = append(g.Buckets, Bucket{Name: o.Bucket, Source: slices.Contains(sources, o.Bucket)})
	}
	if b := &g.Buckets[i]; !slices.Contains(b.Prefixes, o.Prefix) {
		b.Prefixes = append(b.Prefixes, o.Prefix)
	}
}

// label is an arrow in words, a line each: the rule with its line in the file, what it takes, what it changes, and what
// may follow.
func (a *Arrow) label() []string {
	name := a.Rules[0]
	if n := len(a.Rules); n > 1 {
		name = fmt.Sprintf("%d rules, %s to %s", n, a.Rules[0], a.Rules[n-1])
	}
	lines := []string{fmt.Sprintf("%s (line %d)", name, a.Lines[0])}
	if a.Disabled {
		lines = append(lines, "disabled")
	}
	if a.Kind != Copied {
		lines = append(lines, string(a.Kind))
	}
	if a.Match != "" {
		lines = append(lines, "if "+a.Match)
	}
	for _, change := range a.Changes {
		if !(a.Kind == Moved && change == "delete-source" || a.Kind == Changed && change == "rewrite-in-place") {
			lines = append(lines, change)
		}
	}
	for _, next := range a.Next {
		then := "then " + next
		if slices.Contains(a.Cut, next) {
			then += "; this loop ends"
		}
		lines = append(lines, then)
	}
	for i := range lines {
		lines[i] = shortened(terminal.Escape(lines[i]))
	}
	return lines
}

// longest is how many characters a line of a picture has at most.
const longest = 56

func shortened(s string) string {
	if r := []rune(s); len(r) > longest {
		return string(r[:longest-1]) + "…"
	}
	return s
}

// prefixText is a prefix of keys as a picture shows it.
func prefixText(prefix string) string {
	return cmp.Or(shortened(terminal.Escape(prefix)), "all keys")
}

// title is a bucket as a picture shows it.
func (b *Bucket) title() string {
	name := b.Name
	if strings.HasSuffix(name, "*") {
		name += " (depends on the object)"
	}
	if b.Source {
		name += " (source)"
	}
	return name
}

// nodes numbers the prefixes of all buckets.
func (g *Graph) nodes() map[rules.Objects]int {
	numbers := map[rules.Objects]int{}
	for _, b := range g.Buckets {
		for _, prefix := range b.Prefixes {
			numbers[rules.Objects{Bucket: b.Name, Prefix: prefix}] = len(numbers) + 1
		}
	}
	return numbers
}
