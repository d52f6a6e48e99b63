package deploytest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"afterput/internal/deploy"
	"afterput/rules"
)

func TestEveryManifestDeliversTheEventsThatItsRulesWant(t *testing.T) {
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
		if len(problems)+len(warnings) > 0 {
			t.Errorf("%s: problems %v, warnings %+v", file, problems, warnings)
		}
		if m.ForTasks() {
			continue
		}
		triggers, _ := deploy.Triggers(set)
		if now, _, err := m.WithTriggers(triggers); err != nil || string(now) != string(text) {
			t.Errorf("%s: its triggers are not those that afterput triggers --write writes: %v", file, err)
		}
	}
}

// bridged is a rule with events that OSS triggers do not support.
const bridged = `version: 1
sources: [one, two]
rules:
  - name: replicated
    match: {prefix: in/, suffix: .jpg, event: [ObjectReplication:ObjectCreated, ObjectCreated:PutObject]}
    copy: [{bucket: replica}]
`

// withTriggers returns s.yaml with the triggers that a rules file implies.
func withTriggers(t *testing.T, name, text string, edit func(string) string) map[string]any {
	t.Helper()
	set, err := rules.Load(name, []byte(text), func(string) (string, bool) { return "set", true })
	if err != nil {
		t.Fatal(err)
	}
	triggers, _ := deploy.Triggers(set)
	return manifest(t, "s.yaml", func(s string) string {
		head, _, found := strings.Cut(s, "      triggers:\n")
		if !found {
			t.Fatal("s.yaml has no triggers")
		}
		return head + edit(deploy.YAML(triggers))
	})
}

func TestGeneratedTriggersMatchTheSchemaOfFC3(t *testing.T) {
	check := schemaCheck(t)
	files, err := filepath.Glob(root + "/examples/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	all := map[string]string{"bridged": bridged}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all[file] = string(text)
	}
	for name, text := range all {
		if err := check(withTriggers(t, name, text, func(s string) string { return s })); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheSchemaFindsMistakesInEventBridgeTriggers(t *testing.T) {
	check := schemaCheck(t)
	for name, c := range map[string]struct{ old, new, want string }{
		"no pattern":   {"eventRuleFilterPattern: ", "pattern: ", "eventRuleFilterPattern"},
		"source type":  {"eventSourceType: Default", "eventSourceType: 1", "/eventSourceType"},
		"enabled":      {"triggerEnable: true", "triggerEnable: 'yes'", "/triggerEnable"},
		"asynchronous": {"asyncInvocationType: true", "asyncInvocation: true", "asyncInvocationType"},
	} {
		err := check(withTriggers(t, "bridged", bridged, func(s string) string {
			changed := strings.Replace(s, c.old, c.new, 1)
			if changed == s {
				t.Fatalf("%s: there is no %q in\n%s", name, c.old, s)
			}
			return changed
		}))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v does not name %s", name, err, c.want)
		}
	}
}
