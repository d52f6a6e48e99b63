// Command measure prints figures of the repository's structure, for who changes it:
// between the files of a package how many arrows there are, how many of them run back up,
// and the largest circle; and for all Go files the longest functions and the lines that
// are too long.
//
//	go run ./internal/measure [PACKAGE FOLDER]…
package main

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "measure:", err)
		os.Exit(1)
	}
}

func run(folders []string) error {
	for _, folder := range folders {
		g, err := arrowsOf(folder)
		if err != nil {
			return err
		}
		back, circle := g.back(), g.largestCircle()
		fmt.Printf("%s: %d files, %d arrows between them, %d back up (%.0f %%), largest circle %d files\n",
			folder, len(g.files), g.count(), back, 100*float64(back)/float64(max(1, g.count())), circle)
	}
	return figures(".")
}

// function is one function and its length in lines.
type function struct {
	place string
	lines int
}

// figures prints what holds for all Go files below root.
func figures(root string) error {
	var longest []function
	wide, files := 0, token.NewFileSet()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		wide += len(Wide(string(text)))
		if strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(files, path, text, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, decl := range file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok {
				from, to := files.Position(f.Pos()), files.Position(f.End())
				longest = append(longest, function{fmt.Sprintf("%s:%d %s", path, from.Line, f.Name.Name), to.Line - from.Line + 1})
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	slices.SortFunc(longest, func(a, b function) int { return cmp.Compare(b.lines, a.lines) })
	fmt.Printf("lines over %d columns: %d\nlongest functions, tests aside:\n", columns, wide)
	for _, f := range longest[:min(5, len(longest))] {
		fmt.Printf("  %3d lines  %s\n", f.lines, f.place)
	}
	return nil
}

// columns is where a line ends at the latest; a tab counts as 4.
const columns = 120

// Wide gives the numbers of the lines that are too long.
func Wide(text string) (numbers []int) {
	for i, line := range strings.Split(text, "\n") {
		if utf8.RuneCountInString(line)+3*strings.Count(line, "\t") > columns {
			numbers = append(numbers, i+1)
		}
	}
	return numbers
}
