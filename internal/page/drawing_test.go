package page

import (
	"testing"

	"afterput/rules"
)

func TestAnObjectTakesTheArrowOfItsPrefixInAnyCaseOnlyWhereTheRuleIgnoresIt(t *testing.T) {
	set, err := rules.Load("rules.yaml", []byte(`version: 1
sources: [uploads]
rules:
  - name: any
    match: {prefix: In/, ignore-case: true}
    copy: [{bucket: replica}]
  - name: exact
    match: {prefix: out/}
    copy: [{bucket: replica}]
`), func(string) (string, bool) { return "", false })
	if err != nil {
		t.Fatal(err)
	}
	d := newDrawing(1, set)
	if len(d.graph.Arrows) != 2 {
		t.Fatalf("%d arrows, want one for each rule", len(d.graph.Arrows))
	}
	for _, c := range []struct {
		rule string
		line int
		key  string
		want int
	}{
		{"any", 6, "in/a", 0}, {"any", 6, "IN/a", 0}, {"any", 6, "i", -1},
		{"exact", 9, "out/a", 1}, {"exact", 9, "OUT/a", -1},
	} {
		if got := d.arrow(c.rule, c.line, "uploads", c.key); got != c.want {
			t.Errorf("%s by %s: arrow %d, want %d", c.key, c.rule, got, c.want)
		}
	}
}
