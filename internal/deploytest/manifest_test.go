// Package deploytest checks, without an account, that s.yaml and s.custom.yaml deploy what the Makefile builds.
package deploytest

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"go.yaml.in/yaml/v3"
)

const (
	root = "../.."
	// schema is the schema of the fc3 component (devsapp/fc3, src/schema.json). It is not part of this repository.
	schema = root + "/../shared/fc3-schema.json"
)

// files are the manifests of the function that OSS invokes, one per runtime, and backfillFile is that of the function
// that backfill invokes.
var files = []string{"s.yaml", "s.custom.yaml"}

const backfillFile = "s.backfill.yaml"

// forEach runs a test for every manifest.
func forEach(t *testing.T, test func(t *testing.T, file string)) {
	for _, file := range files {
		t.Run(file, func(t *testing.T) { test(t, file) })
	}
}

// forAll runs a test for every manifest, that of backfill included.
func forAll(t *testing.T, test func(t *testing.T, file string)) {
	forEach(t, test)
	t.Run(backfillFile, func(t *testing.T) { test(t, backfillFile) })
}

// manifest reads a manifest as Serverless Devs does: it replaces variables first. edit may change the text before that;
// nil leaves it unchanged.
func manifest(t *testing.T, file string, edit func(string) string) map[string]any {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, file))
	if err != nil {
		t.Fatal(err)
	}
	if edit != nil {
		changed := edit(string(text))
		if changed == string(text) {
			t.Fatal("the edit changed nothing in " + file)
		}
		text = []byte(changed)
	}
	var head struct{ Vars map[string]string }
	if err := yaml.Unmarshal(text, &head); err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := yaml.Unmarshal([]byte(expand(t, string(text), head.Vars)), &m); err != nil {
		t.Fatal(err)
	}
	return m
}

var placeholder = regexp.MustCompile(`\$\{([^}]*)\}`)

func expand(t *testing.T, text string, vars map[string]string) string {
	t.Helper()
	comment := regexp.MustCompile(`(?m)^ *#.*$`)
	return placeholder.ReplaceAllStringFunc(comment.ReplaceAllString(text, ""), func(found string) string {
		name := placeholder.FindStringSubmatch(found)[1]
		if name == "config('AccountID')" {
			return "1000000000000000"
		}
		for v, value := range vars {
			if name == "vars."+v {
				return value
			}
		}
		t.Fatalf("the manifest uses %s, which is not defined", found)
		return ""
	})
}

// at returns the value that a path of names (string) and positions (int) leads to; nil if there is none.
func at(doc any, steps ...any) any {
	for _, step := range steps {
		switch s := step.(type) {
		case string:
			m, _ := doc.(map[string]any)
			doc = m[s]
		case int:
			list, _ := doc.([]any)
			if s >= len(list) {
				return nil
			}
			doc = list[s]
		default:
			panic(fmt.Sprintf("step of type %T", step))
		}
	}
	return doc
}

// props returns the function's properties in a manifest.
func props(m map[string]any) any { return at(m, "resources", "afterput", "props") }
