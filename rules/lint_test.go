package rules

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// Every file of testdata/rules/lint has a rules file and the warnings
// expected for it.
func TestWarningsOfGoldenFiles(t *testing.T) {
	golden(t, "../testdata/rules/lint/*.txtar", func(t *testing.T, ar *txtar.Archive) *txtar.Archive {
		set, err := Load("rules.yaml", ar.Files[0].Data, testEnv)
		if err != nil {
			t.Fatal(err)
		}
		warnings := txtar.File{Name: "warnings", Data: []byte(warningsText(set))}
		return &txtar.Archive{Comment: ar.Comment, Files: []txtar.File{ar.Files[0], warnings}}
	})
}

func warningsText(s *Set) string {
	var b strings.Builder
	for _, w := range s.Lint() {
		rule := ""
		if w.Rule != "" {
			rule = "rule " + w.Rule + ": "
		}
		level := ""
		if w.Level != LevelWarning {
			level = string(w.Level) + ": "
		}
		fmt.Fprintf(&b, "%d:%d: %s%s%s [%s]\n", w.Line, w.Col, level, rule, w.Message, w.Code)
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
			if w.Code != PublicACL && w.Level != LevelNote {
				t.Errorf("%s:%d: %s", file, w.Line, w.Message)
			}
		}
	}
}
