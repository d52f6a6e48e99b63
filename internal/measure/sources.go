package measure

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Sources are the Go files below a folder, as paths from it. Hidden folders and what make writes are left out.
func Sources(root string) (paths []string, err error) {
	err = filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != root && (strings.HasPrefix(d.Name(), ".") || d.Name() == "bin" || d.Name() == "dist"):
			return filepath.SkipDir
		case !d.IsDir() && strings.HasSuffix(path, ".go"):
			relative, err := filepath.Rel(root, path)
			paths = append(paths, relative)
			return err
		}
		return nil
	})
	return paths, err
}

// Line is one line of a file; the first is line 1.
type Line struct {
	Path    string
	Number  int
	Columns int
}

// Tab is how many columns a tab takes at most: lines are wide as an editor with this setting shows them.
const Tab = 4

// Columns is how wide a line is shown.
func Columns(line string) (columns int) {
	for _, r := range line {
		if r == '\t' {
			columns += Tab - columns%Tab
		} else {
			columns++
		}
	}
	return columns
}

// LongLines are the lines of Go below a folder that are longer than so many columns.
func LongLines(root string, columns int) (long []Line, err error) {
	paths, err := Sources(root)
	if err != nil {
		return nil, err
	}
	for _, path := range paths {
		text, err := os.ReadFile(filepath.Join(root, path))
		if err != nil {
			return nil, err
		}
		for i, line := range bytes.Split(text, []byte("\n")) {
			if n := Columns(string(line)); n > columns {
				long = append(long, Line{path, i + 1, n})
			}
		}
	}
	return long, nil
}

// Function is a function or a method, from the line of its name to its closing brace.
type Function struct {
	Path  string
	Name  string // with the type of its receiver, if it has one
	Line  int
	Lines int
}

// Functions are those below a folder, the longest first.
func Functions(root string) (all []Function, err error) {
	paths, err := Sources(root)
	if err != nil {
		return nil, err
	}
	for _, path := range paths {
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, filepath.Join(root, path), nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok {
				from, to := fset.Position(f.Pos()).Line, fset.Position(f.End()).Line
				all = append(all, Function{Path: path, Name: nameOf(f), Line: from, Lines: to - from + 1})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b Function) int { return b.Lines - a.Lines })
	return all, nil
}

func nameOf(f *ast.FuncDecl) string {
	if f.Recv == nil {
		return f.Name.Name
	}
	receiver := f.Recv.List[0].Type
	if star, ok := receiver.(*ast.StarExpr); ok {
		receiver = star.X
	}
	if index, ok := receiver.(*ast.IndexExpr); ok { // of a generic type
		receiver = index.X
	}
	if name, ok := receiver.(*ast.Ident); ok {
		return name.Name + "." + f.Name.Name
	}
	return f.Name.Name
}
