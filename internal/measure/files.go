package measure

import (
	"bytes"
	"cmp"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// Arrow says that one file of a package uses a name that another defines: a type, a function, a variable, a constant, a
// method or a field. However many names it uses, it is one arrow.
type Arrow struct{ From, To string }

// Files are the files of a package and the arrows between them. Tests are left out.
type Files struct {
	Names  []string // sorted
	Arrows []Arrow  // sorted
}

// ReadFiles reads the package in a folder.
func ReadFiles(folder string) (*Files, error) {
	listed, exports, err := list(folder)
	if err != nil {
		return nil, err
	}
	fset := token.NewFileSet()
	var trees []*ast.File
	for _, name := range listed {
		tree, err := parser.ParseFile(fset, filepath.Join(folder, name), nil, 0)
		if err != nil {
			return nil, err
		}
		trees = append(trees, tree)
	}
	lookup := func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) }
	config := types.Config{Importer: importer.ForCompiler(fset, "gc", lookup)}
	info := types.Info{Uses: map[*ast.Ident]types.Object{}}
	pkg, err := config.Check(folder, fset, trees, &info)
	if err != nil {
		return nil, err
	}
	file := func(at token.Pos) string { return filepath.Base(fset.Position(at).Filename) }
	f := &Files{Names: slices.Sorted(slices.Values(listed))}
	for use, object := range info.Uses {
		if object.Pkg() == pkg && file(use.Pos()) != file(object.Pos()) {
			f.Arrows = append(f.Arrows, Arrow{file(use.Pos()), file(object.Pos())})
		}
	}
	slices.SortFunc(f.Arrows, compareArrows)
	f.Arrows = slices.Compact(f.Arrows)
	return f, nil
}

func compareArrows(a, b Arrow) int {
	return cmp.Or(strings.Compare(a.From, b.From), strings.Compare(a.To, b.To))
}

// list names the files of the package in a folder, and the compiled form of each package that it imports.
func list(folder string) (names []string, exports map[string]string, err error) {
	const format = `{{.ImportPath}}|{{.Export}}|{{if not .DepOnly}}{{join .GoFiles " "}}{{end}}`
	cmd := exec.Command("go", "list", "-buildvcs=false", "-export", "-deps", "-f", format, ".")
	cmd.Dir = folder
	var problems bytes.Buffer
	cmd.Stderr = &problems
	out, err := cmd.Output()
	if err != nil {
		return nil, nil, fmt.Errorf("go list %s: %w\n%s", folder, err, &problems)
	}
	exports = map[string]string{}
	for line := range strings.Lines(string(out)) {
		columns := strings.Split(strings.TrimSpace(line), "|")
		exports[columns[0]] = columns[1]
		if columns[2] != "" {
			names = strings.Fields(columns[2])
		}
	}
	return names, exports, nil
}
