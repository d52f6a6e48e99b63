package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func module(t *testing.T, files map[string]string) (root string) {
	t.Helper()
	root = t.TempDir()
	for name, text := range files {
		name = filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// The module is not called afterput, so that make module leaves this test as it is.
func TestEveryPlaceThatNamesAPackageOfTheModuleIsRewrittenAndNothingElse(t *testing.T) {
	root := module(t, map[string]string{
		"go.mod": "module product\n\ngo 1.26\n",
		"rules/a.go": "package rules\n\nimport k \"product/rules/internal/k\"\n\n" +
			"var _, role = k.K, \"product/session\"\n",
		"rules/b.go": "package rules\n\nvar prefix, all, other = \"product/\", \"product/rules/...\", " +
			"\"product-failures\"\n",
		"Makefile":     "SLOW = product/rules \\\n\tproduct/rules/...\n",
		"docs/page.md": "product/rules\n",
	})
	var out bytes.Buffer
	if err := run([]string{"example.com/team/product"}, root, &out); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"go.mod": "module example.com/team/product\n\ngo 1.26\n",
		"rules/a.go": "package rules\n\nimport k \"example.com/team/product/rules/internal/k\"\n\n" +
			"var _, role = k.K, \"product/session\"\n",
		"rules/b.go": "package rules\n\nvar prefix, all, other = \"example.com/team/product/\", " +
			"\"example.com/team/product/rules/...\", \"product-failures\"\n",
		"Makefile":     "SLOW = example.com/team/product/rules \\\n\texample.com/team/product/rules/...\n",
		"docs/page.md": "product/rules\n",
	} {
		got, err := os.ReadFile(filepath.Join(root, name))
		if err != nil || string(got) != want {
			t.Errorf("%s: %v\n%s\nwant:\n%s", name, err, got, want)
		}
	}
	if !strings.Contains(out.String(), "product is now example.com/team/product: 4 files changed") {
		t.Errorf("prints %q", out.String())
	}
	if err := run([]string{"example.com/team/product"}, root, &out); err == nil ||
		!strings.Contains(err.Error(), "already") {
		t.Errorf("again: %v", err)
	}
	if err := run([]string{"product"}, root, &out); err == nil {
		t.Error("a path without a host is accepted")
	}
}

func TestAPathThatCannotBeFetchedIsRefusedAndNothingChanges(t *testing.T) {
	root := module(t, map[string]string{"go.mod": "module product\n", "a.go": "package a\n"})
	for _, path := range []string{"", "product2", "example.com", "Example.com/a", "example.com/", "example.com//a",
		"https://example.com/a", "example.com/a b", "/usr/bin:/bin", "example.com/a.", "example.com/a/",
		"example.com/a~1", "example.com/con", "example.com/aux.go/a", "example.com/vendor/a",
		"example.com/a/v1", "example.com/a/v0"} {
		if err := run([]string{path}, root, new(bytes.Buffer)); err == nil {
			t.Errorf("%q is accepted", path)
		}
	}
	if text, err := os.ReadFile(filepath.Join(root, "go.mod")); err != nil || string(text) != "module product\n" {
		t.Errorf("%v %s", err, text)
	}
}

func TestAPathThatCanBeFetchedIsAccepted(t *testing.T) {
	for _, path := range []string{"example.com/team/product", "github.com/Team/After_put", "git.example.com/g/a.git",
		"github.com/team/product/v2", "github.com/team/product/v10", "example.com/console/vendors"} {
		if err := check(path); err != nil {
			t.Error(err)
		}
	}
}
