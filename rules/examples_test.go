package rules

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestEveryExampleLoadsAndNamesTheSchema(t *testing.T) {
	files, err := filepath.Glob("../examples/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no examples found: %v", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(string(data), "# yaml-language-server: $schema=./rules.schema.json\n") {
			t.Errorf("%s: the first line does not name the schema", file)
		}
		if _, err := Load(filepath.Base(file), data, testEnv); err != nil {
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
