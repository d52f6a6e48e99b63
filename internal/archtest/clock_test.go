package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// clock are the names of package time that ask what time it is, or wait.
var clock = []string{
	"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker", "Local", "LoadLocation",
}

func TestRulesAndEventsReadNoClock(t *testing.T) {
	looked := 0
	for _, dir := range []string{"../../rules", "../../events"} {
		err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
				return err
			}
			looked++
			return checkClock(t, name)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if looked == 0 {
		t.Fatal("no file was looked at")
	}
}

// checkClock checks that a file uses no name of clock.
func checkClock(t *testing.T, name string) error {
	t.Helper()
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, name, nil, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	ast.Inspect(file, func(n ast.Node) bool {
		use, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if p, ok := use.X.(*ast.Ident); ok && p.Name == "time" && slices.Contains(clock, use.Sel.Name) {
			t.Errorf("%s: time.%s: the time comes with the event", files.Position(use.Pos()), use.Sel.Name)
		}
		return true
	})
	return nil
}
