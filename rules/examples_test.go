package rules

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestEveryExampleLoadsNamesTheSchemaAndSaysWhichVariablesToSet(t *testing.T) {
	files, err := filepath.Glob("../examples/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no examples found: %v", err)
	}
	for _, file := range append(files, "../function/rules.yaml") {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(string(data), "# yaml-language-server: $schema=./rules.schema.json\n") {
			t.Errorf("%s: the first line does not name the schema", file)
		}
		head, _, _ := strings.Cut(string(data), "\nversion:")
		if _, err := Load(filepath.Base(file), data, func(name string) (string, bool) {
			if value, ok := testEnv(name); ok && !strings.Contains(head, name+"=") {
				t.Errorf("%s uses %s=%s, and does not say so at its top", file, name, value)
			}
			return testEnv(name)
		}); err != nil {
			t.Errorf("%v", err)
		}
	}
}

// testEnv is the environment of rules files in tests.
func testEnv(name string) (string, bool) {
	value, ok := map[string]string{"STAGE": "prod", "VAULT_KMS_KEY": "9468da86-3509-4f8d-a61e-6eab1eac0000",
		"EMPTY": "", "TWO_LINES": "one\ntwo"}[name]
	return value, ok
}
