package archtest

import (
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
)

// notFailures are codes that no failed copy shows: the copy is superseded.
var notFailures = []string{"Superseded", "SourceGone", "PreconditionFailed"}

// codesOf are the error codes that a folder's sources name: in calls of refusal,
// as the Code of an error, and in the table of how to fix them.
func codesOf(t *testing.T, folder string) (codes []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "..", folder, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no sources in %s: %v", folder, err)
	}
	add := func(e ast.Expr) {
		if lit, ok := e.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			code, err := strconv.Unquote(lit.Value)
			if err != nil {
				t.Fatal(err)
			}
			codes = append(codes, code)
		}
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				name, _ := n.Fun.(*ast.Ident)
				if f, ok := n.Fun.(*ast.SelectorExpr); ok { // osscall.NewError
					name = f.Sel
				}
				if name != nil && name.Name == "NewError" && len(n.Args) > 2 {
					add(n.Args[2])
				}
			case *ast.KeyValueExpr:
				if name, ok := n.Key.(*ast.Ident); ok && name.Name == "Code" {
					add(n.Value)
				}
			case *ast.AssignStmt: // e.Kind, e.Code, e.Message = …
				for i, left := range n.Lhs {
					if field, ok := left.(*ast.SelectorExpr); ok && field.Sel.Name == "Code" &&
						len(n.Rhs) == len(n.Lhs) {
						add(n.Rhs[i])
					}
				}
			case *ast.ValueSpec:
				if len(n.Names) == 1 && n.Names[0].Name == "adviceByCode" {
					for _, e := range n.Values[0].(*ast.CompositeLit).Elts {
						add(e.(*ast.KeyValueExpr).Key)
					}
				}
			}
			return true
		})
	}
	return codes
}

func TestThePageOnOperationsHasEveryErrorCode(t *testing.T) {
	text, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	_, chapter, ok := strings.Cut(string(text), "\n## Error codes\n")
	if !ok {
		t.Fatal("the page has no chapter on error codes")
	}
	chapter, _, _ = strings.Cut(chapter, "\n## ")
	documented := map[string]string{} // whose they are
	for row := range strings.Lines(chapter) {
		cells := strings.Split(row, " | ")
		if len(cells) == 4 && strings.HasPrefix(row, "| `") {
			for _, m := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(cells[0], -1) {
				documented[m[1]] = cells[1]
			}
		}
	}
	var ours []string
	for _, folder := range []string{"internal/osscall", "internal/state", "internal/copier", "internal/relay"} {
		ours = append(ours, codesOf(t, folder)...)
	}
	if len(ours) < 20 {
		t.Fatalf("found %q only", ours)
	}
	for _, code := range ours {
		if !slices.Contains(notFailures, code) && documented[code] == "" {
			t.Errorf("%s has no row", code)
		}
	}
	for code, whose := range documented {
		if whose == "afterput" && !slices.Contains(ours, code) {
			t.Errorf("nothing in the engine has the code %s", code)
		}
	}
}
