package rules

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

// badFiles gives the golden pairs: a rules file, quoted as a Go string if it is
// no plain text, and every message expected for it.
func badFiles(t *testing.T) map[string]*txtar.Archive {
	t.Helper()
	paths, _ := filepath.Glob("../testdata/rules/bad/*.txtar")
	if len(paths) == 0 {
		t.Fatal("no golden files")
	}
	files := map[string]*txtar.Archive{}
	for _, path := range paths {
		ar, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files[path] = ar
	}
	return files
}

func TestBadFilesAreToldWithEveryMistake(t *testing.T) {
	for path, ar := range badFiles(t) {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			got := &txtar.Archive{Comment: ar.Comment}
			for _, f := range ar.Files {
				if f.Name == "problems" {
					continue
				}
				data := f.Data
				if f.Name == "rules.yaml quoted" {
					text, err := strconv.Unquote(strings.TrimSpace(string(data)))
					if err != nil {
						t.Fatal(err)
					}
					data = []byte(text)
				}
				set, err := Load("rules.yaml", data, testEnv)
				if err == nil || set != nil {
					t.Fatal("the file loads")
				}
				var problems Problems
				if !errors.As(err, &problems) {
					t.Fatalf("%T is not Problems", err)
				}
				got.Files = append(got.Files, f, txtar.File{Name: "problems", Data: []byte(err.Error() + "\n")})
			}
			if *update {
				if err := os.WriteFile(path, txtar.Format(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(txtar.Format(ar)), string(txtar.Format(got))); diff != "" {
				t.Errorf("problems differ (-want +got):\n%s", diff)
			}
		})
	}
}

// hugeOnly are messages about files too large to keep; TestHugeFiles has them.
var hugeOnly = []string{"a rules file may have at most", "nests deeper", "too many problems", "too many ways"}

// planOnly are errors that share a function with the loader's.
var planOnly = []string{"which OSS does not allow", "is no size"}

// sharedChecks are files whose errors are the loader's too.
var sharedChecks = []string{"template.go", "env.go", "size.go", "event.go", "internal/keyset/glob.go"}

func TestEveryMessageOfTheLoaderHasAGoldenFile(t *testing.T) {
	var golden strings.Builder
	for _, ar := range badFiles(t) {
		for _, f := range ar.Files {
			if f.Name == "problems" {
				golden.Write(f.Data)
			}
		}
	}
	sources, _ := filepath.Glob("*.go")
	count := 0
	for _, file := range append(sources, "internal/keyset/glob.go") {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		for _, format := range messagesOf(t, file) {
			count++
			quoted := regexp.QuoteMeta(strings.ReplaceAll(format, "%%", "%"))
			pattern := regexp.MustCompile(`%[a-z]`).ReplaceAllString(quoted, ".*")
			known := regexp.MustCompile(pattern).MatchString(golden.String())
			for _, except := range append(hugeOnly, planOnly...) {
				known = known || strings.Contains(format, except)
			}
			if !known {
				t.Errorf("%s: no golden file has %q", file, format)
			}
		}
	}
	if count < 60 {
		t.Errorf("found only %d messages: the search is broken", count)
	}
}

// messagesOf lists the formats of the problems that a file reports, and those of the
// errors that it makes for the loader to report.
func messagesOf(t *testing.T, file string) (formats []string) {
	t.Helper()
	makesErrors := strings.HasPrefix(file, "load_") || slices.Contains(sharedChecks, file)
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(parsed, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		fun, ok := call.Fun.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		switch name := fun.Sel.Name; {
		case name == "problem", name == "problemAt", name == "problemFor":
		case makesErrors && (name == "Errorf" || name == "New"):
		default:
			return true
		}
		for _, arg := range call.Args {
			if format := literalText(arg); format != "" {
				formats = append(formats, format)
				break
			}
		}
		return true
	})
	return formats
}

// literalText is the text of a literal, or of literals that are joined by +.
func literalText(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		if e.Kind == token.STRING {
			text, _ := strconv.Unquote(e.Value)
			return text
		}
	case *ast.BinaryExpr:
		return literalText(e.X) + literalText(e.Y)
	}
	return ""
}
