package measure

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestColumnsAreCountedAsAnEditorShowsThem(t *testing.T) {
	for line, want := range map[string]int{"": 0, "abc": 3, "\t": 4, "\ta": 5, "ab\tc": 5, "→ 报": 3} {
		if got := Columns(line); got != want {
			t.Errorf("%q has %d columns, want %d", line, got, want)
		}
	}
}

func TestLongLinesAndFunctionsAreThoseOfTheSources(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"a.go":         "package a\n\n// " + strings.Repeat("x", 20) + "\nfunc short() {}\n",
		"b/b_test.go":  "package b\n\ntype list[T any] []T\n\nfunc (l *list[T]) add() {\n\t_ = l\n}\n",
		"b/text.md":    strings.Repeat("x", 200),
		"bin/c.go":     "package c\n\n// " + strings.Repeat("x", 20) + "\n",
		".hidden/d.go": "package d\n\n// " + strings.Repeat("x", 20) + "\n",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	long, err := LongLines(dir, 22)
	if err != nil {
		t.Fatal(err)
	}
	wantLong := []Line{{Path: "a.go", Number: 3, Columns: 23}, {Path: "b/b_test.go", Number: 5, Columns: 25}}
	if diff := cmp.Diff(wantLong, long); diff != "" {
		t.Errorf("long lines (-want +got):\n%s", diff)
	}
	functions, err := Functions(dir)
	if err != nil {
		t.Fatal(err)
	}
	want := []Function{
		{Path: "b/b_test.go", Name: "list.add", Line: 5, Lines: 3}, {Path: "a.go", Name: "short", Line: 4, Lines: 1},
	}
	if diff := cmp.Diff(want, functions); diff != "" {
		t.Errorf("functions (-want +got):\n%s", diff)
	}
}
