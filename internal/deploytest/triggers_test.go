package deploytest

import (
	"os"
	"path/filepath"
	"testing"

	"afterput/internal/deploy"
	"afterput/rules"
)

func TestEverySYAMLBringsTheEventsThatTheRulesItDeploysWant(t *testing.T) {
	text, err := os.ReadFile(root + "/function/rules.yaml")
	if err != nil {
		t.Fatal(err)
	}
	unset := func(string) (string, bool) { return "", false }
	set, err := rules.Load("function/rules.yaml", text, unset)
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(root + "/s*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no s.yaml: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		m, err := deploy.ReadManifest(filepath.Base(file), text, unset)
		if err != nil {
			t.Error(err)
			continue
		}
		problems, warnings := m.Check(set)
		for _, p := range append(problems, warnings...) {
			t.Error(p)
		}
	}
}
