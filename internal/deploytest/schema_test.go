package deploytest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

func TestSYAMLKeepsToTheSchemaOfFC3(t *testing.T) {
	check := schemaCheck(t)
	if err := check(manifest(t, nil)); err != nil {
		t.Error(err)
	}
}

func TestMistakesInSYAMLBreakTheSchema(t *testing.T) {
	check := schemaCheck(t)
	for name, c := range map[string]struct{ old, new, want string }{
		"event name":       {"oss:ObjectCreated:PutObject", "oss:ObjectCreated:PutObjekt", "/events/0"},
		"no suffix":        {"suffix: ''", "# none", "suffix"},
		"no filter":        {"filter:", "filters:", "filter"},
		"no handler":       {"handler: main", "handle: main", "handler"},
		"runtime":          {"runtime: go1 ", "runtime: go2 ", "/runtime"},
		"memory size":      {"memorySize: 256", "memorySize: 200", "/memorySize"},
		"time-out":         {"timeout: 3600", "timeout: 90000", "/timeout"},
		"too many retries": {"maxAsyncRetryAttempts: 3", "maxAsyncRetryAttempts: 9", "/maxAsyncRetryAttempts"},
		"log":              {"logConfig: auto", "logConfig: automatic", "/logConfig"},
	} {
		t.Run(name, func(t *testing.T) {
			err := check(manifest(t, func(s string) string { return strings.Replace(s, c.old, c.new, 1) }))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v does not name %s", err, c.want)
			}
		})
	}
}

// schemaCheck returns what validates the properties of s.yaml, and each OSS
// trigger against the definition of its own kind: the schema lets any object
// pass for a trigger's configuration. Without the schema the test is skipped.
func schemaCheck(t *testing.T) func(map[string]any) error {
	t.Helper()
	if _, err := os.Stat(schema); errors.Is(err, fs.ErrNotExist) {
		path, _ := filepath.Abs(schema)
		t.Skipf("SKIPPED: there is no schema of the fc3 component at %s", path)
	}
	compiler := jsonschema.NewCompiler()
	whole, err := compiler.Compile(schema)
	if err != nil {
		t.Fatal(err)
	}
	trigger, err := compiler.Compile(schema + "#/definitions/IOssTriggerConfig")
	if err != nil {
		t.Fatal(err)
	}
	return func(m map[string]any) error {
		problems := whole.Validate(asJSON(t, props(m)))
		triggers, _ := at(props(m), "triggers").([]any)
		for n, tr := range triggers {
			if kind := at(tr, "triggerType"); kind != "oss" {
				problems = errors.Join(problems, fmt.Errorf("trigger %d is of type %v, want oss", n, kind))
				continue
			}
			if err := trigger.Validate(asJSON(t, at(tr, "triggerConfig"))); err != nil {
				problems = errors.Join(problems, fmt.Errorf("trigger %d: %w", n, err))
			}
		}
		return problems
	}
}

// asJSON gives YAML's values the types that JSON would have given them.
func asJSON(t *testing.T, v any) any {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}
