package graph

import (
	"fmt"
	"net/url"
	"strings"

	"afterput/rules"
)

// Mermaid is the picture as Mermaid, for README files and issues.
func (g *Graph) Mermaid() string {
	var b strings.Builder
	b.WriteString("flowchart LR\n")
	nodes := g.nodes()
	for i, bucket := range g.Buckets {
		fmt.Fprintf(&b, "    subgraph b%d[\"%s\"]\n", i+1, mermaidText(bucket.title()))
		for _, prefix := range bucket.Prefixes {
			fmt.Fprintf(&b, "        n%d[\"%s\"]\n", nodes[rules.Objects{Bucket: bucket.Name, Prefix: prefix}],
				mermaidText(prefixText(prefix)))
		}
		b.WriteString("    end\n")
	}
	lines := map[Kind]string{Copied: "-->", Moved: "==>", Deleted: "-.->", Changed: "-->"}
	for _, a := range g.Arrows {
		label := a.label()
		for i := range label {
			label[i] = mermaidText(label[i])
		}
		fmt.Fprintf(&b, "    n%d %s|\"%s\"| n%d\n", nodes[a.From], lines[a.Kind], strings.Join(label, "<br/>"),
			nodes[a.To])
	}
	return b.String()
}

// mermaidText is a text in quotes of Mermaid, none of whose characters is taken for markup.
func mermaidText(s string) string {
	var b strings.Builder
	for _, r := range s {
		if strings.ContainsRune("\"#<>&`*_~[]{}|\\;", r) {
			fmt.Fprintf(&b, "#%d;", r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// DOT is the picture in the language of Graphviz.
func (g *Graph) DOT() string {
	var b strings.Builder
	b.WriteString("digraph rules {\n    rankdir=LR\n    node [shape=box, style=rounded]\n")
	nodes := g.nodes()
	for i, bucket := range g.Buckets {
		fmt.Fprintf(&b, "    subgraph cluster_%d {\n        label=%s\n", i+1, dotText(bucket.title()))
		for _, prefix := range bucket.Prefixes {
			fmt.Fprintf(&b, "        n%d [label=%s]\n", nodes[rules.Objects{Bucket: bucket.Name, Prefix: prefix}],
				dotText(prefixText(prefix)))
		}
		b.WriteString("    }\n")
	}
	styles := map[Kind]string{Copied: "solid", Moved: "bold", Deleted: "dashed", Changed: "solid"}
	for _, a := range g.Arrows {
		fmt.Fprintf(&b, "    n%d -> n%d [label=%s, URL=%s, style=%s]\n", nodes[a.From], nodes[a.To],
			dotText(strings.Join(a.label(), "\n")), dotText(g.link(a.Lines[0])), styles[a.Kind])
	}
	b.WriteString("}\n")
	return b.String()
}

// dotText is a string of DOT.
func dotText(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(s) + `"`
}

// link leads to a line of the file, as code hosts number them.
func (g *Graph) link(line int) string {
	return fmt.Sprintf("%s#L%d", (&url.URL{Path: g.File}).String(), line)
}
