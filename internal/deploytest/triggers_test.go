package deploytest

import (
	"os"
	"path/filepath"
	"strings"
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
		if now, err := m.WithTriggers(set); err != nil || string(now) != string(text) {
			t.Errorf("%s: its triggers are not those that afterput triggers --write puts in: %v", file, err)
		}
	}
}

func TestGeneratedTriggersKeepToTheSchemaOfFC3(t *testing.T) {
	check := schemaCheck(t)
	files, err := filepath.Glob(root + "/examples/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		set, err := rules.Load(file, text, func(string) (string, bool) { return "set", true })
		if err != nil {
			t.Fatal(err)
		}
		triggers, _ := deploy.Triggers(set)
		m := manifest(t, "s.yaml", func(s string) string {
			head, _, found := strings.Cut(s, "      triggers:\n")
			if !found {
				t.Fatal("s.yaml has no triggers")
			}
			return head + deploy.YAML(triggers)
		})
		if err := check(m); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}
