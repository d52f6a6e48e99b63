package deploy_test

import (
	"fmt"
	"strings"
	"testing"

	"afterput/internal/deploy"
	"afterput/rules"
)

func TestANoteAboutManyRulesIsGivenOnce(t *testing.T) {
	file := "version: 1\nsources: [src]\nrules:\n"
	for i := range 1000 {
		file += fmt.Sprintf("  - name: r%d\n    match: {prefix: %d/}\n    copy:\n"+
			"      - {storage-class: IA, rewrite-in-place: true}\n      - {bucket: dst}\n", i, i)
	}
	set, err := rules.Load("rules.yaml", []byte(file), nil)
	if err != nil {
		t.Fatal(err)
	}
	_, notes, err := deploy.PolicyOf(set, deploy.PolicyOptions{})
	if err != nil {
		t.Fatal(err)
	}
	const want = "rule r0, line 7; rule r1, line 12; rule r2, line 17; 997 more: an object rewritten in place keeps"
	if all := strings.Join(notes, "\n"); !strings.Contains(all, want) || len(notes) > 10 {
		t.Errorf("%d notes, none begins with %q:\n%.2000s", len(notes), want, all)
	}
}
