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

// codesOf are the error codes that a folder's sources name: in calls of NewError, as the Code of an error, and in the
// table of how to fix them.
func codesOf(t *testing.T, folder string) (codes []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "..", folder, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no sources in %s: %v", folder, err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for n := range ast.Preorder(tree) {
			for _, e := range codesIn(n) {
				if lit, ok := e.(*ast.BasicLit); ok && lit.Kind == token.STRING {
					code, _ := strconv.Unquote(lit.Value) // the parser has read it
					codes = append(codes, code)
				}
			}
		}
	}
	return codes
}

// codesIn are the expressions of a node that are error codes, if they are strings.
func codesIn(n ast.Node) (codes []ast.Expr) {
	switch n := n.(type) {
	case *ast.CallExpr:
		if nameOf(n.Fun) == "NewError" && len(n.Args) > 2 { // osscall.NewError, or its own NewError
			codes = append(codes, n.Args[2])
		}
	case *ast.KeyValueExpr:
		if nameOf(n.Key) == "Code" {
			codes = append(codes, n.Value)
		}
	case *ast.AssignStmt: // e.Kind, e.Code, e.Message = …
		for i, left := range n.Lhs {
			if _, ok := left.(*ast.SelectorExpr); ok && nameOf(left) == "Code" && len(n.Rhs) == len(n.Lhs) {
				codes = append(codes, n.Rhs[i])
			}
		}
	case *ast.ValueSpec:
		if len(n.Names) == 1 && n.Names[0].Name == "adviceByCode" {
			for _, e := range n.Values[0].(*ast.CompositeLit).Elts {
				codes = append(codes, e.(*ast.KeyValueExpr).Key)
			}
		}
	}
	return codes
}

// nameOf is the name of a variable, a field or a function, without what it is selected from.
func nameOf(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	}
	return ""
}

// documentedCodes are the error codes of the page on operations, with whose they are.
func documentedCodes(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	_, chapter, ok := strings.Cut(string(text), "\n## Error codes\n")
	if !ok {
		t.Fatal("the page has no chapter on error codes")
	}
	chapter, _, _ = strings.Cut(chapter, "\n## ")
	documented := map[string]string{}
	for row := range strings.Lines(chapter) {
		cells := strings.Split(row, " | ")
		if len(cells) == 4 && strings.HasPrefix(row, "| `") {
			for _, m := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(cells[0], -1) {
				documented[m[1]] = cells[1]
			}
		}
	}
	return documented
}

func TestThePageOnOperationsHasEveryErrorCode(t *testing.T) {
	documented := documentedCodes(t)
	var ours []string
	for _, folder := range []string{"internal/osscall", "internal/state", "internal/copier", "internal/relay"} {
		ours = append(ours, codesOf(t, folder)...)
	}
	if len(ours) < 20 {
		t.Fatalf("found only %q", ours)
	}
	for _, code := range ours {
		if !slices.Contains(notFailures, code) && documented[code] == "" {
			t.Errorf("%s has no row", code)
		}
	}
	for code, whose := range documented {
		if whose == "afterput" && !slices.Contains(ours, code) {
			t.Errorf("the page has %s, which the engine never uses: remove its row", code)
		}
	}
}
