package deploytest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"afterput/internal/deploy"
)

func TestManifestsMatchTheSchemaOfFC3(t *testing.T) {
	check := schemaCheck(t)
	forAll(t, func(t *testing.T, file string) {
		if err := check(manifest(t, file, nil)); err != nil {
			t.Error(err)
		}
	})
}

func TestTheSchemaFindsMistakesInManifests(t *testing.T) {
	check := schemaCheck(t)
	for name, c := range map[string]struct{ old, new, want string }{
		"event name":       {"oss:ObjectCreated:PutObject", "oss:ObjectCreated:PutObjekt", "/events/0"},
		"no suffix":        {"suffix: ''", "# none", "suffix"},
		"no filter":        {"filter:", "filters:", "filter"},
		"no code":          {"code: ./", "coda: ./", "code"},
		"runtime":          {"  runtime: ", "  runtime: x", "/runtime"},
		"memory size":      {"memorySize: ", "memorySize: 1", "/memorySize"},
		"time-out":         {"timeout: 3600", "timeout: 90000", "/timeout"},
		"too many retries": {"maxAsyncRetryAttempts: 3", "maxAsyncRetryAttempts: 9", "/maxAsyncRetryAttempts"},
		"initializer":      {"timeout: 30\n", "timeout: 0\n", "/initializer/timeout"},
		"log":              {"logBeginRule: None", "logBeginRule: Nothing", "/logConfig"},
		"no log store":     {"logstore: $", "store: $", "/logConfig"},
	} {
		t.Run(name, func(t *testing.T) {
			forEach(t, func(t *testing.T, file string) { wantMistake(t, check, file, c.old, c.new, c.want) })
		})
	}
	wantMistake(t, check, "s.yaml", "handler: main", "handle: main", "handler")
	wantMistake(t, check, "s.custom.yaml", "instanceConcurrency: 20", "instanceConcurrency: 201",
		"/instanceConcurrency")
	wantMistake(t, check, "s.custom.yaml", "command: [", "command: /code/main # [", "/customRuntimeConfig/command")
}

func wantMistake(t *testing.T, check func(map[string]any) error, file, before, after, want string) {
	t.Helper()
	err := check(manifest(t, file, func(s string) string { return strings.Replace(s, before, after, 1) }))
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%s with %q: error %v does not name %s", file, after, err, want)
	}
}

// schemaCheck returns a function that validates the properties of a manifest, and each trigger against the definition
// of its kind: the schema itself accepts any object as a trigger's configuration. Without the schema the test is
// skipped.
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
	native, err := compiler.Compile(schema + "#/definitions/IOssTriggerConfig")
	if err != nil {
		t.Fatal(err)
	}
	timer, err := compiler.Compile(schema + "#/definitions/ITimerTriggerConfig")
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[any]*jsonschema.Schema{deploy.Native: native, deploy.EventBridge: bridgeSchema(t), "timer": timer}
	return func(m map[string]any) error {
		problems := whole.Validate(asJSON(t, props(m)))
		triggers, _ := at(props(m), "triggers").([]any)
		for n, tr := range triggers {
			kind := kinds[at(tr, "triggerType")]
			if kind == nil {
				err := fmt.Errorf("trigger %d is of type %v, want oss, eventbridge or timer", n, at(tr, "triggerType"))
				problems = errors.Join(problems, err)
				continue
			}
			if err := kind.Validate(asJSON(t, at(tr, "triggerConfig"))); err != nil {
				problems = errors.Join(problems, fmt.Errorf("trigger %d: %w", n, err))
			}
		}
		return problems
	}
}

// bridgeSchema returns the definition of EventBridge triggers, without requiring fields that the component does not
// read and its own examples do not have.
// Source: devsapp/fc3, src/base.ts, __tests__/e2e/trigger/eb/s.yaml.
func bridgeSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, err := os.ReadFile(schema)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	definition, _ := at(doc, "definitions", "IEventBridge").(map[string]any)
	source, _ := at(definition, "properties", "eventSourceConfig").(map[string]any)
	for _, d := range []map[string]any{definition, source} {
		required, _ := d["required"].([]any)
		d["required"] = slices.DeleteFunc(required, func(field any) bool {
			return field == "eventSinkConfig" || field == "runOptions" || field == "eventSourceParameters"
		})
	}
	compiler := jsonschema.NewCompiler()
	const name = "file:///eventbridge.json"
	if err := compiler.AddResource(name, doc); err != nil {
		t.Fatal(err)
	}
	compiled, err := compiler.Compile(name + "#/definitions/IEventBridge")
	if err != nil {
		t.Fatal(err)
	}
	return compiled
}

// asJSON converts the values of YAML to the types that JSON has.
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
