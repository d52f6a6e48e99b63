package rules

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

// Every file of testdata/rules/lint holds a rules file and the warnings
// expected for it.
func TestWarningsOfGoldenFiles(t *testing.T) {
	for _, file := range matching(t, "../testdata/rules/lint/*.txtar") {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			ar, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			set, err := Load("rules.yaml", ar.Files[0].Data, testEnv)
			if err != nil {
				t.Fatal(err)
			}
			got := &txtar.Archive{Comment: ar.Comment, Files: []txtar.File{ar.Files[0], {Name: "warnings", Data: []byte(warningsText(set))}}}
			if *update {
				if err := os.WriteFile(file, txtar.Format(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(txtar.Format(ar)), string(txtar.Format(got))); diff != "" {
				t.Errorf("warnings differ (-want +got):\n%s", diff)
			}
		})
	}
}

func warningsText(s *Set) string {
	var b strings.Builder
	for _, w := range s.Lint() {
		rule := ""
		if w.Rule != "" {
			rule = "rule " + w.Rule + ": "
		}
		fmt.Fprintf(&b, "%d:%d: %s%s [%s]\n", w.Line, w.Col, rule, w.Message, w.Code)
	}
	return b.String()
}

func TestExamplesGiveNoWarningButOfWhatTheyPublish(t *testing.T) {
	for _, file := range matching(t, "../examples/*.yaml") {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		set, err := Load(filepath.Base(file), data, testEnv)
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range set.Lint() {
			if w.Code != PublicACL {
				t.Errorf("%s:%d: %s", file, w.Line, w.Message)
			}
		}
	}
}
