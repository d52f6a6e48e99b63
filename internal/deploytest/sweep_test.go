package deploytest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"afterput/internal/deploy"
	"afterput/rules"
)

func TestAGeneratedSweepMatchesTheSchemaOfFC3(t *testing.T) {
	check := schemaCheck(t)
	sweep, err := deploy.Sweep(new(rules.Set), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	forEach(t, func(t *testing.T, file string) {
		text, err := os.ReadFile(filepath.Join(root, file))
		if err != nil {
			t.Fatal(err)
		}
		m, err := deploy.ReadManifest(file, text, os.LookupEnv)
		if err != nil {
			t.Fatal(err)
		}
		swept, err := m.WithSweep(sweep)
		if err != nil {
			t.Fatal(err)
		}
		asWritten := func(string) string { return string(swept) }
		with := manifest(t, file, asWritten)
		if err := check(with); err != nil {
			t.Error(err)
		}
		if n := len(at(props(with), "triggers").([]any)); n != 2 {
			t.Errorf("%d triggers, want 2", n)
		}
	})
	var printed struct{ Triggers []any }
	err = yaml.Unmarshal([]byte(deploy.YAMLWithSweep(nil, sweep)), &printed)
	if err != nil || len(printed.Triggers) != 1 {
		t.Errorf("printed alone: %v", err)
	}
	broken := strings.Replace(deploy.YAMLWithSweep(nil, sweep), "enable: true", "enable: often", 1)
	err = check(manifest(t, "s.yaml", func(s string) string {
		head, _, _ := strings.Cut(s, "      triggers:\n")
		return head + broken
	}))
	if err == nil || !strings.Contains(err.Error(), "/enable") {
		t.Errorf("the schema does not find a mistake in a timer: %v", err)
	}
}
