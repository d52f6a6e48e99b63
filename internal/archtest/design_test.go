package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const designPage = "../../docs/design.md"

// section returns the text of the page on the design below a heading, up to the next of the same level.
func section(t *testing.T, heading string) string {
	t.Helper()
	text, err := os.ReadFile(designPage)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(text), "\n## "+heading+"\n")
	if !ok {
		t.Fatalf("%s has no section %q", designPage, heading)
	}
	rest, _, _ = strings.Cut(rest, "\n## ")
	return rest
}

// picture returns the arrows of the picture of the packages, by the package they start from.
func picture(t *testing.T) map[string][]string {
	t.Helper()
	text := section(t, "The packages")
	names := map[string]string{} // of packages, by the name of their box
	for _, m := range regexp.MustCompile(`(?m)^ +(\w+)(?:\["([^"]+)"\])?$`).FindAllStringSubmatch(text, -1) {
		names[m[1]] = m[1]
		if m[2] != "" {
			names[m[1]] = m[2]
		}
	}
	arrows := map[string][]string{}
	for _, m := range regexp.MustCompile(`(?m)^ +(\w+) --> (\w+)$`).FindAllStringSubmatch(text, -1) {
		from, to := names[m[1]], names[m[2]]
		if from == "" || to == "" {
			t.Fatalf("%s: %s: no box has this name", designPage, m[0])
		}
		arrows[from] = append(arrows[from], to)
	}
	for _, name := range names {
		if _, ok := arrows[name]; !ok {
			arrows[name] = nil
		}
	}
	delete(arrows, "end") // of a subgraph
	return arrows
}

// leadsTo reports whether arrows lead from one package to another, directly or through others.
func leadsTo(arrows map[string][]string, from, to string) bool {
	return slices.ContainsFunc(arrows[from], func(next string) bool { return next == to || leadsTo(arrows, next, to) })
}

func TestThePictureOfThePackagesShowsTheImports(t *testing.T) {
	arrows, imports := picture(t), importsOf(t)
	for name := range path {
		if _, shown := arrows[name]; !shown && name != "internal/pack" {
			t.Errorf("the picture lacks %s", name)
		}
	}
	for from, shown := range arrows {
		if _, exists := imports[from]; !exists {
			t.Errorf("the picture has %s, which does not exist", from)
		}
		for _, to := range shown {
			if !slices.Contains(imports[from], "afterput/"+to) {
				t.Fatalf("the picture has an arrow from %s to %s, which is not imported", from, to)
			}
		}
	}
	for from := range arrows {
		for _, name := range imports[from] {
			to, ours := strings.CutPrefix(name, "afterput/")
			if _, shown := arrows[to]; ours && shown && !leadsTo(arrows, from, to) {
				t.Errorf("%s imports %s; the picture does not show it", from, to)
			}
		}
	}
}

func TestThePageOnTheDesignDescribesEveryPackage(t *testing.T) {
	text := section(t, "The packages")
	for name := range importsOf(t) {
		described := func(name string) bool { return strings.Contains(text, "`"+name+"`") }
		if !described(name) && !described(filepath.Dir(name)) {
			t.Errorf("the table of packages lacks %s", name)
		}
	}
}

// The rows of "Where to look" name functions and the file, or the package, that declares them.
func TestWhereThePageOnTheDesignSaysToLookThereIsWhatItNames(t *testing.T) {
	rows := 0
	for row := range strings.Lines(section(t, "Where to look")) {
		var functions []string
		declared := map[string]bool{}
		for _, m := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(row, -1) {
			if strings.Contains(m[1], "/") {
				maps.Copy(declared, functionsIn(t, filepath.Join("../..", m[1])))
			} else {
				functions = append(functions, m[1])
			}
		}
		for _, name := range functions {
			rows++
			if !declared[name] {
				t.Errorf("%s is not declared there: %s", name, row)
			}
		}
	}
	if rows < 15 {
		t.Errorf("only %d functions are named", rows)
	}
}

func TestEveryFileThatThePageOnTheDesignNamesExists(t *testing.T) {
	text, err := os.ReadFile(designPage)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile("`([a-z0-9/_]+\\.go)`").FindAllStringSubmatch(string(text), -1) {
		if _, err := os.Stat(filepath.Join("../..", m[1])); err != nil {
			t.Error(err)
		}
	}
}

// functionsIn names the functions and methods that a file, or the files of a folder, declare.
func functionsIn(t *testing.T, name string) map[string]bool {
	t.Helper()
	files := []string{name}
	if !strings.HasSuffix(name, ".go") {
		var err error
		if files, err = filepath.Glob(name + "/*.go"); err != nil || len(files) == 0 {
			t.Fatalf("no sources in %s: %v", name, err)
		}
	}
	declared := map[string]bool{}
	for _, file := range files {
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range tree.Decls {
			if f, ok := d.(*ast.FuncDecl); ok {
				declared[f.Name.Name] = true
			}
		}
	}
	return declared
}
