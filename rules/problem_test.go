package rules

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

const badFiles = "../testdata/rules/bad/*.txtar"

// Every file of testdata/rules/bad has rules files, quoted as Go does where they are not
// plain text, and every message expected for them.
func TestBadFilesAreReportedWithEveryMistake(t *testing.T) {
	golden(t, badFiles, func(t *testing.T, ar *txtar.Archive) *txtar.Archive {
		got := &txtar.Archive{Comment: ar.Comment}
		for _, f := range ar.Files {
			if f.Name != "problems" {
				problems := txtar.File{Name: "problems", Data: []byte(problemsOf(t, f).Error() + "\n")}
				got.Files = append(got.Files, f, problems)
			}
		}
		return got
	})
}

// problemsOf loads a file that has problems.
func problemsOf(t *testing.T, f txtar.File) Problems {
	t.Helper()
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
	return problems
}

// hugeOnly are messages about files too large to keep; TestHugeFiles has them.
var hugeOnly = []string{"split the rules over several functions", "nested too deeply", "too many problems",
	"too many combinations", "entries, the limit is", "placeholders and texts between"}

// planOnly are errors that share a function with the loader's.
var planOnly = []string{"which OSS does not allow", "is not a valid size"}

// sharedChecks are files whose errors are the loader's too.
var sharedChecks = []string{"template.go", "env.go", "size.go", "event.go", "internal/keyset/glob.go"}

func TestEveryMessageOfTheLoaderHasAGoldenFile(t *testing.T) {
	known := goldenProblems(t)
	sources := slices.DeleteFunc(matching(t, "*.go"), func(f string) bool { return strings.HasSuffix(f, "_test.go") })
	count := 0
	for _, file := range append(sources, "internal/keyset/glob.go") {
		for _, format := range messagesOf(t, file) {
			count++
			quoted := regexp.QuoteMeta(strings.ReplaceAll(format, "%%", "%"))
			pattern := regexp.MustCompile(`%[a-z]`).ReplaceAllString(quoted, ".*")
			except := func(s string) bool { return strings.Contains(format, s) }
			if !regexp.MustCompile(pattern).MatchString(known) &&
				!slices.ContainsFunc(append(hugeOnly, planOnly...), except) {
				t.Errorf("%s: no golden file has %q", file, format)
			}
		}
	}
	if count < 60 {
		t.Errorf("found only %d messages: the search is broken", count)
	}
}

// goldenProblems is every message of the golden files.
func goldenProblems(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	for _, path := range matching(t, badFiles) {
		ar, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range ar.Files {
			if f.Name == "problems" {
				all.Write(f.Data)
			}
		}
	}
	return all.String()
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
