package graph_test

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"afterput/internal/graph"
	"afterput/rules"
)

const file = `version: 1
sources: [inbox, site]
rules:
  - name: file-1
    match: {bucket: inbox, prefix: in/, suffix: .pdf}
    copy: [{bucket: site, key: 'public/${key#in/}', storage-class: IA}]
  - name: file-2
    match: {bucket: inbox, prefix: in/, suffix: .pdf}
    copy: [{bucket: site, key: 'public/${key#in/}', storage-class: IA}]
  - name: publish
    match: {bucket: site, prefix: public/}
    copy: [{bucket: www}]
  - name: off
    disabled: true
    match: {bucket: inbox}
    copy: [{bucket: nowhere}]
`

func load(t *testing.T, text string) *rules.Set {
	t.Helper()
	set, err := rules.Load("rules.yaml", []byte(text), func(string) (string, bool) { return "", false })
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func TestMermaidShowsWhatTheRulesDoAndRulesThatDifferInNamesOnce(t *testing.T) {
	want := `flowchart LR
    subgraph b1["inbox (source)"]
        n1["in/"]
    end
    subgraph b2["site (source)"]
        n2["public/"]
    end
    subgraph b3["www"]
        n3["public/"]
    end
    n1 -->|"2 rules, file-1 to file-2 (line 6)<br/>if suffix .pdf<br/>key public/$#123;key#35;in/#125;<br/>` +
		`storage-class IA<br/>then publish"| n2
    n2 -->|"publish (line 12)"| n3
`
	if got := graph.Of("rules.yaml", load(t, file), graph.Only{}).Mermaid(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestDOTLinksEachArrowToItsLine(t *testing.T) {
	want := `digraph rules {
    rankdir=LR
    node [shape=box, style=rounded]
    subgraph cluster_1 {
        label="site (source)"
        n1 [label="public/"]
    }
    subgraph cluster_2 {
        label="www"
        n2 [label="public/"]
    }
    n1 -> n2 [label="publish (line 12)", URL="rules.yaml#L12", style=solid]
}
`
	if got := graph.Of("rules.yaml", load(t, file), graph.Only{Rules: []string{"publish"}}).DOT(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if g := graph.Of("rules.yaml", load(t, file), graph.Only{Buckets: []string{"www"}}); len(g.Arrows) != 1 {
		t.Errorf("the bucket www has %d arrows, want 1", len(g.Arrows))
	}
}

func TestPrefixesFullOfMarkupStayText(t *testing.T) {
	set := load(t, "version: 1\nsources: [inbox]\nrules:\n  - name: r\n    match: {prefix: '\"><script>#x\\'}\n"+
		"    copy: [{bucket: out}]\n")
	g := graph.Of(`"><script>.yaml`, set, graph.Only{})
	for name, picture := range map[string]string{"mermaid": g.Mermaid(), "svg": g.SVG()} {
		if strings.Contains(picture, "<script") {
			t.Errorf("%s has the markup:\n%s", name, picture)
		}
	}
	if !strings.Contains(g.DOT(), `label="\"><script>#x\\"`) {
		t.Errorf("DOT does not escape the prefix:\n%s", g.DOT())
	}
	for d := xml.NewDecoder(strings.NewReader(g.SVG())); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("the SVG is not well-formed: %v\n%s", err, g.SVG())
		}
	}
}
