// Package deploytest checks, without an account, that s.yaml deploys what the
// Makefile builds.
package deploytest

import (
	"fmt"
	"os"
	"regexp"
	"testing"

	"go.yaml.in/yaml/v3"
)

const (
	root = "../.."
	// schema is that of the fc3 component (devsapp/fc3, src/schema.json), which
	// is not part of this repository.
	schema = root + "/../shared/fc3-schema.json"
)

// manifest reads s.yaml as Serverless Devs does: variables are replaced first.
// edit may change the text before that; nil leaves it.
func manifest(t *testing.T, edit func(string) string) map[string]any {
	t.Helper()
	text, err := os.ReadFile(root + "/s.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if edit != nil {
		changed := edit(string(text))
		if changed == string(text) {
			t.Fatal("the edit changed nothing in s.yaml")
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
		t.Fatalf("s.yaml uses %s, which nothing defines", found)
		return ""
	})
}

// at follows names (text) and positions (int) into a document; nil when
// there is nothing.
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

// props are the function's properties in s.yaml.
func props(m map[string]any) any { return at(m, "resources", "afterput", "props") }
