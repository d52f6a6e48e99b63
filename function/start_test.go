package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"afterput/rules"
)

// from is an environment of these variables alone.
func from(vars map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) { v, ok := vars[name]; return v, ok }
}

func TestFunctionThatCannotStartSaysWhatToDo(t *testing.T) {
	bad := filepath.Join(t.TempDir(), "rules.yaml")
	if err := os.WriteFile(bad, []byte("version: 2\nsources: []\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cases := map[string]struct {
		vars map[string]string
		want []string
	}{
		"no region": {map[string]string{}, []string{"OSS_REGION", "cn-hangzhou"}},
		"no rules": {
			map[string]string{"FC_REGION": "cn-hangzhou", "FC_FUNC_CODE_PATH": t.TempDir()},
			[]string{"rules.yaml", "AFTERPUT_RULES"},
		},
		"bad rules": {
			map[string]string{"FC_REGION": "cn-hangzhou", "AFTERPUT_RULES": bad},
			[]string{bad + ":1:", "version must be 1", "rules"},
		},
	}
	for name, c := range cases {
		err := run(nil, from(c.vars), io.Discard)
		if err == nil {
			t.Fatalf("%s: it started", name)
		}
		for _, want := range c.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: the error lacks %q: %v", name, want, err)
			}
		}
	}
}

func TestRulesFileThatIsDeployedUnlessAnotherIsNamedLoads(t *testing.T) {
	text, err := os.ReadFile("rules.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := rules.Load("rules.yaml", text, from(nil)); err != nil {
		t.Error(err)
	}
}
