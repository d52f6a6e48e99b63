package graph_test

import (
	"strings"
	"testing"

	"afterput/internal/graph"
)

func TestEachKindOfArrowIsDrawnAsWhatItDoes(t *testing.T) {
	const head = "version: 1\nsources: [left, right]\nrules:\n"
	for name, c := range map[string]struct{ rules, mermaid, dot string }{
		"deletion": {
			"  - name: mirror\n    match: {bucket: left, prefix: docs/}\n    copy: [{bucket: replica}]\n" +
				"    delete: [{bucket: replica}]\n",
			`n1 -->|"mirror (line 6)"| n2` + "\n" + `n1 -.->|"mirror (line 7)<br/>delete"| n2`,
			`n1 -> n2 [label="mirror (line 6)", URL="rules.yaml#L6", style=solid]` + "\n" +
				`n1 -> n2 [label="mirror (line 7)\ndelete", URL="rules.yaml#L7", style=dashed]`,
		},
		"move": {
			"  - name: hand-over\n    match: {bucket: left, prefix: intake/}\n" +
				"    copy: [{bucket: desk, key: '${key#intake/}', delete-source: true, storage-class: IA}]\n",
			`n1 ==>|"hand-over (line 6)<br/>move<br/>key $#123;key#35;intake/#125;<br/>storage-class IA"| n2`,
			`n1 -> n2 [label="hand-over (line 6)\nmove\nkey ${key#intake/}\nstorage-class IA", ` +
				`URL="rules.yaml#L6", style=bold]`,
		},
		"change in place": {
			"  - name: cool\n    match: {bucket: left, prefix: films/}\n" +
				"    copy: [{rewrite-in-place: true, storage-class: IA}]\n",
			`n1 -->|"cool (line 6)<br/>in place<br/>storage-class IA"| n1`,
			`n1 -> n1 [label="cool (line 6)\nin place\nstorage-class IA", URL="rules.yaml#L6", style=solid]`,
		},
		"all spellings of a prefix": {
			"  - name: any-case\n    match: {bucket: left, prefix: Catalogue/, ignore-case: true}\n" +
				"    copy: [{bucket: replica}]\n",
			`n1 -->|"any-case (line 6)<br/>if prefix Catalogue/, ignoring case"| n2`,
			`n1 -> n2 [label="any-case (line 6)\nif prefix Catalogue/, ignoring case", URL="rules.yaml#L6", ` +
				`style=solid]`,
		},
		"loop that ends": {
			"  - name: to-right\n    match: {bucket: left, prefix: x/}\n    copy:\n" +
				"      - {bucket: right, key: '${key#x/}'}\n" +
				"  - name: to-left\n    match: {bucket: right, prefix: y/}\n    copy:\n" +
				"      - {bucket: left, key: '${key#y/}'}\n",
			`n2 -->|"to-right (line 7)<br/>key $#123;key#35;x/#125;<br/>then to-left#59; this loop ends"| n3` + "\n" +
				`n4 -->|"to-left (line 11)<br/>key $#123;key#35;y/#125;<br/>then to-right#59; this loop ends"| n1`,
			`n2 -> n3 [label="to-right (line 7)\nkey ${key#x/}\nthen to-left; this loop ends", ` +
				`URL="rules.yaml#L7", style=solid]` + "\n" +
				`n4 -> n1 [label="to-left (line 11)\nkey ${key#y/}\nthen to-right; this loop ends", ` +
				`URL="rules.yaml#L11", style=solid]`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := graph.Of("rules.yaml", load(t, head+c.rules), graph.Only{})
			if got := arrows(g.Mermaid(), ">|"); got != c.mermaid {
				t.Errorf("Mermaid:\n%s\nwant\n%s", got, c.mermaid)
			}
			if got := arrows(g.DOT(), " -> "); got != c.dot {
				t.Errorf("DOT:\n%s\nwant\n%s", got, c.dot)
			}
		})
	}
}

// arrows are the lines of a text that have a sign in them.
func arrows(text, sign string) string {
	var all []string
	for line := range strings.SplitSeq(text, "\n") {
		if strings.Contains(line, sign) {
			all = append(all, strings.TrimSpace(line))
		}
	}
	return strings.Join(all, "\n")
}

func TestAPrefixWhoseCaseDoesNotMatterIsOneBoxInLowerCase(t *testing.T) {
	set := load(t, "version: 1\nsources: [left]\nrules:\n  - name: any-case\n"+
		"    match: {prefix: Catalogue/, suffix: [.jpg, .png], ignore-case: true}\n    copy: [{bucket: out}]\n")
	g := graph.Of("rules.yaml", set, graph.Only{})
	if got := strings.Count(g.Mermaid(), `["catalogue/"]`); got != 2 {
		t.Errorf("%d boxes of catalogue/, want one in each bucket:\n%s", got, g.Mermaid())
	}
}

func TestArrowsAreInTheOrderOfWhereTheyBegin(t *testing.T) {
	g := graph.Of("rules.yaml", load(t, "version: 1\nsources: [left, right]\nrules:\n"+
		"  - {name: one, match: {bucket: left, prefix: b/}, copy: [{bucket: out}]}\n"+
		"  - {name: two, match: {bucket: right}, copy: [{bucket: out}]}\n"+
		"  - {name: three, match: {bucket: left, prefix: a/}, copy: [{bucket: out}]}\n"+
		"  - {name: four, match: {bucket: left, prefix: b/}, copy: [{bucket: more}]}\n"), graph.Only{})
	var names []string
	for _, a := range g.Arrows {
		names = append(names, a.Rules...)
	}
	if got := strings.Join(names, " "); got != "three one four two" {
		t.Errorf("the arrows are %s", got)
	}
}

func TestDisabledRulesAreDrawnOnlyWhereTheyAreWanted(t *testing.T) {
	set := load(t, "version: 1\nsources: [left]\nrules:\n"+
		"  - {name: on, match: {prefix: a/}, copy: [{bucket: out}]}\n"+
		"  - {name: off, disabled: true, match: {suffix: .x}, copy: [{bucket: other}]}\n")
	if g := graph.Of("rules.yaml", set, graph.Only{}); len(g.Arrows) != 1 || strings.Contains(g.SVG(), "off") {
		t.Errorf("the picture is %s", g.SVG())
	}
	svg := graph.Of("rules.yaml", set, graph.Only{Disabled: true}).Overview()
	if !strings.Contains(svg, `<g class="flow disabled" data-rules="off">`) ||
		!strings.Contains(svg, "disabled, if suffix .x") || !strings.Contains(svg, ">other<") {
		t.Errorf("the picture is %s", svg)
	}
}
